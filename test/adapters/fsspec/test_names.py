"""Names that read as something else are those names; what cannot be found out is no answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obs_client import LocalClient, MemoryClient
from obs_client.fsspec import ObjectStorageFileSystem
from obs_client.wrappers import read_only
from test.adapters.fsspec.stores import EMBEDDED, Store

ODD = ["*", "a[1].csv", "what?", "a//b", "/leading", "a#b", "a%2eb", "a b", "new\nline", "ü", "b/*", "at@sign", "x::y"]


@pytest.fixture(params=["memory", "local"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return EMBEDDED[request.param](tmp_path)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_is_that_name(store: Store, name: str, tmp_path: Path) -> None:
    fs, path, others = store.fs, store.path(name), [store.path("a1.csv"), store.path("b/neighbour")]
    fs.pipe(dict.fromkeys(others, b"other"))
    fs.pipe(path, b"odd")
    assert fs.cat(path) == b"odd"
    assert fs.cat([path, others[0]]) == {path: b"odd", others[0]: b"other"}
    assert sorted([path, *others]) == fs.find(store.container)
    assert fs.info(path)["size"] == 3
    fs.get(path, str(tmp_path / "got"))
    assert (tmp_path / "got").read_bytes() == b"odd"
    fs.cp(path, store.path("copied"))
    assert fs.cat(store.path("copied")) == b"odd"
    fs.mv(path, store.path("moved"))
    assert not fs.exists(path)
    fs.cp(store.path("moved"), path)
    fs.rm(path)
    assert fs.find(store.container) == sorted([*others, store.path("copied"), store.path("moved")])


@pytest.mark.parametrize("name", ["folder/", "a/b/"])
def test_a_slash_at_the_end_belongs_to_the_name(store: Store, name: str) -> None:
    fs, path = store.fs, store.path(name)
    fs.pipe(path, b"content")
    assert not fs.isfile(path.rstrip("/"))
    assert fs.cat(path) == b"content"
    with fs.open(path, "wb") as file:
        file.write(b"other")
    assert fs.open(path).read() == b"other"
    assert fs.find(store.container) == [path]
    assert fs.isdir(path)
    fs.rm(path)
    assert fs.find(store.container) == []


def test_a_pattern_is_a_pattern_where_nothing_has_its_name(store: Store) -> None:
    fs = store.fs
    fs.pipe({store.path(name): name.encode() for name in ("a1", "a2", "b1", "c/a1", "c/d/a1")})
    assert fs.cat(store.path("a*")) == {store.path("a1"): b"a1", store.path("a2"): b"a2"}
    assert fs.glob(store.path("**/a1")) == [store.path("a1"), store.path("c/a1"), store.path("c/d/a1")]
    assert fs.glob(store.path("c/*")) == [store.path("c/a1"), store.path("c/d")]
    assert fs.glob(store.path("c/*/")) == [store.path("c/d")]
    assert fs.glob(store.path("[ab]1")) == [store.path("a1"), store.path("b1")]
    fs.rm(store.path("a*"))
    assert fs.find(store.container) == [store.path(name) for name in ("b1", "c/a1", "c/d/a1")]
    with pytest.raises(FileNotFoundError):
        fs.rm(store.path("a*"))


def test_folders_are_what_objects_are_in(store: Store) -> None:
    fs = store.fs
    fs.pipe({store.path(name): b"12" for name in ("a/b/c", "a/d", "a", "e")})
    assert fs.info(store.path("a/b")) == {"name": store.path("a/b"), "size": 0, "type": "directory"}
    assert fs.isfile(store.path("a"))
    assert fs.isdir(store.path("a/b"))
    assert fs.isdir(store.container)
    assert fs.isdir("")
    assert not fs.exists(store.path("a/"[:1] + "/x"))
    assert fs.ls(store.path("a"), detail=False) == [store.path("a/b"), store.path("a/d")]
    assert store.container in fs.ls("", detail=False)
    assert fs.du(store.container) == 8
    assert fs.du(store.path("a"), total=False) == {store.path("a/b/c"): 2, store.path("a/d"): 2}
    assert fs.find(store.container, maxdepth=2) == [store.path(name) for name in ("a", "a/d", "e")]
    walked = [(path, sorted(inner), sorted(files)) for path, inner, files in fs.walk(store.container)]
    assert walked == [
        (store.container, ["a"], ["a", "e"]),
        (store.path("a"), ["b"], ["d"]),
        (store.path("a/b"), [], ["c"]),
    ]
    assert list(fs.walk(store.container, topdown=False))[-1][0] == store.container
    assert list(fs.walk(store.path("none"))) == []
    with pytest.raises(FileNotFoundError):
        list(fs.walk(store.path("none"), on_error="raise"))


def test_a_caller_may_prune_a_walk(store: Store) -> None:
    fs = store.fs
    fs.pipe({store.path(name): b"" for name in ("keep/a", "leave/b/c")})
    seen = []
    for path, folders, _ in fs.walk(store.container):
        seen.append(path)
        folders[:] = [each for each in folders if each != "leave"]
    assert seen == [store.container, store.path("keep")]


def test_an_object_with_the_name_of_a_folder_is_not_lost(store: Store, tmp_path: Path) -> None:
    fs, top = store.fs, store.path("top")
    contents = {f"{top}/both": b"1", f"{top}/both/inner": b"2"}
    for path, content in contents.items():
        fs.pipe(path, content)
    assert fs.cat(top, recursive=True) == contents
    with pytest.raises(IsADirectoryError, match="both' is an object, and a folder"):
        fs.get(top, str(tmp_path / "local"), recursive=True)
    assert not (tmp_path / "local").exists()


def test_an_object_with_the_name_of_a_folder_is_copied_and_moved_with_it(tmp_path: Path) -> None:
    store = EMBEDDED["memory"](tmp_path)
    fs, top = store.fs, store.path("top")
    fs.pipe({f"{top}/both": b"1", f"{top}/both/inner": b"2"})
    fs.cp(top, store.path("copy"), recursive=True)
    assert fs.find(store.path("copy")) == [store.path("copy/both"), store.path("copy/both/inner")]
    fs.mv(f"{top}/both", store.path("moved"), recursive=True)
    assert fs.find(store.container) == [
        store.path(name) for name in ("copy/both", "copy/both/inner", "moved", "moved/inner")
    ]


def test_markers_of_others_are_folders(store: Store) -> None:
    fs = store.fs
    fs.client.object_write("empty/", b"", container_name=store.container)
    assert fs.isdir(store.path("empty"))
    assert fs.ls(store.path("empty")) == []
    assert fs.find(store.container) == []
    assert fs.find(store.container, withdirs=True) == [store.container, store.path("empty")]
    fs.rm(store.path("empty"), recursive=True)
    assert not fs.exists(store.path("empty"))


def test_absence_is_an_error_where_something_is_asked_for(store: Store, tmp_path: Path) -> None:
    fs, path = store.fs, store.path("none")
    calls: tuple[Callable[[], object], ...] = (
        lambda: fs.cat(path),
        lambda: fs.cat_file(path, 1, 2),
        lambda: fs.cat_file(path, -2),
        lambda: fs.info(path),
        lambda: fs.ls(path),
        lambda: fs.rm(path),
        lambda: fs.rm_file(path),
        lambda: fs.cp(path, store.path("x")),
        lambda: fs.mv(path, store.path("x")),
        lambda: fs.get(path, str(tmp_path / "x")),
        lambda: fs.get_file(path, str(tmp_path / "x")),
        lambda: fs.open(path, "rb").read(),
        lambda: fs.modified(path),
        lambda: fs.ls("no-such-container"),
        lambda: fs.pipe("no-such-container/x", b""),
        lambda: fs.cat(store.path("x" * 2000)),
    )
    for call in calls:
        with pytest.raises(FileNotFoundError) as caught:
            call()
        assert not (tmp_path / "x").exists()
        assert caught.value.errno
    assert not fs.exists(path)
    assert not fs.exists("no-such-container/x")
    assert fs.find(path) == []
    assert fs.cat([path], on_error="omit") == {}


def test_what_cannot_be_is_refused_in_writing(store: Store) -> None:
    for path in (store.path("x" * 2000), store.path("a/../b")):
        with pytest.raises(ValueError, match="name"):
            store.fs.pipe(path, b"")
    with pytest.raises(IsADirectoryError):
        store.fs.pipe(store.container, b"")
    for mode in ("ab", "a", "r+b", "w+"):
        with pytest.raises(ValueError, match="changed in place"):
            store.fs.open(store.path("a"), mode)
    with pytest.raises(FileNotFoundError):
        store.fs.rm([store.path("there"), store.path("none")])


def test_a_folder_with_an_empty_name_is_not_taken_for_the_one_that_it_is_in(store: Store) -> None:
    store.fs.pipe(store.path("p/kept"), b"kept")
    for recursive in (True, False):
        with pytest.raises(ValueError, match="empty name"):
            store.fs.rm(store.path("p//"), recursive=recursive)
    assert store.fs.cat(store.path("p/kept")) == b"kept"


def test_a_folder_is_deleted_with_recursive_only(store: Store) -> None:
    fs = store.fs
    fs.pipe({store.path(name): b"" for name in ("a/b", "a/c/d", "a", "ab")})
    fs.rm(store.path("a"))
    assert fs.find(store.container) == [store.path(name) for name in ("a/b", "a/c/d", "ab")]
    with pytest.raises(FileNotFoundError):
        fs.rm(store.path("a"))
    fs.rm(
        [store.path("a"), store.path("a/c")], recursive=True
    )  # the inner ones are there, and gone when it is their turn
    assert fs.find(store.container) == [store.path("ab")]
    for absent in (store.path("a"), [store.path("a"), store.path("ab")]):
        for depth in (None, 2):
            with pytest.raises(FileNotFoundError):
                fs.rm(absent, recursive=True, maxdepth=depth)
    assert fs.find(store.container) == [store.path("ab")]
    with pytest.raises(OSError, match="holds objects"):
        fs.rmdir(store.container)
    fs.rm(store.container, recursive=True)
    assert not fs.exists(store.container)
    with pytest.raises(FileNotFoundError):
        fs.rm([store.container, store.path("a")], recursive=True)
    with pytest.raises(ValueError, match="name them"):
        fs.rm("", recursive=True)


def test_a_move_deletes_just_what_it_copied(store: Store) -> None:
    fs = store.fs
    fs.pipe({store.path(name): name.encode() for name in ("a/1", "a/b/2", "other")})
    fs.mv(store.path("a"), store.path("z"), recursive=True)
    assert fs.cat(store.container, recursive=True) == {
        store.path("other"): b"other",
        store.path("z/1"): b"a/1",
        store.path("z/b/2"): b"a/b/2",
    }
    fs.mv(store.path("other"), store.path("other"))
    assert fs.exists(store.path("other"))


class _Refusing(MemoryClient):
    """A store that fails."""

    def _object_info(self, *_: Any) -> Any:
        raise PermissionError("not for you")

    def _classify_error(self, error: Exception) -> Any:
        from obs_client.errors import AuthorizationError

        return AuthorizationError if isinstance(error, PermissionError) else super()._classify_error(error)


def test_a_failure_is_never_a_no() -> None:
    fs = ObjectStorageFileSystem(_Refusing())
    fs.mkdir("box")
    for call in (fs.exists, fs.isfile, fs.isdir, fs.lexists, fs.info, fs.find, fs.glob):
        with pytest.raises(PermissionError) as caught:
            call("box/name")
        assert caught.value.__cause__ is not None


def test_who_may_not_write_is_told_so() -> None:
    fs = ObjectStorageFileSystem(read_only(MemoryClient()))
    with pytest.raises(NotImplementedError, match="read only"):
        fs.mkdir("box")


def test_a_client_with_a_container_is_a_file_system_of_names(tmp_path: Path) -> None:
    with LocalClient(tmp_path) as client:
        client.use_container("box", create=True)
        fs = ObjectStorageFileSystem(client)
        fs.pipe({"a/b": b"1", "c": b"2"})
        assert fs.ls("", detail=False) == ["a", "c"]
        assert fs.find("") == ["a/b", "c"]
        assert list(fs.walk("")) == [("", ["a"], ["c"]), ("a", [], ["b"])]
        assert fs.glob("*/b") == ["a/b"]
        fs.rm("", recursive=True)
        assert client.object_list() == []
        assert client.container_info("box") is not None


def test_a_folder_is_not_moved_without_a_word(store: Store) -> None:
    fs, path = store.fs, store.path
    fs.pipe(path("folder/a"), b"content")
    with pytest.raises(IsADirectoryError, match="recursive=True"):
        fs.mv(path("folder"), path("other"))
    assert fs.find(store.container) == [path("folder/a")]
    fs.mv(path("folder"), path("other"), recursive=True)
    assert fs.find(store.container) == [path("other/a")]


def test_touch_leaves_what_is_there(store: Store) -> None:
    fs, path = store.fs, store.path
    fs.touch(path("a"), truncate=False)
    assert fs.cat(path("a")) == b""
    fs.pipe(path("a"), b"content")
    with pytest.raises(NotImplementedError, match="time of an object"):
        fs.touch(path("a"), truncate=False)
    assert fs.cat(path("a")) == b"content"
    fs.touch(path("a"))
    assert fs.cat(path("a")) == b""


def test_a_pattern_moves_files_alone(store: Store) -> None:
    fs, path = store.fs, store.path
    fs.pipe({path("a.csv"): b"1", path("b.csv"): b"2", path("c.csv/d"): b"3"})
    fs.mv(path("*.csv"), path("new/"))
    assert fs.find(store.container) == [path("c.csv/d"), path("new/a.csv"), path("new/b.csv")]
    with pytest.raises(FileNotFoundError):
        fs.rm(path("c*"))
    with pytest.raises(FileNotFoundError):
        fs.rm(path("nothing*"))
    fs.rm(path("new/*.csv"))
    assert fs.find(store.container) == [path("c.csv/d")]


def test_nothing_is_got_into_another_folder(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Stores that this library did not write to may tell of such names."""
    name = store.path("a/../../out.csv")
    monkeypatch.setattr(store.fs, "glob", lambda *_, **__: {name: {"name": name, "type": "file"}, **_ok(store)})
    with pytest.raises(ValueError, match="outside of"):
        store.fs.get(store.path("*.csv"), f"{tmp_path}/new/")
    assert not list(tmp_path.rglob("*.csv"))


def _ok(store: Store) -> dict[str, Any]:
    name = store.path("a/in.csv")
    return {name: {"name": name, "type": "file"}}
