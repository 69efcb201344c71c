"""Who makes file systems: accounts side by side, threads, forks, other processes, event loops; and what they show."""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper

import obs_client.stores
from obs_client import MemoryClient, S3Client
from obs_client.fsspec import ObjectStorageFileSystem, S3StoreFileSystem
from test.adapters.fsspec.stores import EMBEDDED, Store

pytestmark = pytest.mark.slow  # it loads what takes seconds

SECRET = "do-not-show-this-key"
KEYS = {"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": SECRET}
NOWHERE = {"endpoint_url": "http://127.0.0.1:9", "region": "us-east-1"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return EMBEDDED["local"](tmp_path)


def _with_keys(**keys: str) -> Any:
    return fsspec.filesystem("obs+s3", credentials={**KEYS, **keys}, **NOWHERE)


def test_nothing_shows_credentials() -> None:
    fs = _with_keys()
    shown = (repr(fs), fs.to_json(), fs.to_json(include_password=False), str(fs.to_dict()))
    assert not [text for text in shown if SECRET in text]
    assert SECRET.encode() not in pickle.dumps(fs)
    assert SECRET.encode() not in pickle.dumps(fs.get_mapper("box"))
    assert SECRET not in str(fs.storage_options)
    assert SECRET not in fs.fsid


def test_a_graph_of_dask_holds_no_credentials() -> None:
    from dask import delayed
    from distributed.protocol.pickle import dumps

    graph = delayed(lambda fs: fs.find("box"))(_with_keys())
    sent = dumps(graph)
    assert b"S3StoreFileSystem" in sent
    assert SECRET.encode() not in sent


def test_it_comes_back_from_json_and_pickle() -> None:
    fs = _with_keys()
    assert pickle.loads(pickle.dumps(fs)) is fs
    again = fsspec.AbstractFileSystem.from_json(fs.to_json())
    assert again.client is fs.client
    plain = fsspec.filesystem("obs+s3", **NOWHERE, attempts=2)
    assert fsspec.AbstractFileSystem.from_json(plain.to_json()) is plain
    assert plain.client.options.attempts == 2


@pytest.mark.slow
def test_keys_stay_in_their_process() -> None:
    program = "import pickle, sys; fs = pickle.load(sys.stdin.buffer); print('read'); fs.client"
    done = subprocess.run([sys.executable, "-c", program], input=pickle.dumps(_with_keys()), capture_output=True)
    assert done.stdout == b"read\n"
    assert b"stayed in the process that passed them" in done.stderr
    assert SECRET.encode() not in done.stderr
    plain = pickle.dumps(fsspec.filesystem("obs+s3", **NOWHERE))
    assert subprocess.run([sys.executable, "-c", program], input=plain).returncode == 0


def test_accounts_are_side_by_side() -> None:
    one, other = _with_keys(), _with_keys(AWS_ACCESS_KEY_ID="another")
    assert one is not other
    assert one != other
    assert one.client is not other.client
    assert one is _with_keys()


def test_clients_that_look_alike_are_two() -> None:
    """fsspec tells instances apart by the text of their arguments."""
    clients = [S3Client(credentials={**KEYS, "AWS_ACCESS_KEY_ID": name}) for name in "ab"]
    assert repr(clients[0]) == repr(clients[1])
    first, second = map(ObjectStorageFileSystem, clients)
    assert first != second
    assert (first.client, second.client) == tuple(clients)
    assert fsspec.filesystem("obs", client=clients[1]).client is clients[1]


def test_threads_share_a_client(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: _slowly(store), range(8)))
    assert len({id(fs.client) for fs in made}) == 1


def _slowly(store: Store) -> Any:
    threading.Event().wait(0.05)
    return store.fs


def test_a_client_goes_with_its_last_file_system() -> None:
    fs = fsspec.filesystem("obs+s3", **NOWHERE, attempts=7, skip_instance_cache=True)
    client = fs.client
    assert fsspec.filesystem("obs+s3", **NOWHERE, attempts=7, skip_instance_cache=True).client is client
    known = id(client)
    del fs, client
    gc.collect()
    assert known not in map(id, gc.get_objects())


