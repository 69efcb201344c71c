"""What Swift tells of an object beyond the contract: its end, and its own headers."""

from __future__ import annotations

import time

from test.servers import SwiftServer
from test.swift.support import login_of, new_container, path_of


def test_the_end_of_an_object(swift: SwiftServer) -> None:
    with new_container(swift) as client:
        client.object_write("lasting", b"content")
        client.object_write("ending", b"content")
        end = int(time.time()) + 3600
        headers = {"X-Delete-At": str(end), "X-Object-Meta-Key": "value"}
        assert login_of(swift).send("POST", path_of(client, "ending"), headers=headers).status == 202
        found = {info.name: info.expires for info in client.object_list(fetch_metadata=True)}
        assert found == {"lasting": None, "ending": float(end)}
        told = client.object_headers("ending")
        assert told is not None
        assert (told["x-delete-at"], told["x-object-meta-key"]) == (str(end), "value")


def test_a_writer_knows_what_it_wrote(swift: SwiftServer) -> None:
    with new_container(swift) as client:
        for data in (b"x" * size for size in (10, 20_000_000)):
            with client.object_open("written", "wb") as file:
                file.write(data)
            found = client.object_info("written")
            assert found is not None
            assert (file.info.hash, file.info.size) == (found.hash, found.size)
            assert file.info.last_modified is not None


def test_what_is_held_is_not_sent(swift: SwiftServer) -> None:
    with new_container(swift) as client:
        for data in (b"small", b"x" * 20_000_000):
            client.object_write("held", data)
            found = client.object_info("held")
            assert found is not None
            assert found.hash is not None
            container = client.container_name or ""
            assert client._object_open_changed(container, "held", 0, None, found.hash) is None
