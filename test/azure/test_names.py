"""Keys of metadata as identifiers of C#, and back; and what no name in Azure is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obs_client.backends.azure.names import CONTAINER_NAMES, REFUSED, decode_key, encode_key, read_metadata
from obs_client.models import METADATA_KEY_CHARACTERS

pytestmark = pytest.mark.slow  # it takes seconds in all

KEYS = st.text(METADATA_KEY_CHARACTERS, min_size=1, max_size=30) | st.lists(
    st.sampled_from(["__0x2d__", "__0x", "__", "_", "-", "0x", "2d", "9", "a"]), min_size=1, max_size=8
).map("".join)


@given(KEYS)
def test_every_key_is_sent_as_an_identifier_and_comes_back(key: str) -> None:
    sent = encode_key(key)
    assert re.fullmatch("[a-z_][a-z0-9_]*", sent)
    assert decode_key(sent) == key


@given(KEYS, KEYS)
def test_no_two_keys_are_sent_as_one(one: str, other: str) -> None:
    assert (encode_key(one) == encode_key(other)) == (one == other)


@given(st.text("_0x2d5f-a9", min_size=1, max_size=24))
def test_what_others_wrote_is_kept_so_that_it_can_be_written_again(text: str) -> None:
    if re.fullmatch("[a-z_][a-z0-9_]*", text):
        assert encode_key(decode_key(text)) == text or decode_key(text) == text


def test_usual_keys_are_sent_as_gocloud_sends_them() -> None:
    assert encode_key("content-sha256") == "content__0x2d__sha256"
    assert encode_key("9lives") == "__0x39__lives"
    assert encode_key("plain_key1") == "plain_key1"


def test_metadata_are_read_without_the_mark_of_the_write() -> None:
    pairs = [("Some__0x2d__Key", "=?UTF-8?B?w6k=?="), ("obs__0x2d__write__0x2d__id", "abc.5x2,1x1.ff")]
    assert read_metadata(pairs) == ({"some-key": "é"}, "abc.5x2,1x1.ff")
    assert read_metadata([]) == ({}, "")


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("a/b", False), ("a//b", False), ("/", False), ("%2F", False), ("...", True), ("a.", True), ("a./b", True),
        ("a\\b", True), ("tab\t", True), ("\x7f", True), ("\x85", True), ("\uffff", True), ("a" + "/a" * 253, False),
        ("a" + "/a" * 254, True), (".hidden", False), ("\U0001f600", False),
    ],
)  # fmt: skip
def test_names_that_azure_would_change_are_refused(name: str, refused: bool) -> None:
    assert any(re.search(pattern, name) for pattern, _ in REFUSED) is refused


@pytest.mark.parametrize(
    ("name", "taken"),
    [("abc", True), ("a-1-b", True), ("$root", True), ("ab", False), ("a--b", False), ("-ab", False), ("Abc", False),
     ("a" * 63, True), ("a" * 64, False), ("a_b", False), ("abc\n", False)],
)  # fmt: skip
def test_container_names(name: str, taken: bool) -> None:
    assert bool(re.fullmatch(CONTAINER_NAMES, name)) is taken
