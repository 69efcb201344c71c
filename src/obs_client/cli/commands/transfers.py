"""The commands `get` and `put`."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO

import click

from obs_client.cli.address import Address
from obs_client.cli.failures import Failure, NotThere
from obs_client.cli.objects import SYNC_COPIES, absent, already_there, size_of
from obs_client.cli.options import json_lines, pass_settings, place, shared
from obs_client.cli.settings import Settings, stdout
from obs_client.cli.several import Clients, check_targets, each, is_up
from obs_client.cli.text import key_values
from obs_client.cli.written import check_written


@click.command()
@place("url")
@place("path", default="")
@json_lines
@shared
@pass_settings
def get(settings: Settings, url: str, path: str) -> None:
    """Write an object to a local file.

    The file takes the place of an older one when all of it is there and checked. Without PATH, or if PATH is a
    directory, it has the last part of the object's name. `-` is stdout.
    """
    settings.go_on = "the file is as it was; run the same command again"
    address = Address.parse(url)
    name = address.object_name(f"obs sync {url} PATH copies all of it")
    with address.client() as client:
        check_written(client, address)
        target = path if path == "-" else _target(address, path)
        if os.path.isdir(target) and client.object_info(name) is None:
            raise absent(client, address, folder_hint=SYNC_COPIES)
        if path == "-":
            done = client.object_download(name, stdout())
        else:
            with settings.progress(name, partial(size_of, client, address)) as progress, _naming(target):
                done = client.download_file(name, target, progress=progress)
        if not done:
            raise absent(client, address, folder_hint=SYNC_COPIES)
    if path != "-":
        settings.did("got", f"{url} -> {target}", name=name, path=target)


@click.command()
@place("paths", metavar="PATH...", nargs=-1, required=True)
@place("url")
@click.option("--type", "content_type", metavar="TYPE", help="Content type; otherwise guessed from the name.")
@click.option("--encoding", metavar="TEXT", help="Content encoding, as gzip; the bytes are written as they are.")
@click.option("--disposition", metavar="TEXT", help="Content disposition.")
@click.option("--language", metavar="TEXT", help="Content language.")
@click.option("--cache-control", metavar="TEXT", help="Cache control.")
@click.option("-m", "--meta", metavar="KEY=VALUE", multiple=True, help="Metadata; may be given several times.")
@click.option("--if-absent", is_flag=True, help="Only if there is no object of this name.")
@json_lines
@shared
@pass_settings
def put(
    settings: Settings,
    paths: tuple[str, ...],
    url: str,
    content_type: str | None,
    encoding: str | None,
    disposition: str | None,
    language: str | None,
    cache_control: str | None,
    meta: tuple[str, ...],
    if_absent: bool,
) -> None:
    """Write local files as objects; `-` is stdin.

    URL is the object's name for one file, or a container or folder that ends with a slash. The container must be there.
    A plain path is refused, lest a forgotten URL costs a file: `obs cp` copies between paths.
    """
    settings.go_on = "the objects are old or new, whole; run the same command again"
    address = Address.of_url(url, "obs cp copies between paths")
    if len(paths) > 1 and not address.is_folder:
        raise click.UsageError("several files need a folder: end the URL with a slash")
    container = address.container_name()
    names = [(path, address.receiving(_base_name(address, path))) for path in paths]
    check_targets(names)
    with Clients() as clients:
        client = clients.of(address)
        check_written(client, address)
        upload = partial(
            client.object_upload,
            metadata=key_values(meta),
            content_type=content_type,
            content_encoding=encoding,
            content_disposition=disposition,
            content_language=language,
            cache_control=cache_control,
            if_absent=if_absent,
        )

        def put_one(path: str, name: str) -> None:
            _put(settings, upload, path, name)
            shown = "stdin" if path == "-" else path
            settings.did("put", f"{shown} -> {container}/{name}", path=path, name=name)

        each(
            settings,
            {path: partial(put_one, path, name) for path, name in names},
            lambda _path, _error: is_up(clients.container(address)),
        )


@contextlib.contextmanager
def _naming(path: str) -> Iterator[None]:
    """Within the block a failure of the file system names this path, not that of an unfinished file."""
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            error.filename, error.filename2 = path, None
        raise


def _put(settings: Settings, upload: Callable[..., bool], path: str, name: str) -> None:
    with settings.progress(name, lambda: _file_size(path)) as progress, _source(path) as stream:
        written = upload(stream, name, progress=progress)
    if not written:
        raise already_there(name)


def _file_size(path: str) -> int | None:
    """The size of a regular file; None for all else."""
    if path == "-" or not os.path.isfile(path):
        return None
    return os.path.getsize(path)


def _target(address: Address, path: str) -> str:
    """The file to write: PATH, or a file in it of the name's last part, which holds no slash and is no `..`."""
    if path and not path.endswith("/") and not os.path.isdir(path):
        return path
    base = address.name.rpartition("/")[2]
    if not base:
        raise click.UsageError(f"the name {address.name!r} ends with a slash; give the path of a file")
    return os.path.join(path or ".", base)


def _base_name(address: Address, path: str) -> str:
    if path == "-" and address.is_folder:
        raise click.UsageError("what comes from stdin needs a name: go on with it in the URL")
    return os.path.basename(path.rstrip("/"))


@contextlib.contextmanager
def _source(path: str) -> Iterator[IO[bytes]]:
    """The file or stdin, open for reading; stdin stays open."""
    if path == "-":
        if sys.stdin is None:
            raise Failure("stdin is closed")
        yield sys.stdin.buffer
        return
    try:
        with open(path, "rb") as stream:
            yield stream
    except FileNotFoundError as error:
        if error.filename != path:
            raise
        hint = "obs cp copies between stores" if "://" in path else ""
        raise NotThere(f"there is no file {path!r}", hint) from None
    except IsADirectoryError:
        raise Failure(f"{path!r} is a directory", "obs sync copies directories") from None
