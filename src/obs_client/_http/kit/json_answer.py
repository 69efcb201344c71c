"""The JSON of an answer: whole, or an error that says whether it was cut."""

from __future__ import annotations

import json
from typing import Any

from obs_client._http.errors import BrokenAnswer, StrangeAnswer


def parse_json(content: bytes | str) -> Any:
    """The value that a document holds.

    Raises:
        BrokenAnswer: It begins as JSON, or is empty, and does not go on to its end.
        StrangeAnswer: It is no JSON, but a page of a portal, for instance.
    """
    try:
        return json.loads(content)
    except RecursionError as error:
        raise StrangeAnswer("the answer is JSON nested without end") from error
    except ValueError as error:
        if _begins_as_json(content):
            raise BrokenAnswer(f"the answer is no whole JSON: {error}") from error
        raise StrangeAnswer(f"the answer is no JSON: {error}") from error


def _begins_as_json(content: bytes | str) -> bool:
    start = content[:100].lstrip()
    return start[:1] in (b"", b"{", b"[", "", "{", "[")
