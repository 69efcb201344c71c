"""Whether it was the store that answered: a portal on the way says 200 to anything."""

from __future__ import annotations

from collections.abc import Sequence

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import StrangeAnswer

_ON_THE_WAY = (407, 408, 429)
"""What a proxy or a balancer says in place of the store."""


def is_named(answer: HttpAnswer, names: Sequence[str]) -> bool:
    """Whether an answer has a header by which the store is known, or is the word of what is on the way to it."""
    return answer.status >= 500 or answer.status in _ON_THE_WAY or any(name in answer.headers for name in names)


def check_identity(answer: HttpAnswer, names: Sequence[str], store: str) -> None:
    """Let an answer through that has one of the headers by which the store is known.

    A balancer before the store has none of them, and may say that it is busy.

    Raises:
        StrangeAnswer: It has none; the answer is closed then.
    """
    if is_named(answer, names):
        return
    answer.close()
    missing = " or ".join(names)
    raise StrangeAnswer(
        f"status {answer.status} without {missing}: this response is not from {store}{advice_of(answer)}"
    )


def advice_of(answer: HttpAnswer) -> str:
    """What to add to the words about an answer that is not the store's: a bare 400 is said where TLS is spoken."""
    return "; if it speaks TLS, its URL begins with https://" if answer.status == 400 else ""


def is_page(answer: HttpAnswer, content: bytes = b"") -> bool:
    """Whether an answer is a page for people, as of a portal that wants a login.

    Args:
        content: What is known of its body.
    """
    start = content.lstrip()[:100].lower()
    return "html" in answer.headers.get("content-type", "").lower() or start.startswith((b"<!doctype html", b"<html"))
