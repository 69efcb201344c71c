"""The commands for objects: `ls`, `info`, `cat`, `get`, `put`, `rm`."""

from __future__ import annotations

import dataclasses
import sys

import click

from obs_client import ObjectInfo, ObjectNotFoundError, ObjectStorageClient, StorageUrl
from obs_client.cli.group import printable


def _client(url: str) -> ObjectStorageClient:
    return StorageUrl.parse(url).client()


@click.command()
@click.argument("url")
@click.argument("prefix", default="")
@click.option("-r", "--recursive", is_flag=True, help="All objects, not the folders that they are in.")
def ls(url: str, prefix: str, recursive: bool) -> None:
    """List the containers of a store, or the objects of its chosen container."""
    place = StorageUrl.parse(url)
    with place.client() as client:
        if client.container_name is None:
            for container in client.container_list(prefix):
                click.echo(printable(container.name))
            return
        for entry in client.object_iter(prefix=place.prefix + prefix, delimiter=None if recursive else "/"):
            size, name = (f"{entry.size}", entry.name) if isinstance(entry, ObjectInfo) else ("", entry.subdir)
            click.echo(f"{size:>15}  {printable(name)}")


@click.command()
@click.argument("url")
@click.argument("name")
def info(url: str, name: str) -> None:
    """Show all that a store tells of an object."""
    with _client(url) as client:
        found = client.object_info(name)
        if found is None:
            raise ObjectNotFoundError(f"there is no object {name!r}")
        for field in dataclasses.fields(found):
            value = getattr(found, field.name)
            if value not in (None, {}):
                click.echo(f"{field.name:20}  {printable(str(value))}")


@click.command()
@click.argument("url")
@click.argument("name")
def cat(url: str, name: str) -> None:
    """Write an object to stdout."""
    with _client(url) as client:
        if not client.object_download(name, sys.stdout.buffer):
            raise ObjectNotFoundError(f"there is no object {name!r}")


@click.command()
@click.argument("url")
@click.argument("name")
@click.argument("path", type=click.Path(dir_okay=False))
def get(url: str, name: str, path: str) -> None:
    """Write an object to a local file, which is replaced when all of it is there."""
    with _client(url) as client:
        if not client.download_file(name, path):
            raise ObjectNotFoundError(f"there is no object {name!r}")


@click.command()
@click.argument("url")
@click.argument("path")
@click.argument("name")
def put(url: str, path: str, name: str) -> None:
    """Write a local file, or stdin ('-'), as an object; creates no container."""
    with _client(url) as client:
        if path == "-":
            client.object_upload(sys.stdin.buffer, name)
        else:
            client.upload_file(path, name)


@click.command()
@click.argument("url")
@click.argument("names", nargs=-1, required=True)
def rm(url: str, names: tuple[str, ...]) -> None:
    """Delete objects; those that are absent are no failure."""
    with _client(url) as client:
        client.object_delete_many(names)
