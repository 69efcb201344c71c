"""The commands `get` and `put`."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, TYPE_CHECKING, Any

import click

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.commands.resuming.option import absolute, resume_option, resuming
from obs_client.cli.failures import Failure, NotThere
from obs_client.cli.many.folders import RECURSIVE, FolderCopier, expanded, in_folder, is_whole_folder
from obs_client.cli.objects import OR_RECURSIVE, absent, already_there, size_of
from obs_client.cli.options import json_lines, limits, pass_settings, place, shared
from obs_client.cli.settings import Progress, Settings, stdout
from obs_client.cli.several import Clients, check_targets, each, is_up, store_is_up
from obs_client.cli.text import key_values, printable
from obs_client.cli.written import check_written, url_of

if TYPE_CHECKING:
    from obs_client.models import Attributes


@click.command()
@place("arguments", metavar="URL... [PATH]", nargs=-1, required=True)
@RECURSIVE
@resume_option
@json_lines
@limits
@shared
@pass_settings
def get(settings: Settings, arguments: tuple[str, ...], recursive: bool, resume: bool | None) -> None:
    """Write objects to local files.

    A file takes the place of an older one when all of it is there and checked. Without PATH, or if PATH is a
    directory, it has the last part of the object's name. A PATH that ends with a slash is a directory, and is made
    if it is not there. `-` is stdout. Quoted patterns are matched: 's3://album/*.jpg'. With -r a folder keeps
    its name in a PATH that is a directory.
    """
    settings.go_on = "each file is complete, old or new; run the same command again"
    given, path = _with_path(arguments)
    with Clients() as clients:
        urls = expanded(settings, clients, given, recursive=recursive)
        if len(urls) > 1 and path not in ("", "-") and not (path.endswith("/") or os.path.isdir(path)):
            raise click.UsageError(
                printable(f"several objects need a directory, and {path} is none; end it with a slash, and it is made")
            )
        addresses = {url: Address.parse(url) for url in urls}
        folders = {url for url, address in addresses.items() if recursive and is_whole_folder(clients, address)}
        copier = FolderCopier(settings, clients, "got")
        targets = {url: _get_to(address, path, url in folders) for url, address in addresses.items()}
        if path != "-":
            check_targets([(url, targets[url]) for url in urls])

        def get_one(url: str, address: Address) -> None:
            if url in folders:
                copier.copy(address, Address.parse(targets[url]))
            else:
                _get(settings, clients.of(address), address, targets[url], path, resume)

        each(settings, {url: partial(get_one, url, address) for url, address in addresses.items()}, store_is_up)


def _with_path(arguments: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """What to get, and the path to write to: the last argument, unless it is the only one or a storage URL."""
    *urls, last = arguments
    return (arguments, "") if not urls or _is_url(last) else (tuple(urls), last)


def _is_url(text: str) -> bool:
    from obs_client.urls import is_url

    return is_url(text)


def _get_to(address: Address, path: str, is_folder: bool) -> str:
    if path == "-":
        if is_folder:
            raise click.UsageError(printable(f"{address.text} is a folder, which stdout cannot take"))
        address.object_name()
        return path
    if not is_folder:
        address.object_name(f"obs sync {address.text} PATH copies all of it, as does -r")
        return _target(address, path)
    found = in_folder(Address.parse(path or "."), address).path
    assert found is not None
    return f"{found}/"


def _get(
    settings: Settings,
    client: obs_client.ObjectStorageClient,
    address: Address,
    target: str,
    path: str,
    resume: bool | None,
) -> None:
    name, container = address.name, address.container_name()
    check_written(client, address)
    if os.path.isdir(target) and client.object_info(name, container) is None:
        raise absent(client, address, folder_hint=OR_RECURSIVE)
    if target == "-":
        done = client.object_download(name, stdout(), container)
    else:
        words = "get", "--resume", "--", url_of(address, name), absolute(target)
        with (
            settings.progress(name, partial(size_of, client, address)) as progress,
            _naming(target),
            resuming(resume, *words) as goes_on,
        ):
            done = _download(client, address, target, progress, is_below=path.endswith("/"), resume=goes_on)
    if not done:
        raise absent(client, address, folder_hint=OR_RECURSIVE)
    if target != "-":
        settings.did("got", f"{address.text} -> {target}", name=name, path=target)


def _download(
    client: obs_client.ObjectStorageClient,
    address: Address,
    target: str,
    progress: Progress | None,
    *,
    is_below: bool,
    resume: bool,
) -> bool:
    """Write an object to a file; the directory that it is to be below is made."""
    container = address.container_name()
    download = partial(client.download_file, address.name, target, container, progress=progress, resume=resume)
    try:
        return download()
    except FileNotFoundError:
        directory = os.path.dirname(target)
        if not directory or os.path.lexists(directory):
            raise
        if not is_below:
            hint = "a directory that is not there is made if PATH ends with a slash"
            raise Failure(f"{target}: No such file or directory", hint) from None
        os.makedirs(directory)
        return download()


@click.command()
@place("paths", metavar="PATH...", nargs=-1)
@place("url")
@click.option(
    "--type", "--content-type", "content_type", metavar="TYPE", help="Content type; otherwise guessed from the name."
)
@click.option(
    "--encoding",
    "--content-encoding",
    "encoding",
    metavar="TEXT",
    help="Content encoding, as gzip; the bytes are written as they are.",
)
@click.option("--disposition", "--content-disposition", "disposition", metavar="TEXT", help="Content disposition.")
@click.option("--language", "--content-language", "language", metavar="TEXT", help="Content language.")
@click.option("--cache-control", metavar="TEXT", help="Cache control.")
@click.option("-m", "--meta", metavar="KEY=VALUE", multiple=True, help="Metadata; repeatable.")
@RECURSIVE
@click.option("--if-absent", is_flag=True, help="Only if there is no object of this name.")
@resume_option
@json_lines
@limits
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
    recursive: bool,
    if_absent: bool,
    resume: bool | None,
) -> None:
    """Write local files as objects; `-` is stdin.

    URL is the object's name for one file, or a container or folder that ends with a slash. The container must be there.
    Quoted patterns are matched: 'logs/*.gz'. With -r a directory keeps its name in a URL that is a folder.

    A plain path is refused, so that a forgotten URL costs no file: `obs cp` copies between paths.
    """
    settings.go_on = "each object is complete, old or new; run the same command again"
    if not paths:
        raise click.UsageError(f"missing argument '{'PATH...' if _is_url(url) else 'URL'}'")
    address = Address.of_url(url, "obs cp copies between paths")
    address.container_name()
    given = _Given(key_values(meta) if meta else None, content_type, encoding, disposition, language, cache_control)
    with Clients() as clients:
        texts = expanded(settings, clients, paths, recursive=recursive)
        if len(texts) > 1 and not address.is_folder:
            raise click.UsageError("several files need a folder: end the URL with a slash")
        _Puts(settings, clients, address, given, if_absent, resume).all(texts, recursive)


@dataclasses.dataclass(frozen=True)
class _Given:
    """The attributes that were asked for; None: not given."""

    metadata: dict[str, str] | None
    content_type: str | None
    content_encoding: str | None
    content_disposition: str | None
    content_language: str | None
    cache_control: str | None

    def as_arguments(self) -> dict[str, Any]:
        """As the client takes them."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def as_options(self) -> list[str]:
        """As the command takes them."""
        names = ("--type", "--encoding", "--disposition", "--language", "--cache-control")
        values = (
            self.content_type, self.content_encoding, self.content_disposition, self.content_language,
            self.cache_control,
        )  # fmt: skip
        options = [f"{name}={value}" for name, value in zip(names, values, strict=True) if value is not None]
        return [*options, *(f"--meta={key}={value}" for key, value in (self.metadata or {}).items())]

    def onto(self, attributes: Attributes) -> Attributes:
        """In place of those that a file has."""
        given = {name: value for name, value in self.as_arguments().items() if value is not None}
        return dataclasses.replace(attributes, **given)


