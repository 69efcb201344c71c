"""Conditions of reads hold on stores that do not know them, as long as these tell what they give."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from obs_client import MemoryClient, ObjectUnchangedError, PreconditionError
from obs_client.backend import ObjectReader

Read = Callable[[MemoryClient, str | None, str | None], bytes]


class Unconditional(MemoryClient):
    """A store that reads whatever is there, as `rclone serve s3` does; it counts what it opened and closed."""

    opened = closed = 0

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        reader = super()._object_open(container, name, start, stop, None)
        self.opened += 1
        close = reader.close

        def closing() -> None:
            self.closed += 1
            close()

        reader.close = closing  # type: ignore[method-assign]  # the readers of this store are its own classes
        return reader

    def _object_open_changed(
        self, container: str, name: str, start: int, stop: int | None, known: str
    ) -> ObjectReader | None:
        return self._object_open(container, name, start, stop, None)


def _opened(client: MemoryClient, if_hash: str | None, unless: str | None) -> bytes:
    with client.object_open("o", if_hash=if_hash, if_none_match=unless) as file:
        return file.read()


READS: dict[str, Read] = {
    "whole": lambda client, same, other: client.object_read("o", if_hash=same, if_none_match=other),
    "range": lambda client, same, other: client.object_read("o", start=1, stop=3, if_hash=same, if_none_match=other),
    "end": lambda client, same, other: client.object_read("o", start=-2, if_hash=same, if_none_match=other),
    "file": _opened,
}


def _hash(client: MemoryClient) -> str:
    info = client.object_info("o")
    assert info is not None
    return str(info.hash)


@pytest.fixture
def client() -> Unconditional:
    made = Unconditional()
    made.use_container("c", create=True)
    made.object_write("o", b"content")
    return made


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_another_version_than_that_with_the_hash_is_refused(client: Unconditional, read: Read) -> None:
    known = _hash(client)
    assert read(client, known, None) in b"content"
    client.object_write("o", b"another")
    with pytest.raises(PreconditionError, match=f"not '{known}'; nothing was read"):
        read(client, known, None)
    assert client.opened == client.closed == 2


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_the_version_that_is_held_is_not_given(client: Unconditional, read: Read) -> None:
    known = _hash(client)
    with pytest.raises(ObjectUnchangedError):
        read(client, None, known)
    client.object_write("o", b"another")
    assert read(client, None, known) in b"another"
    assert client.opened == client.closed
