"""Each parser takes what was edited, or says by an error of its own that it does not."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit import xml
from test.fuzz.edits import edited
from test.fuzz.parsers import AZURE_PAGE, PARSERS, PLAN, RECORD

pytestmark = pytest.mark.slow

FEW = 100
MANY = 20_000


DIGITS = b"9" * 5000
"""More than Python makes a number of."""

FOUND: list[tuple[str, bytes]] = [
    ("encoded words", b"=?UTF-8?B?\xfc?="),
    ("encoded words", b"=?UTF-8?Q?\xfc?="),
    ("encoded words", b"=?idna?Q?xn--=C3?="),
    ("encoded words", b"=?undefined?Q?a?="),
    ("encoded words", b"=?a\0b?Q?a?="),
    ("json", b"[%b]" % DIGITS),
    ("listing of Swift", b'[{"name": "a", "bytes": %b}]' % DIGITS),
    ("listing of Swift", rb'[{"name": "\ud800a", "bytes": 1}]'),
    ("listing of Swift", rb'[{"name": "a", "bytes": 1, "hash": "\uDFFF"}]'),
    ("range", b"bytes 0-3/%b" % DIGITS),
    ("batch", b"--b\r\nContent-ID: <%b>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n--b--" % DIGITS),
    ("xml that echoes", b"<ListBucketResult>&#%b;</ListBucketResult>" % DIGITS),
    ("xml that echoes", b"<ListBucketResult>&#%b65;</ListBucketResult>" % (b"0" * 5000)),
    ("xml", b"<a>" * 100_000),
    ("xml", b'<?xml version="1.0" encoding="NaNUTF-8"?><a></a>'),
    ("xml", b'<?xml version="1.0" encoding="UTF-7"?><a></a>'),
    ("xml", b'<?xml version="1.0" encoding="hex"?><a></a>'),
    ("xml", b'<?xml version="1.0" encoding="undefined"?><a></a>'),
    ("xml", b'<?xml version="1.0" encoding="shift_jis"?><a></a>'),
    ("listing of Azure", AZURE_PAGE.replace(b"<Name>a<", b"<Name>&#%b65;<" % (b"0" * 5000))),
    ("record of a file", RECORD.replace(b'"part_size":2', b'"part_size":1').replace(b"f-2", b"f-1099511627776")),
    ("plan", PLAN.replace(b"1.5", b"1" + b"0" * 400)),
    ("plan", b"[" * 100_000),
    ("named stores", b"a = %b" % DIGITS),
    ("named stores", b"a = " + b"[" * 100_000),
]
"""What raised another error, or took memory without end."""


def play(name: str, examples: int) -> None:
    """Give a parser so many edited examples."""
    parser = PARSERS[name]
    for example in parser.examples:
        parser.parse(example)

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=examples == FEW,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip
    @given(edited(parser.examples))
    def check(data: bytes) -> None:
        with contextlib.suppress(*parser.errors):
            parser.parse(data)

    check()


@pytest.mark.parametrize("name", PARSERS)
def test_a_clear_result_or_a_typed_error(name: str) -> None:
    play(name, FEW)


@pytest.mark.parametrize(("name", "data"), FOUND, ids=[f"{name} {number}" for number, (name, _) in enumerate(FOUND)])
def test_what_was_found(name: str, data: bytes) -> None:
    parser = PARSERS[name]
    with contextlib.suppress(*parser.errors):
        parser.parse(data)


@pytest.mark.slow
def test_many_pieces_of_text_take_no_time_by_their_square() -> None:
    began = time.process_time()
    found = xml.parse(b"<a>" + b"x" * 1_000_000 + b"<b/>y" * 200_000 + b"</a>")
    assert len(found.text) == 1_200_000
    assert time.process_time() - began < 5.0


@pytest.mark.slow
def test_more_elements_than_a_store_sends_are_refused() -> None:
    with pytest.raises(StrangeAnswer, match="too many elements"):
        xml.parse(b"<a>" + b"<b/>" * 1_000_001 + b"</a>")


@pytest.mark.full
@pytest.mark.parametrize("name", PARSERS)
def test_so_it_is_for_long(name: str) -> None:
    play(name, MANY)
