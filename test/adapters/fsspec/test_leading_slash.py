"""A slash in front of a container means nothing, in any method; in an object's name it is a character as others."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.dirfs import DirFileSystem
from upath import UPath

from obs_client import MemoryClient
from obs_client.fsspec import ObjectStorageFileSystem
from test.adapters.fsspec.stores import EMBEDDED, Store

pytestmark = pytest.mark.slow  # it takes seconds in all

CONTENTS = {"out/a": b"1", "out/sub/b": b"22", "out/sub/deep/c": b"333", "other": b"4444"}

Call = Callable[[Any, str, str], object]
"""What is called of a file system, with a container and a local directory."""

LOOKING: dict[str, Call] = {
    "info of an object": lambda fs, p, _: _essence(fs.info(f"{p}/out/a")),
    "info of a folder": lambda fs, p, _: _essence(fs.info(f"{p}/out")),
    "info of a container": lambda fs, p, _: _essence(fs.info(p)),
    "exists": lambda fs, p, _: (fs.exists(f"{p}/out/a"), fs.exists(f"{p}/out"), fs.exists(f"{p}/none")),
    "isfile and isdir": lambda fs, p, _: (fs.isfile(f"{p}/out/a"), fs.isdir(f"{p}/out"), fs.isdir(p)),
    "ls": lambda fs, p, _: sorted(fs.ls(f"{p}/out", detail=False)),
    "ls of an object": lambda fs, p, _: fs.ls(f"{p}/out/a", detail=False),
    "find": lambda fs, p, _: fs.find(f"{p}/out"),
    "find with folders": lambda fs, p, _: sorted(fs.find(f"{p}/out", withdirs=True)),
    "du": lambda fs, p, _: fs.du(f"{p}/out"),
    "du of each": lambda fs, p, _: fs.du(f"{p}/out", total=False),
    "walk": lambda fs, p, _: _sorted_walk(fs.walk(p)),
    "walk from below": lambda fs, p, _: _sorted_walk(fs.walk(f"{p}/out", topdown=False)),
    "walk, not deep": lambda fs, p, _: _sorted_walk(fs.walk(p, maxdepth=2)),
    "glob of one level": lambda fs, p, _: fs.glob(f"{p}/out/*"),
    "glob of all": lambda fs, p, _: fs.glob(f"{p}/**"),
    "glob of folders": lambda fs, p, _: [each.rstrip("/") for each in fs.glob(f"{p}/*/")],
    "glob of no pattern": lambda fs, p, _: fs.glob(f"{p}/out/a"),
    "expand_path": lambda fs, p, _: fs.expand_path(f"{p}/out"),
    "expand_path of a pattern": lambda fs, p, _: fs.expand_path(f"{p}/out/*"),
    "expand_path of all": lambda fs, p, _: list(filter(fs.isfile, fs.expand_path(f"{p}/out", recursive=True))),
    "expand_path of several": lambda fs, p, _: fs.expand_path([f"{p}/out/a", f"{p}/other"]),
    "cat": lambda fs, p, _: fs.cat(f"{p}/out/a"),
    "cat of several": lambda fs, p, _: fs.cat([f"{p}/out/a", f"{p}/other"]),
    "cat of a pattern": lambda fs, p, _: fs.cat(f"{p}/out/a*"),
    "cat of all": lambda fs, p, _: fs.cat(f"{p}/out", recursive=True, on_error="omit"),
    "cat of an absent one": lambda fs, p, _: fs.cat(f"{p}/none"),
    "cat_file and cat_ranges": lambda fs, p, _: (fs.cat_file(f"{p}/other", 1, 3), fs.cat_ranges([f"{p}/other"], 1, 3)),
    "open": lambda fs, p, _: fs.open(f"{p}/out/a").read(),
    "get": lambda fs, p, tmp: fs.get(f"{p}/out/a", f"{tmp}/a"),
    "get of a pattern": lambda fs, p, tmp: fs.get(f"{p}/out/a*", f"{tmp}/"),
    "get of all": lambda fs, p, tmp: fs.get(f"{p}/out", f"{tmp}/t", recursive=True),
    "mapper": lambda fs, p, _: dict(fs.get_mapper(f"{p}/out")),
    "dirfs": lambda fs, p, _: DirFileSystem(f"{p}/out", fs).find(""),
}
CHANGING: dict[str, Call] = {
    "pipe": lambda fs, p, _: fs.pipe({f"{p}/new/a": b"5", f"{p}/new/b": b"6"}),
    "put": lambda fs, p, tmp: fs.put(_file(tmp), f"{p}/new"),
    "put of all": lambda fs, p, tmp: fs.put(_file(tmp).parent.as_posix(), f"{p}/new", recursive=True),
    "touch": lambda fs, p, _: fs.touch(f"{p}/new"),
    "cp": lambda fs, p, _: fs.cp(f"{p}/out/a", f"{p}/new"),
    "cp of a pattern": lambda fs, p, _: fs.cp(f"{p}/out/*", f"{p}/new/"),
    "cp of all": lambda fs, p, _: fs.cp(f"{p}/out", f"{p}/new", recursive=True),
    "cp of several": lambda fs, p, _: fs.cp([f"{p}/out/a", f"{p}/other"], [f"{p}/new/1", f"{p}/new/2"]),
    "mv": lambda fs, p, _: fs.mv(f"{p}/out/a", f"{p}/new"),
    "mv of all": lambda fs, p, _: fs.mv(f"{p}/out", f"{p}/new", recursive=True),
    "mv to itself": lambda fs, p, _: fs.mv(f"{p}/other", f"{p}/other"),
    "rm": lambda fs, p, _: fs.rm(f"{p}/out/a"),
    "rm of a pattern": lambda fs, p, _: fs.rm(f"{p}/oth*"),
    "rm of all": lambda fs, p, _: fs.rm(f"{p}/out", recursive=True),
    "rm of an absent one": lambda fs, p, _: fs.rm(f"{p}/none"),
    "rm of all of an absent one": lambda fs, p, _: fs.rm(f"{p}/none", recursive=True),
}


@pytest.fixture(params=["memory", "local"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    directory = tmp_path / "store"
    directory.mkdir()
    return EMBEDDED[request.param](directory)


@pytest.mark.parametrize("call", LOOKING | CHANGING)
def test_a_slash_in_front_is_left_out_as_by_fsspec(store: Store, call: str, tmp_path: Path) -> None:
    with _memory_of_fsspec(store.container) as theirs:
        expected = _outcome(theirs, store.container, call, tmp_path / "theirs")
    assert _outcome(store.fs, store.container, call, tmp_path / "ours") == expected


@pytest.mark.parametrize("start", ["", "/", "//", "{protocol}://", "{protocol}:///"])
def test_a_path_is_told_without_what_is_in_front(store: Store, start: str) -> None:
    fs, top = store.fs, start.format(protocol=store.protocol) + store.container
    fs.pipe({f"{top}/out/a": b"1", f"{top}/out/sub/b": b"2"})
    paths = [store.path("out/a"), store.path("out/sub/b")]
    assert fs.find(top) == fs.glob(f"{top}/**/[ab]") == paths
    assert fs.expand_path(f"{top}/out", recursive=True) == [store.path("out"), *paths]
    assert fs.info(f"{top}/out/a")["name"] == paths[0]
    assert fs.open(f"{top}/out/a").path == paths[0]
    fs.mv(f"{top}/out", f"/{store.container}/out9", recursive=True)
    assert fs.find(top) == [store.path("out9/a"), store.path("out9/sub/b")]


def test_a_name_that_begins_with_a_slash_is_another(store: Store) -> None:
    fs, odd = store.fs, f"{store.container}//a"
    fs.pipe({odd: b"odd", store.path("a"): b"plain"})
    assert (fs.cat(f"/{odd}"), fs.cat(store.path("a"))) == (b"odd", b"plain")
    fs.mv(f"/{odd}", f"/{store.container}//b")
    assert [each.name for each in fs.client.object_list(container_name=store.container)] == ["/b", "a"]


def test_where_a_container_is_chosen_the_slash_belongs_to_the_name() -> None:
    client = MemoryClient()
    client.use_container("box", create=True)
    fs = ObjectStorageFileSystem(client)
    fs.pipe({"/a": b"odd", "a": b"plain"})
    assert fs.find("") == ["/a", "a"]
    assert fs.cat(["/a", "a"]) == {"/a": b"odd", "a": b"plain"}
    fs.mv("/a", "b")
    assert fs.find("") == ["a", "b"]


@pytest.mark.parametrize("slashes", ["//", "///"])
def test_a_path_of_pathlib_finds_what_is_below_it(store: Store, slashes: str) -> None:
    store.fs.pipe({store.path("out/a"): b"1", store.path("out/sub/b"): b"2"})
    top = UPath(f"{store.protocol}:{slashes}{store.container}/out", **store.options)
    found = [*top.glob("*"), *top.rglob("b")]
    assert [each.path for each in found] == [store.path(name) for name in ("out/a", "out/sub", "out/sub/b")]
    assert [each.read_bytes() for each in found[::2]] == [b"1", b"2"]
    assert sorted(each.name for each in top.iterdir()) == ["a", "sub"]


@contextlib.contextmanager
def _memory_of_fsspec(container: str) -> Iterator[Any]:
    fs = fsspec.filesystem("memory", skip_instance_cache=True)
    fs.mkdir(container)
    yield fs
    fs.rm(f"/{container}", recursive=True)


def _outcome(fs: Any, container: str, call: str, directory: Path) -> tuple[object, ...]:
    """What a call returns or raises, and what is there after it, in the container and in the local directory."""
    directory.mkdir()
    fs.pipe({f"{container}/{name}": content for name, content in CONTENTS.items()})
    result: object
    try:
        result = _plain((LOOKING | CHANGING)[call](fs, f"/{container}", str(directory)))
    except FileNotFoundError:
        result = FileNotFoundError
    files = {str(each.relative_to(directory)): each.read_bytes() for each in directory.rglob("*") if each.is_file()}
    return result, _plain({path: fs.cat_file(path) for path in fs.find(container)}), files


def _plain(told: Any) -> Any:
    """The same without slashes in front of paths: those of fsspec's own have one."""
    if isinstance(told, dict):
        return {_plain(name): _plain(each) for name, each in told.items()}
    if isinstance(told, list | tuple):
        return [_plain(each) for each in told]
    return told.removeprefix("/") if isinstance(told, str) else told


def _essence(entry: dict[str, Any]) -> tuple[object, ...]:
    return entry["name"], entry["size"], entry["type"]


def _sorted_walk(walked: Any) -> list[object]:
    return [(path, sorted(folders), sorted(files)) for path, folders, files in walked]


def _file(directory: str) -> Path:
    path = Path(directory) / "written" / "file"
    os.makedirs(path.parent, exist_ok=True)
    path.write_bytes(b"7")
    return path
