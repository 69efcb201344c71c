"""Inputs made of examples by small edits: what a parser takes, and a little beside it."""

from __future__ import annotations

from hypothesis import strategies as st

TOKENS = (
    b"",
    b"\0",
    b"\r\n",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xc3\xbc",
    b'"',
    b"\\ud800",
    b"\\u0000",
    b"-1",
    b"0",
    b"1e999",
    b"NaN",
    b"9" * 20,
    b"9" * 5000,
    b"0" * 5000 + b"1",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"[" * 3000,
    b'{"a":' * 3000,
    b"<a>",
    b"</a>",
    b"<a>" * 3000,
    b"&#0;",
    b"&#xD800;",
    b"&#" + b"0" * 5000 + b"65;",
    b"&amp;",
    b"&",
    b"%",
    b"%ff",
    b"%00",
    b"=?UTF-8?B?",
    b"=?idna?Q?",
    b"=?undefined?Q?a?=",
    b"?=",
    b":",
    b",",
    b";",
    b"/",
    b"..",
    b"?",
    b"#",
    b"[",
    b"=",
    b"+0000",
    b"Z",
    b"Thu, 31 Feb 2026 25:61:61 GMT",
)


@st.composite
def edited(draw: st.DrawFn, examples: tuple[bytes, ...]) -> bytes:
    """One of the examples after a few edits: something put in, taken out, doubled, or cut off."""
    data = draw(st.sampled_from(examples))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        stop = draw(st.integers(start, min(len(data), start + 40)))
        token = draw(st.sampled_from(TOKENS) | st.binary(max_size=6))
        kind = draw(st.sampled_from(("replace", "insert", "double", "cut")))
        if kind == "replace":
            data = data[:start] + token + data[stop:]
        elif kind == "insert":
            data = data[:start] + token + data[start:]
        elif kind == "double":
            data = data[:stop] + data[start:]
        else:
            data = data[:start]
    return data
