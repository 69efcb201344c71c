"""The JSON of an answer: whole, or an error that says whether it was cut; and long arrays of it by columns."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from obs_client._http.errors import BrokenAnswer, StrangeAnswer, not_utf8

_LONGEST_TOKEN = len("-Infinity")

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""Half of a surrogate pair, which may stand alone: no name, and not to be sent back."""


def parse_json(content: bytes | str) -> Any:
    """The value that a document holds.

    Raises:
        BrokenAnswer: It is empty, or ends before its value does.
        StrangeAnswer: It is no JSON, but a page of a portal, for instance.
    """
    try:
        text = content if isinstance(content, str) else content.decode("utf-8-sig")  # RFC 8259, 8.1
        found = json.loads(text)
        if _HALF.search(text):
            json.dumps(found, ensure_ascii=False).encode()
        return found
    except UnicodeDecodeError as error:
        raise not_utf8(error) from error
    except json.JSONDecodeError as error:
        kind = BrokenAnswer if _ends_early(error) else StrangeAnswer
        raise kind(f"the response is not complete JSON: {error}") from error
    except UnicodeEncodeError as error:
        raise StrangeAnswer("the response is JSON with half of a character, which is no text") from error
    except RecursionError as error:
        raise StrangeAnswer("the response is JSON that is nested too deeply") from error
    except ValueError as error:
        raise StrangeAnswer("the response has a number with too many digits") from error


def _ends_early(error: json.JSONDecodeError) -> bool:
    """Whether it was the end of the document that was in the way, in the middle of its last token or after it."""
    if error.msg.startswith("Extra data"):
        return False
    return error.msg.startswith("Unterminated string") or len(error.doc.rstrip()) - error.pos < _LONGEST_TOKEN


class AlikeRows(NamedTuple):
    """The rows of a long array that are all built as the first one is: read by a pattern, in half the time.

    Attributes:
        keys: Of each row, in its order.
        pieces: Its values, and what stands between the rows, as they follow in the document.
        rest: The document with that array empty.
    """

    keys: tuple[str, ...]
    pieces: list[str]
    rest: str

    def column(self, key: str) -> Sequence[str]:
        """The values of a key in all rows, numbers as text; `ValueError` if the rows do not have it."""
        return self.pieces[self.keys.index(key) + 1 :: len(self.keys) + 1]

    def row(self, number: int) -> dict[str, str]:
        """One of the rows, counted from 0."""
        start = number * (len(self.keys) + 1) + 1
        return dict(zip(self.keys, self.pieces[start : start + len(self.keys)], strict=True))


def split_rows(document: str, opening: str, numbers: tuple[str, ...] = ()) -> AlikeRows | None:
    """The rows of an array of flat objects; None: they are not all alike, or there are none, so it must be parsed.

    Without a backslash every quote in a document is one of JSON's own, and a row that fits holds what it seems to hold.

    Args:
        opening: A pattern of the array's begin.
        numbers: Keys whose values are whole numbers; all others have texts.
    """
    start = None if "\\" in document else re.search(opening, document)
    if start is None or not document.startswith("{", start.end()):
        return None
    try:
        first, end = json.JSONDecoder().raw_decode(document, start.end())
    except (ValueError, RecursionError):
        return None
    keys, gap = tuple(first), " " if document[start.end() : end].partition(":")[2].startswith(" ") else ""
    pieces = _row_pattern(keys, gap, numbers).split(document)
    width = len(keys) + 1
    around = pieces[0] == document[: start.end()] and pieces[-1].startswith("]")
    if not around or not {", ", ","}.issuperset(pieces[width:-1:width]):
        return None
    return AlikeRows(keys, pieces, pieces[0] + pieces[-1])


@functools.lru_cache(64)
def _row_pattern(keys: tuple[str, ...], gap: str, numbers: tuple[str, ...]) -> re.Pattern[str]:
    fields = (f'"{re.escape(key)}":{gap}' + ("([0-9]+)" if key in numbers else '"([^"]*)"') for key in keys)
    return re.compile(r"\{" + f",{gap}".join(fields) + r"\}")
