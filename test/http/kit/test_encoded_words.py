"""Any text as a header's value, and back."""

import pytest

from obs_client._http.kit.encoded_words import decode_words, encode_words


@pytest.mark.parametrize("text", ["a", "a b", "a;b=c", "?=", "=", "100%"])
def test_plain_text_is_sent_as_itself(text: str) -> None:
    assert encode_words(text) == text
    assert decode_words(text) == text


@pytest.mark.parametrize("text", ["", " ", " a", "a ", "a  b", "ü", "日本 😀", "=?UTF-8?B?YQ==?=", "=?", "a\tb "])
def test_other_text_comes_back_as_it_was(text: str) -> None:
    sent = encode_words(text)
    assert sent.isascii()
    assert sent == sent.strip()
    assert "  " not in sent
    assert decode_words(sent) == text


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("=?UTF-8?Q?a_=C3=BC?=", "a ü"),
        ("=?utf-8?b?w7w=?= =?iso-8859-1?Q?=FC?=", "üü"),
        ("ü".encode().decode("latin-1"), "ü"),
        ("\xff", "\xff"),
        ("=?UTF-8?B?!?=", "=?UTF-8?B?!?="),
        ("=?nothing?B?YQ==?=", "=?nothing?B?YQ==?="),
        ("=?UTF-8?B?/w==?=", "=?UTF-8?B?/w==?="),
        ("before =?UTF-8?B?YQ==?=", "before =?UTF-8?B?YQ==?="),
    ],
)
def test_what_others_write(sent: str, text: str) -> None:
    assert decode_words(sent) == text