class _Puts:
    """One run of `put`."""

    def __init__(
        self,
        settings: Settings,
        clients: Clients,
        address: Address,
        given: _Given,
        if_absent: bool,
        resume: bool | None,
    ) -> None:
        self._resume = resume
        self._options = ["--resume", *given.as_options(), *(["--if-absent"] if if_absent else [])]
        self._settings = settings
        self._clients = clients
        self._address = address
        self._arguments = {**given.as_arguments(), "if_absent": if_absent}
        self._copier = FolderCopier(settings, clients, "put", if_absent, given.onto)

    def all(self, paths: list[str], recursive: bool) -> None:
        """Write all that the paths name."""
        folders = {path for path in paths if recursive and os.path.isdir(path)}
        names = [(path, self._name(path, path in folders)) for path in paths]
        check_targets(names)
        check_written(self._clients.of(self._address), self._address, folders=bool(folders))
        each(
            self._settings,
            {path: partial(self._folder if path in folders else self._file, path, name) for path, name in names},
            lambda _path, _error: is_up(self._clients.container(self._address)),
        )

    def _name(self, path: str, is_folder: bool) -> str:
        if is_folder:
            return in_folder(self._address, Address.parse(path)).name
        return self._address.receiving(_base_name(self._address, path))

    def _folder(self, path: str, _name: str) -> None:
        start = Address.parse(path)
        self._copier.copy(start, in_folder(self._address, start))

    def _file(self, path: str, name: str) -> None:
        container = self._address.container_name()
        client = self._clients.of(self._address)
        if _file_size(path) is None:
            upload = partial(client.object_upload, container_name=container, **self._arguments)
            _put(self._settings, upload, path, name)
        else:
            words = "put", *self._options, "--", absolute(path), url_of(self._address, name)
            with resuming(self._resume, *words) as goes_on, _telling(path):
                upload = partial(client.upload_file, container_name=container, resume=goes_on, **self._arguments)
                _put_file(self._settings, upload, path, name)
        shown = "stdin" if path == "-" else path
        self._settings.did("put", f"{shown} -> {self._address.told(name)}", path=path, name=name)


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
    with _source(path) as stream, settings.progress(name, lambda: _file_size(path)) as progress:
        written = upload(stream, name, progress=progress)
    if not written:
        raise already_there(name)


