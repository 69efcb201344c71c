"""What pages of a listing are made with: folders, and entries by columns.

Entries by columns are made when they are asked for. The constructor of a frozen class costs more than all else in a
listing, and so does garbage collection, which comes with every few hundred objects that are alive at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

from obs_client.models import ContainerInfo, ObjectInfo, SubdirInfo

_BATCH = 250

Row = TypeVar("Row")


def name_of(entry: ContainerInfo | ObjectInfo | SubdirInfo) -> str:
    """The name by which an entry stands in a listing."""
    return entry.subdir if isinstance(entry, SubdirInfo) else entry.name


def fold(entries: Iterable[ObjectInfo], prefix: str, delimiter: str | None) -> Iterator[ObjectInfo | SubdirInfo]:
    """An ordered flat listing with folders: for backends whose store does not fold."""
    if delimiter is None:
        yield from entries
        return
    last = None
    for entry in entries:
        end = entry.name.find(delimiter, len(prefix))
        if end < 0:
            yield entry
        elif (folder := entry.name[: end + len(delimiter)]) != last:
            last = folder
            yield SubdirInfo(folder)


class ListedObjects(Sequence[ObjectInfo]):
    """Objects of which a listing tells these columns; what it does not tell is None.

    Args:
        sizes: In bytes.
        times: Epoch seconds.

    Raises:
        ValueError: The columns are not equally long.
    """

    __slots__ = ("_columns", "names")

    def __init__(
        self,
        names: Sequence[str],
        sizes: Sequence[int | None],
        hashes: Sequence[str | None],
        content_types: Sequence[str | None],
        times: Sequence[float | None],
    ) -> None:
        self.names: Sequence[str] = names
        self._columns = (names, sizes, hashes, content_types, times)
        if len(set(map(len, self._columns))) != 1:
            raise ValueError("the columns of a listing are not equally long")

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> ObjectInfo: ...

    @overload
    def __getitem__(self, index: slice) -> list[ObjectInfo]: ...

    def __getitem__(self, index: int | slice) -> ObjectInfo | list[ObjectInfo]:
        if isinstance(index, slice):
            return _made(*(column[index] for column in self._columns))
        place = range(len(self))[index]
        return self[place : place + 1][0]

    def __iter__(self) -> Iterator[ObjectInfo]:
        batches = (self[start : start + _BATCH] for start in range(0, len(self), _BATCH))
        return itertools.chain.from_iterable(batches)


class WholeObjects(ListedObjects, Generic[Row]):
    """Objects of which a listing tells everything, made whole when they are asked for; they cost more than columns.

    Args:
        rows: What is known of each, as the store tells it.
        make: Makes the whole entry of a row.
    """

    __slots__ = ("_make", "_rows")

    def __init__(self, columns: ListedObjects, rows: Sequence[Row], make: Callable[[Row], ObjectInfo]) -> None:
        super().__init__(*columns._columns)
        self._rows = rows
        self._make = make

    @property
    def without_metadata(self) -> ListedObjects:
        """The same objects by the columns alone."""
        return ListedObjects(*self._columns)

    def __getitem__(self, index: int | slice) -> ObjectInfo | list[ObjectInfo]:  # type: ignore[override]
        if isinstance(index, slice):
            return list(map(self._make, self._rows[index]))
        return self._make(self._rows[index])


class _Draft:
    """An `ObjectInfo` in the making, whose fields can be set; it becomes one by its class."""

    __slots__ = ObjectInfo.__slots__


def _made(*columns: Sequence[Any]) -> list[ObjectInfo]:
    drafts: list[Any] = list(map(object.__new__, itertools.repeat(_Draft, len(columns[0]))))
    for draft, name, size, tag, kind, time in zip(drafts, *columns, strict=True):
        draft.name = name
        draft.size = size
        draft.hash = tag
        draft.content_type = kind
        draft.metadata = None
        draft.last_modified = time
        draft.content_encoding = draft.content_disposition = draft.content_language = draft.cache_control = None
        draft.write_id = draft.storage_class = draft.version_id = draft.expires = None
        draft.__class__ = ObjectInfo
    return drafts
