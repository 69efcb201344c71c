"""What can be wrong with an answer; the one place that says what proves that it was cut.

An answer is cut if its length or its last chunk did not come, if its head did not end, or if the document in it ends
before its root does: `BrokenAnswer`, which another try may mend. An answer that came whole and makes no sense is a
`StrangeAnswer`, as one that lacks what the store cannot do without: the same request would get the same answer again.
What an answer may lack, such as an optional field, is no error at all.
"""

from __future__ import annotations


class BrokenAnswer(OSError):
    """What came is no whole answer: cut, closed, not HTTP, or of a length that is unclear or does not hold.

    Attributes:
        first_contact: The pool that raised it has had no answer at all yet.
    """

    first_contact = False


class StrangeAnswer(OSError):
    """An answer that is whole and makes no sense: of another server or a portal, or without what must be in it."""


class ClosedBeforeAnswer(BrokenAnswer):
    """The connection ended before one byte of the answer came: if it was kept open, it may have been stale."""


class ConnectFailure(OSError):
    """No connection: refused, unknown host, no response in time, a TLS failure, or a proxy that will not.

    `__cause__` is the system's error: an `ssl.SSLCertVerificationError` will not pass by itself.

    Attributes:
        first_contact: As of `BrokenAnswer`.
    """

    first_contact = False


class ProxyRefusal(OSError):
    """A proxy opens no tunnel, and says so by a status."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


def not_utf8(error: UnicodeDecodeError) -> BrokenAnswer | StrangeAnswer:
    """The error for content that is no text: cut if it ends within a character."""
    kind = BrokenAnswer if error.end == len(error.object) else StrangeAnswer
    return kind(f"the response is not UTF-8: {error}")
