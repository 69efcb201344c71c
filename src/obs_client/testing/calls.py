"""Every method that takes an object name, as calls with nothing left out: for promises that hold for all of them."""

from __future__ import annotations

import io
from collections.abc import Callable

from obs_client.client import ObjectStorageClient

ObjectCall = Callable[[ObjectStorageClient, str], object]

OBJECT_CALLS: dict[str, ObjectCall] = {
    "object_info": lambda client, name: client.object_info(name),
    "object_read": lambda client, name: client.object_read(name),
    "object_download": lambda client, name: client.object_download(name, io.BytesIO()),
    "download_file": lambda client, name: client.download_file(name, "/dev/null"),
    "object_open, rb": lambda client, name: client.object_open(name),
    "object_open, wb": lambda client, name: client.object_open(name, "wb").close(),
    "object_upload": lambda client, name: client.object_upload(io.BytesIO(b"data"), name),
    "object_write": lambda client, name: client.object_write(name, b"data"),
    "upload_file": lambda client, name: client.upload_file("/dev/null", name),
    "object_copy from": lambda client, name: client.object_copy(name, "target"),
    "object_copy to": lambda client, name: client.object_copy("source", name),
    "object_replace_metadata": lambda client, name: client.object_replace_metadata(name, {}),
    "object_set_metadata": lambda client, name: client.object_set_metadata(name, "key", "value"),
    "object_delete_metadata": lambda client, name: client.object_delete_metadata(name, "key"),
    "object_delete": lambda client, name: client.object_delete(name),
    "object_delete_many": lambda client, name: client.object_delete_many(["good", name]),
    "object_generate_download_url": lambda client, name: client.object_generate_download_url(name),
    "object_generate_upload_url": lambda client, name: client.object_generate_upload_url(name),
}

CONTAINER_WIDE_CALLS: dict[str, Callable[[ObjectStorageClient], object]] = {
    "object_list": lambda client: client.object_list(),
    "object_iter": lambda client: client.object_iter(),
    "object_delete_many": lambda client: client.object_delete_many([]),
    "cleanup": lambda client: client.cleanup(),
}
