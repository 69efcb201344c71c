"""The ranges that are done, with their sums, as lines of JSON: the first says of what, each other tells a range.

Each line is written by one call when its range is done. What is cut off at any byte has fewer lines, which is all that
is believed of it.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self, get_args

from obs_client.errors import ConfigurationError, ObjectStorageClientError
from obs_client.sync.ledger.header import Header, Work, check_same
from obs_client.sync.ranges import EVERYTHING, Range

FORMAT = 1


class Row(NamedTuple):
    """A range that is done.

    Attributes:
        within: Its names.
        copied, copied_size, skipped: What was done to them, as in the report; of a check, all are skipped.
        extra: How many names only the target had; none was deleted by then.
    """

    within: Range
    copied: int = 0
    copied_size: int = 0
    skipped: int = 0
    extra: int = 0

    def and_then(self, next_one: Row) -> Row:
        """Both, of which the other begins where this one ends."""
        sums = (mine + others for mine, others in zip(self[1:], next_one[1:], strict=True))
        return Row(Range(self.within.after, next_one.within.up_to), *sums)


class Keeper(Protocol):
    """Where the lines are."""

    def read(self) -> bytes:
        """All of them, as they were left; from here on nobody else writes them."""

    def begin(self, good: int, content: Callable[[], bytes]) -> None:
        """Go on after so many bytes, or else with all of the content."""

    def add(self, line: bytes, content: Callable[[], bytes]) -> None:
        """Keep one more line, or else all of the content, which has it."""

    def remove(self) -> None:
        """Forget all: it is done."""

    def close(self) -> None:
        """Keep what is not kept yet, and let others have it."""


class Ledger:
    """What of one sync, or of one check, is done.

    Args:
        header: What it must be of.
        name: As the user wrote it, for messages.
        work: What it must be a ledger of.
    """

    def __init__(self, keeper: Keeper, header: Header, name: str, work: Work = "sync") -> None:
        self._keeper = keeper
        try:
            found = keeper.read()
            begun, rows, good = _parsed(found, header, name, work)
            self.begun: float = time.time() if begun is None else begun
            # Equal contents have equal hashes, which would not tell the processes of one ledger apart.
            who = {"begun": self.begun, "by": secrets.token_hex(8)}
            self._first = _line({"ledger": f"obs_client {work}", "format": FORMAT, **who, **header})
            self.rows: list[Row] = joined(rows)
            keeper.begin(good, self._content)
        except BaseException:
            keeper.close()
            raise

    @property
    def names(self) -> int:
        """How many names of the source are done."""
        return sum(row.copied + row.skipped for row in self.rows)

    def rest(self) -> list[Range]:
        """The ranges that are not done."""
        return without(EVERYTHING, (row.within for row in self.rows))

    def add(self, row: Row) -> None:
        """Keep that a range is done."""
        self.rows = joined([*self.rows, row])
        self._keeper.add(_line(_as_dict(row)), self._content)

    def remove(self) -> None:
        """Remove it: all is done, and the next time all is looked at again."""
        self._keeper.remove()

    def _content(self) -> bytes:
        return self._first + b"".join(_line(_as_dict(row)) for row in self.rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # What is not kept yet is done again; why it ended goes before that.
        with contextlib.nullcontext() if error is None else contextlib.suppress(ObjectStorageClientError):
            self._keeper.close()


def joined(rows: Iterable[Row]) -> list[Row]:
    """The same in few rows, in order: neighbours are one, but for what has names to delete, which is listed again."""
    found: list[Row] = []
    for row in sorted(rows, key=lambda row: row.within.after):
        last = found[-1] if found else None
        if last is not None and last.within.up_to == row.within.after and bool(last.extra) == bool(row.extra):
            found[-1] = last.and_then(row)
        else:
            found.append(row)
    return found


def without(within: Range, done: Iterable[Range]) -> list[Range]:
    """What is left of a range when these are done, given in order."""
    left, after = [], within.after
    for each in done:
        if after < each.after:
            left.append(Range(after, each.after))
        if each.up_to is None:
            return left
        after = max(after, each.up_to)
    return [*left, Range(after, within.up_to)]


def _parsed(content: bytes, header: Header, name: str, work: Work) -> tuple[float | None, list[Row], int]:
    """When it began (None: it did not), the rows of whole lines, and in how many bytes they are."""
    beginning = _beginning(work)
    if not (content.startswith(beginning) or beginning.startswith(content)):
        raise ConfigurationError(
            f"{name!r} is {_other(content)}not a ledger of a {work}, and was not changed; use another name"
        )
    first, end, _ = content.partition(b"\n")
    if not end:
        return None, [], 0
    values = _read(first)
    begun = values.get("begun")
    if values.get("format") != FORMAT or not isinstance(begun, float):
        raise ConfigurationError(f"the ledger {name!r} is from another version of obs_client; remove it to start again")
    check_same(header, values, name, work)
    rows, good = [], len(first) + 1
    for row, size in _rows(content[good:]):
        rows.append(row)
        good += size
    return begun, rows, good


def _beginning(work: Work) -> bytes:
    """Of each ledger; what begins otherwise is somebody else's, and is not written over."""
    return f'{{"ledger": "obs_client {work}", '.encode()


def _other(content: bytes) -> str:
    """What it is, that is not the ledger that was meant; empty: no ledger."""
    works = (f"a ledger of a {work}, " for work in get_args(Work) if content.startswith(_beginning(work)))
    return next(works, "")


def _rows(content: bytes) -> Iterator[tuple[Row, int]]:
    """Each row up to the first line that is none, with how many bytes it has."""
    for line in content.splitlines(keepends=True):
        row = _row(_read(line)) if line.endswith(b"\n") else None
        if row is None:
            return
        yield row, len(line)


def _read(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _row(values: dict[str, Any]) -> Row | None:
    after, up_to = values.get("after"), values.get("up_to", 0)
    counts = [values.get(name) for name in Row._fields[1:]]
    if not (isinstance(after, str) and (up_to is None or (isinstance(up_to, str) and after < up_to))):
        return None
    if not all(isinstance(count, int) and count >= 0 for count in counts):
        return None
    return Row(Range(after, up_to), *(int(count) for count in counts if count is not None))


def _as_dict(row: Row) -> dict[str, object]:
    return {"after": row.within.after, "up_to": row.within.up_to, **dict(zip(Row._fields[1:], row[1:], strict=True))}


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values).encode() + b"\n"
