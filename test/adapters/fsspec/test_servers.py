"""Real servers: a fork goes on with connections of its own, and keys may be given in place of the environment's."""

from __future__ import annotations

import multiprocessing
import os
import pickle
from collections.abc import Iterator
from typing import Any

import fsspec
import pytest

from test.adapters.fsspec.stores import KEYS, SERVED, Store
from test.servers.shared import Servers

SMALL = {f"{number}": str(number).encode() for number in range(20)}


@pytest.fixture(params=["seaweedfs", "swift"])
def served(request: pytest.FixtureRequest, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    made = SERVED[request.param](servers, monkeypatch)
    yield made
    made.fs.rm(made.container, recursive=True)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forks_go_on_side_by_side(served: Store) -> None:
    fs, paths = served.fs, {served.path(name): content for name, content in SMALL.items()}
    fs.pipe(paths)  # by several threads, so that connections lie idle
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)

    def child(number: int) -> None:
        fs.pipe(served.path(f"child {number}"), b"from a child")
        sending.send((os.getpid(), fs.cat(list(paths))))

    children = [context.Process(target=child, args=(number,)) for number in range(2)]
    for each in children:
        each.start()
    assert fs.cat(list(paths)) == paths
    answers = dict(receiving.recv() for _ in children)
    for each in children:
        each.join()
    assert [each.exitcode for each in children] == [0, 0]
    assert list(answers.values()) == [paths, paths]
    assert os.getpid() not in answers
    assert fs.cat(served.path("child 0")) == fs.cat(served.path("child 1")) == b"from a child"


def test_keys_that_are_given_stand_for_the_environment(served: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    served.fs.pipe(served.path("name"), b"content")
    keys = {name: value for name, value in os.environ.items() if name.startswith(KEYS)}
    for name in keys:
        monkeypatch.delenv(name)
    assert _with(served, keys).cat(served.path("name")) == b"content"
    assert pickle.loads(pickle.dumps(_with(served, keys))).cat(served.path("name")) == b"content"
    wrong = {
        name: "wrong" if "SECRET" in name or name == "ST_KEY" or "PASSWORD" in name else value
        for name, value in keys.items()
    }
    with pytest.raises(PermissionError):
        _with(served, wrong).cat(served.path("name"))
    for name, value in keys.items():
        monkeypatch.setenv(name, value)


def _with(served: Store, keys: dict[str, str]) -> Any:
    return fsspec.filesystem(served.protocol, credentials=keys, **served.options)
