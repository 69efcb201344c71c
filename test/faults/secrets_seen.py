"""Whether a secret got out: in an exception with its causes, notes and frames, or in a log at DEBUG."""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import threading
from collections.abc import Iterable, Iterator

from test.faults.matrix.scenarios import BROKEN, said
from test.faults.wire import spoiling
from test.faults.wire.spoiling import Action

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


_lock = threading.Lock()
_open: list[logging.Handler] = []
_levels: list[int] = []

LASTING: dict[str, Action] = {
    "500": spoiling.refuse(BROKEN),
    "403": spoiling.refuse(said(403, "Forbidden", "AccessDenied")),
    "401": spoiling.refuse(said(401, "Unauthorized", "InvalidAccessKeyId")),
    "closed": spoiling.close_unanswered(),
    "cut": spoiling.cut_at(40),
    "not http": spoiling.not_http(),
    "html": spoiling.refuse(spoiling.portal()),
    "no answer": spoiling.stall(),
}
"""What makes a call fail, each in a way of its own."""


class Records(logging.Handler):
    """Keeps the text of every record."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name}: {self.format(record)}")


@contextlib.contextmanager
def recorded() -> Iterator[Records]:
    """All logs at DEBUG, those of the library and of what it uses, of all threads; may be done by several at once."""
    records = Records()
    root = logging.getLogger()
    with _lock:
        if not _open:
            _levels.append(root.level)
        _open.append(records)
        root.addHandler(records)
        root.setLevel(logging.DEBUG)
    try:
        yield records
    finally:
        with _lock:
            root.removeHandler(records)
            _open.remove(records)
            if not _open:
                root.setLevel(_levels.pop())


def seen_in_logs(secrets: Iterable[str], records: Records) -> list[str]:
    """The records that hold a secret."""
    wanted = list(secrets)
    return [line for line in records.lines if any(secret in line for secret in wanted)]


def seen_in_error(secrets: Iterable[str], error: BaseException) -> list[str]:
    """Where an exception, its causes, their notes or the variables of their frames hold a secret."""
    wanted = list(secrets)
    found = []
    for place, text in _texts(error, set()):
        if any(secret in text for secret in wanted):
            found.append(place)
    return found


def seen_in_pickle(secrets: Iterable[str], error: BaseException) -> list[str]:
    """The secrets that go through a pickle with an exception, which must come out saying the same."""
    data = pickle.dumps(error)
    assert str(pickle.loads(data)) == str(error)
    return [secret for secret in secrets if secret.encode() in data]


def _texts(error: BaseException, known: set[int]) -> Iterator[tuple[str, str]]:
    if id(error) in known:
        return
    known.add(id(error))
    kind = type(error).__name__
    yield f"{kind}", f"{error!s} {error!r} {error.__dict__!r} {getattr(error, '__notes__', '')}"
    yield from _frames(error, kind)
    failures = getattr(error, "failures", {})
    for following in (error.__cause__, error.__context__, *failures.values()):
        if following is not None:
            yield from _texts(following, known)


def _frames(error: BaseException, kind: str) -> Iterator[tuple[str, str]]:
    trace = error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        if not code.co_filename.startswith(_HERE):
            for name, value in trace.tb_frame.f_locals.items():
                yield f"{kind}, variable {name} of {code.co_qualname}", _shown(value)
        trace = trace.tb_next


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - an object half made has no repr
        return f"no repr: {error!r}"