def test_threads_write_and_read(store: Store) -> None:
    def work(number: int) -> bytes:
        store.fs.pipe(store.path(f"{number}"), str(number).encode())
        return bytes(store.fs.cat(store.path(f"{number}")))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(64))) == [str(number).encode() for number in range(64)]
    assert len(store.fs.find(store.container)) == 64


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_goes_on(store: Store) -> None:
    fs = store.fs
    fs.pipe({store.path(name): b"from the parent" for name in "ab"})
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)

    def child() -> None:
        fs.pipe(store.path("c"), b"from the child")
        sending.send((fs.cat([store.path("a"), store.path("b")]), store.fs.find(store.container), os.getpid()))

    process = context.Process(target=child)
    process.start()
    contents, names, pid = receiving.recv()
    process.join()
    assert list(contents.values()) == [b"from the parent"] * 2
    assert len(names) == 3
    assert pid != os.getpid()
    assert fs.cat(store.path("c")) == b"from the child"


@pytest.mark.slow
def test_another_process_uses_a_pickle(store: Store) -> None:
    store.fs.pipe(store.path("a"), b"content")
    program = "import pickle, sys; fs, path = pickle.load(sys.stdin.buffer); print(fs.cat(path).decode())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=pickle.dumps((store.fs, store.path("a"))),
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"content\n"


def test_it_is_called_in_an_event_loop(store: Store) -> None:
    async def work() -> Any:
        store.fs.pipe(store.path("a"), b"content")
        wrapped = AsyncFileSystemWrapper(store.fs, asynchronous=True)
        await asyncio.gather(*(wrapped._pipe_file(store.path(f"{number}"), b"1") for number in range(8)))
        return await asyncio.to_thread(store.fs.cat, store.path("a")), await wrapped._find(store.container)

    content, names = asyncio.run(work())
    assert content == b"content"
    assert len(names) == 9


# ---- stores ---------------------------------------------------------------------------------------------------------


def test_named_stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBS_STORES", str(tmp_path / "stores.toml"))
    root = (tmp_path / "root").as_uri()
    (tmp_path / "root").mkdir()
    obs_client.stores.add(obs_client.stores.NamedStore("work", root))
    obs_client.stores.add(obs_client.stores.NamedStore("album", f"{root}?container_name=photos"))
    fsspec.filesystem("obs", store="work").mkdir("photos")
    with fsspec.open("obs://work@photos/cat.txt", "w") as file:
        file.write("meow")
    assert fsspec.filesystem("obs", store="work://").cat("photos/cat.txt") == b"meow"
    assert fsspec.filesystem("obs", store="album").cat("cat.txt") == b"meow"
    assert fsspec.open("obs://album@cat.txt").open().read() == b"meow"
    assert fsspec.open("obs://photos/cat.txt", store="work").open().read() == b"meow"
    assert (tmp_path / "root/photos/cat.txt").read_text() == "meow"


def test_what_a_store_is_made_with() -> None:
    with pytest.raises(ValueError, match="which store"):
        fsspec.filesystem("obs")
    with pytest.raises(ValueError, match="unknown option 'wrong'"):
        fsspec.filesystem("obs+s3", wrong=1)
    with pytest.raises(ValueError, match="credentials"):
        fsspec.filesystem("obs+s3", aws_secret_access_key=SECRET)
    fs = fsspec.filesystem("obs", store="s3://?region=eu-central-2", part_size="64MiB", anonymous=True)
    assert isinstance(fs.client, S3Client)
    assert fs.client.options.part_size == 64 * 1024 * 1024
    assert isinstance(fsspec.filesystem("obs+s3", asynchronous=False, use_listings_cache=False), S3StoreFileSystem)
    assert isinstance(fsspec.filesystem("obs+memory").client, MemoryClient)


def test_names_shadow_nobody() -> None:
    from importlib import metadata

    names = {entry.name for entry in metadata.entry_points(group="fsspec.specs") if "obs_client" in entry.value}
    assert names == {"obs", "obs+az", "obs+file", "obs+gs", "obs+memory", "obs+s3", "obs+swift"}
    paths = metadata.entry_points(group="universal_pathlib.implementations")
    assert {entry.name for entry in paths if "obs_client" in entry.value} == names
    assert fsspec.get_filesystem_class("memory").__module__.startswith("fsspec.")
    for name in names:
        made = fsspec.get_filesystem_class(name)
        assert made.protocol == name
        assert issubclass(made, ObjectStorageFileSystem)
        assert made._strip_protocol(f"{name}://box/a/b/") == "box/a/b"
        assert made.unstrip_protocol(made(MemoryClient()), "box/a") == f"{name}://box/a"


def test_the_library_loads_none_of_it() -> None:
    program = "import obs_client, sys; obs_client.from_url('memory:'); print('fsspec' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"False\n"
    assert json.loads(fsspec.filesystem("obs+s3", **NOWHERE).to_json())["region"] == "us-east-1"
