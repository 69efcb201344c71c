"""The JSON of an answer: whole, or an error that says whether it was cut."""

from __future__ import annotations

import json
from typing import Any

from obs_client._http.errors import BrokenAnswer, StrangeAnswer, not_utf8

_LONGEST_TOKEN = len("-Infinity")


def parse_json(content: bytes | str) -> Any:
    """The value that a document holds.

    Raises:
        BrokenAnswer: It is empty, or ends before its value does.
        StrangeAnswer: It is no JSON, but a page of a portal, for instance.
    """
    try:
        return json.loads(content)
    except UnicodeDecodeError as error:
        raise not_utf8(error) from error
    except json.JSONDecodeError as error:
        kind = BrokenAnswer if _ends_early(error) else StrangeAnswer
        raise kind(f"the response is not complete JSON: {error}") from error
    except RecursionError as error:
        raise StrangeAnswer("the response is JSON that is nested too deeply") from error
    except ValueError as error:
        raise StrangeAnswer("the response has a number with too many digits") from error


def _ends_early(error: json.JSONDecodeError) -> bool:
    """Whether it was the end of the document that was in the way, in the middle of its last token or after it."""
    if error.msg.startswith("Extra data"):
        return False
    return error.msg.startswith("Unterminated string") or len(error.doc.rstrip()) - error.pos < _LONGEST_TOKEN
