"""What the tests of the local store share."""

from __future__ import annotations

import contextlib
import gc
import os
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from obs_client.backends.local import attributes
from obs_client.backends.local.directory import DirectoryClient
from obs_client.backends.local.store import FileStore, LocalClient
from obs_client.models import Attributes, ObjectInfo, SubdirInfo

IN_THE_FILE, IN_A_SIDECAR = PLACES = "in the file", "in a sidecar"
"""Both places where attributes are kept."""

ESCAPES, REFUSES = POLICIES = "escapes names", "refuses names"
"""What is done with names that no path can have: by `LocalClient`, by `DirectoryClient`."""

PLAIN = Attributes("text/plain", {})
METADATA = {"colour": "blue", "tint": "grün"}


def make_client(policy: str, directory: Path) -> FileStore:
    """A client of a policy whose container is a directory, and has its name."""
    return DirectoryClient(directory) if policy == REFUSES else LocalClient(directory.parent, directory.name)


def keep(place: str, monkeypatch: pytest.MonkeyPatch, path: Path) -> str:
    """Let attributes be kept in one of `PLACES`; sidecars as on a system without extended attributes."""
    if place == IN_A_SIDECAR:
        monkeypatch.setattr(attributes, "_has_extended_attributes", False)
        return place
    try:
        os.setxattr(path, "user.obs_client_test", b"1")
    except (AttributeError, OSError):
        pytest.skip("this file system has no extended attributes")
    return place


def info_of(client: FileStore, name: str) -> ObjectInfo:
    """An object that is there."""
    info = client.object_info(name)
    assert info is not None
    return info


def names_of(client: FileStore, **query: str) -> list[str]:
    """The names of a listing, those of folders among them."""
    return [entry.subdir if isinstance(entry, SubdirInfo) else entry.name for entry in client.object_list(**query)]  # type: ignore[call-overload]


def files(path: Path) -> list[str]:
    """What is in a directory, sidecars left out: some systems have nothing else for attributes."""
    return sorted(name for name in os.listdir(path) if not name.startswith("%obs_s_"))


def fork(action: Callable[[], object]) -> int:
    """Run something in a process of its own; its exit status is 0 if nothing was raised."""
    child = os.fork()
    if child:
        return child
    try:
        action()
    except BaseException:  # noqa: BLE001 - told by the exit status, and on stderr
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def succeeded(child: int) -> bool:
    """Wait for a child: whether nothing was raised in it."""
    return os.waitpid(child, 0)[1] == 0


def all_succeeded(children: list[int]) -> bool:
    """Wait for all of them."""
    statuses = [succeeded(child) for child in children]
    return all(statuses)


@contextlib.contextmanager
def all_closed() -> Iterator[None]:
    """See to it that no descriptor stays open that was opened in the `with` block."""
    before = open_descriptors()
    yield
    if open_descriptors() > before:
        gc.collect()
    assert open_descriptors() <= before


def open_descriptors() -> int:
    """How many descriptors this process has."""
    return len(os.listdir("/dev/fd"))