def _put_file(settings: Settings, upload: Callable[..., bool], path: str, name: str) -> None:
    with settings.progress(name, lambda: _file_size(path)) as progress:
        written = upload(path, name, progress=progress)
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
        what = f"{address.name!r} ends with a slash: -r takes it as a folder; for an object of this name"
        raise click.UsageError(f"{what} give the path of a file")
    return os.path.join(path or ".", base)


def _base_name(address: Address, path: str) -> str:
    if path == "-" and address.is_folder:
        raise click.UsageError("data from stdin needs an object name in the URL")
    return os.path.basename(path.rstrip("/"))


@contextlib.contextmanager
def _source(path: str) -> Iterator[IO[bytes]]:
    """The file or stdin, open for reading; stdin stays open."""
    if path == "-":
        if sys.stdin is None:
            raise Failure("stdin is closed")
        yield sys.stdin.buffer
        return
    with _telling(path), open(path, "rb") as stream:
        yield stream


@contextlib.contextmanager
def _telling(path: str) -> Iterator[None]:
    """Within the block, a file that is not there, or none, is told of in the command's words."""
    try:
        yield
    except FileNotFoundError as error:
        if error.filename != path:
            raise
        hint = "obs cp copies between stores" if "://" in path else ""
        raise NotThere(f"there is no file {path!r}", hint) from None
    except IsADirectoryError:
        raise Failure(f"{path!r} is a directory", "-r takes directories, as does obs sync") from None
