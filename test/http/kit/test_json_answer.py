"""The JSON of answers: cut anywhere it is broken, foreign it is strange."""

import json

import pytest

from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client._http.kit.json_answer import parse_json

VALUE = [{"näme": 'a"\\\u2028\U0001f600', "bytes": -12.5e10, "yes": True, "none": None, "far": [float("-inf")]}, 1]
DOCUMENT = json.dumps(VALUE, ensure_ascii=False).replace("\u2028", "\\u2028")


def test_a_value() -> None:
    assert parse_json(DOCUMENT) == VALUE
    assert parse_json(DOCUMENT.encode()) == VALUE


def test_cut_anywhere_it_is_broken() -> None:
    for document in (DOCUMENT, DOCUMENT.encode()):
        for end in range(len(document)):
            with pytest.raises(BrokenAnswer):
                parse_json(document[:end])


@pytest.mark.parametrize(
    "document",
    [
        b"<html><body>Please log in</body></html>",
        b"Service is not available",
        DOCUMENT.encode() + b"]",
        DOCUMENT.replace(", ", " , , ", 1).encode(),
        b'["\xff", "and much more text"]',
        b"[" * 200_000,
    ],
)
def test_what_is_no_json_is_strange(document: bytes) -> None:
    with pytest.raises(StrangeAnswer):
        parse_json(document)


@pytest.mark.parametrize("content", ['["\\ud83d\\ude00"]', b'["\xf0\x9f\x98\x80"]', b'\xef\xbb\xbf["\\uD83D\\uDE00"]'])
def test_a_whole_character_is_read_however_it_is_written(content: bytes | str) -> None:
    assert parse_json(content) == ["\N{GRINNING FACE}"]


@pytest.mark.parametrize("content", ['["\\ud83d"]', '{"\\uDE00a": 1}', b'["\\uDFFF\\uD800"]', b'["\xed\xa0\x80"]'])
def test_half_a_character_is_refused(content: bytes | str) -> None:
    with pytest.raises(StrangeAnswer):
        parse_json(content)
