"""What is refused is refused in full sentences, and just beyond its bound: what is at the bound is taken."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from obs_client import Attributes, Capabilities, InvalidNameError, NotSupportedError
from obs_client._engine import arguments
from obs_client._engine.attributes import Headers, Rules
from obs_client.models import METADATA_KEY_CHARACTERS

ALL = Capabilities(if_absent=True, if_hash=True, delete_if_hash=True)
NONE = Capabilities(if_absent=False, if_hash=False, delete_if_hash=False, writable=False)
NARROW = Capabilities(
    object_name_maximum=5, container_name_maximum=4, object_names_refused=(("x$", "this store drops an x at the end"),)
)
LONG = "n" * 81


class Row(NamedTuple):
    call: Callable[[Any], object]
    error: type[Exception]
    message: str


def rows(*given: tuple[Callable[[Any], object], type[Exception], str]) -> list[Row]:
    return [Row(*each) for each in given]


NAMES = rows(
    (lambda a: a.check_object_name(7), TypeError, "an object name must be a str, not int"),
    (lambda a: a.check_object_name("a\0"), InvalidNameError, r"'a\x00': an object name must not hold a NUL character"),
    (
        lambda a: a.check_object_name("\ud800"),
        InvalidNameError,
        r"'\ud800': an object name must be text that UTF-8 can encode; it holds a lone surrogate",
    ),
    (
        lambda a: a.check_object_name(""),
        InvalidNameError,
        "'': an object name has 1 to 1,024 bytes of UTF-8, this one has 0",
    ),
    (
        lambda a: a.check_object_name("n" * 1025),
        InvalidNameError,
        f"'{'n' * 77}...': an object name has 1 to 1,024 bytes of UTF-8, this one has 1,025",
    ),
    (
        lambda a: a.check_object_name("a/.."),
        InvalidNameError,
        "'a/..': '.' and '..' between slashes lead out of the container in some stores; rename it",
    ),
    (
        lambda a: a.check_object_name("a/./b"),
        InvalidNameError,
        "'a/./b': '.' and '..' between slashes lead out of the container in some stores; rename it",
    ),
    (lambda a: a.check_container_name(7), TypeError, "a container name must be a str, not int"),
    (
        lambda a: a.check_container_name(""),
        InvalidNameError,
        "'': a container name has 1 to 256 bytes of UTF-8, this one has 0",
    ),
    (
        lambda a: a.check_container_name("c" * 257),
        InvalidNameError,
        f"'{'c' * 77}...': a container name has 1 to 256 bytes of UTF-8, this one has 257",
    ),
    *(
        (
            lambda a, name=name: a.check_container_name(name),
            InvalidNameError,
            f"'{name}': a container name holds no slash and is not '.' or '..'; the object name may hold slashes",
        )
        for name in ("a/b", ".", "..")
    ),
    (
        lambda a: a.check_container_name("arn:a/b", "arn:[^/]*"),
        InvalidNameError,
        "'arn:a/b': a container name holds no slash and is not '.' or '..'; the object name may hold slashes",
    ),
    (
        lambda a: a.check_new_object_name("ééé", NARROW),
        InvalidNameError,
        "'ééé': this store takes object names of at most 5 bytes of UTF-8, this one has 6",
    ),
    (
        lambda a: a.check_new_container_name("boxes", NARROW),
        InvalidNameError,
        "'boxes': this store takes container names of at most 4 bytes of UTF-8, this one has 5",
    ),
    (
        lambda a: a.check_new_object_name("ax", NARROW),
        InvalidNameError,
        "'ax': this store drops an x at the end; rename it",
    ),
    (lambda a: a.check_prefix(b"p"), TypeError, "prefix must be a str, not bytes"),
    (lambda a: a.check_prefix(b"p", "start_after"), TypeError, "start_after must be a str, not bytes"),
    (lambda a: a.check_delimiter(b"/"), TypeError, "delimiter must be a str, not bytes"),
    (
        lambda a: a.check_delimiter(""),
        ValueError,
        "delimiter must not be empty; leave it out, or None, for a flat listing",
    ),
    (
        lambda a: a.check_text(LONG[:80] + "\0", "it"),
        InvalidNameError,
        f"'{'n' * 77}...': it must not hold a NUL character",
    ),
    (
        lambda a: a.check_text(LONG[:79] + "\0", "it"),
        InvalidNameError,
        f"'{LONG[:79]}\\x00': it must not hold a NUL character",
    ),
)
CONDITIONS = rows(
    (lambda a: a.check_hash(7), TypeError, "if_hash must be a str as object_info gives it, not int"),
    (lambda a: a.check_versions(7, None), TypeError, "if_hash must be a str as object_info gives it, not int"),
    (lambda a: a.check_versions(None, 7), TypeError, "if_none_match must be a str as object_info gives it, not int"),
    (
        lambda a: a.check_versions("h", "i"),
        ValueError,
        "if_hash and if_none_match exclude each other; use one of them",
    ),
    (
        lambda a: a.check_conditions(True, "h", ALL, ""),
        ValueError,
        "if_absent and if_hash exclude each other; use one of them",
    ),
    (
        lambda a: a.check_conditions(False, 7, ALL, ""),
        TypeError,
        "if_hash must be a str as object_info gives it, not int",
    ),
    (
        lambda a: a.check_conditions(True, None, NONE, "; so"),
        NotSupportedError,
        "this store does not support if_absent (capabilities.if_absent is False); so",
    ),
    (
        lambda a: a.check_conditions(False, "h", NONE, "; so"),
        NotSupportedError,
        "this store does not support if_hash (capabilities.if_hash is False); so",
    ),
    (
        lambda a: a.check_deletion("h", NONE, "; so"),
        NotSupportedError,
        "this store does not support if_hash in deletions (capabilities.delete_if_hash is False); so",
    ),
    (lambda a: a.check_deletion(7, ALL, ""), TypeError, "if_hash must be a str as object_info gives it, not int"),
    (
        lambda a: a.check_writable(NONE),
        NotSupportedError,
        "a read only client only reads: capabilities.writable is False",
    ),
    (
        lambda a: a.check_declared("tags", Capabilities(tags=False)),
        NotSupportedError,
        "this store has no tags of objects: capabilities.tags is False",
    ),
)
NUMBERS = rows(
    (
        lambda a: a.check_switch("pre", "fetch_metadata"),
        TypeError,
        "fetch_metadata must be True or False, not str; name the others: prefix=...",
    ),
    (lambda a: a.check_range(1.0, None), TypeError, "start must be an int, not float"),
    (lambda a: a.check_range(True, None), TypeError, "start must be an int, not bool"),
    (lambda a: a.check_range(0, 1.0), TypeError, "stop must be an int, not float"),
    (lambda a: a.check_range(0, True), TypeError, "stop must be an int, not bool"),
    (lambda a: a.check_range(0, -1), ValueError, "stop must be 0 or more bytes, not -1"),
    (lambda a: a.check_range(3, 2), ValueError, "stop must not be before start: 2 < 3"),
    (
        lambda a: a.check_range(-1, 2),
        ValueError,
        "with a start that counts from the end, stop must be None: start=-1, stop=2",
    ),
    (lambda a: a.check_size(-1), ValueError, "size must be 0 or more bytes, not -1"),
    (lambda a: a.check_size("1"), TypeError, "size must be an int, not str"),
    (lambda a: a.check_limit(1.0), TypeError, "limit must be an int, not float"),
    (lambda a: a.check_limit(True), TypeError, "limit must be an int, not bool"),
    (lambda a: a.check_limit(0), ValueError, "limit must be at least 1, or None for all, not 0"),
    (lambda a: a.check_seconds(True, "timeout"), TypeError, "timeout must be a number of seconds, not bool"),
    (lambda a: a.check_seconds("1", "timeout"), TypeError, "timeout must be a number of seconds, not str"),
    (lambda a: a.check_seconds(-0.5, "timeout"), ValueError, "timeout must be 0 or more seconds, not -0.5"),
    (lambda a: a.check_seconds(float("nan"), "timeout"), ValueError, "timeout must be 0 or more seconds, not nan"),
    (lambda a: a.check_expiry(1.5, 9), TypeError, "expires_in_seconds must be an int, not float"),
    (lambda a: a.check_expiry(True, 9), TypeError, "expires_in_seconds must be an int, not bool"),
    (lambda a: a.check_expiry(0, 9), ValueError, "expires_in_seconds must be at least 1, not 0"),
    (
        lambda a: a.check_binary(b"x", "read"),
        TypeError,
        "stream must have a method read(), bytes has none; for bytes in memory there is object_write",
    ),
    (
        lambda a: a.check_binary(bytearray(), "read"),
        TypeError,
        "stream must have a method read(), bytearray has none; for bytes in memory there is object_write",
    ),
    (lambda a: a.check_binary(7, "write"), TypeError, "stream must have a method write(), int has none"),
    (
        lambda a: a.check_binary(io.StringIO(), "read"),
        TypeError,
        "stream is a text stream; open it in binary mode ('rb', 'wb'), or use its .buffer",
    ),
)


@pytest.mark.parametrize("row", NAMES + CONDITIONS + NUMBERS, ids=lambda row: row.message[:40])
def test_what_is_refused_is_said_in_full(row: Row) -> None:
    with pytest.raises(row.error) as caught:
        row.call(arguments)
    assert str(caught.value) == row.message


def test_a_refused_name_is_a_field_of_the_error() -> None:
    with pytest.raises(InvalidNameError) as caught:
        arguments.check_object_name(LONG * 20)
    assert caught.value.object_name == LONG * 20


def test_what_is_at_a_bound_is_taken() -> None:
    for name in ("n", "n" * 1024, ".a", "a..b/c", "..."):
        arguments.check_object_name(name)
    for name in ("c", "c" * 256, "...", "a.b"):
        arguments.check_container_name(name)
    arguments.check_container_name("arn:a/b", "arn:.*")
    arguments.check_container_name("plain", "arn:.*")
    arguments.check_new_object_name("één", NARROW)
    arguments.check_new_container_name("boxx", NARROW)
    arguments.check_new_object_name("n" * 5000, Capabilities(object_name_maximum=None))
    arguments.check_delimiter("/")
    arguments.check_delimiter(None)
    arguments.check_prefix("")
    arguments.check_prefix(None)
    for start, stop in ((0, None), (-5, None), (0, 0), (3, 3), (3, 4)):
        arguments.check_range(start, stop)
    for count in (None, 0, 1):
        arguments.check_size(count)
    for limit in (None, 1, 2):
        arguments.check_limit(limit)
    for seconds in (0, 0.0, 0.5, 3, float("inf")):
        arguments.check_seconds(seconds, "timeout")
    assert [arguments.check_expiry(seconds, 9) for seconds in (None, 1, 2)] == [9, 1, 2]
    arguments.check_binary(io.BytesIO(), "read")
    arguments.check_switch(True, "it")
    arguments.check_switch(False, "it")
    assert arguments.check_text("é", "it") == b"\xc3\xa9"


def test_conditions_that_a_store_keeps_are_taken_and_none_always_are() -> None:
    arguments.check_conditions(True, None, ALL, "")
    arguments.check_conditions(False, "h", ALL, "")
    arguments.check_conditions(False, "", ALL, "")
    arguments.check_conditions(False, None, NONE, "")
    arguments.check_deletion("h", ALL, "")
    arguments.check_deletion(None, NONE, "")
    arguments.check_writable(ALL)
    arguments.check_versions(None, None)
    arguments.check_versions("h", None)
    arguments.check_versions(None, "h")
    arguments.check_declared("tags", Capabilities(tags=True))
    with pytest.raises(ValueError, match="exclude"):
        arguments.check_conditions(True, "", ALL, "")
    with pytest.raises(NotSupportedError):
        arguments.check_conditions(False, "", NONE, "")


PLAIN = Rules(ALL, lambda metadata: metadata)
LIMITED = Rules(
    Capabilities(
        metadata_blank_edges=False,
        metadata_count_maximum=2,
        metadata_key_maximum=3,
        metadata_value_maximum=4,
        metadata_total_maximum=9,
    ),
    lambda metadata: metadata,
)
DASHES = Rules(Capabilities(metadata_key_characters="abc-"), lambda metadata: metadata)
METADATA: list[tuple[Rules, Any, type[Exception], str]] = [
    (DASHES, {"a_b1": ""}, InvalidNameError, "metadata key 'a_b1': this store drops keys with '1'; use '-'"),
    (DASHES, {"a_b": ""}, InvalidNameError, "metadata key 'a_b': this store drops keys with '_'; use '-'"),
    (
        PLAIN,
        {"\u212a": ""},
        InvalidNameError,
        "metadata key '\u212a': only letters a-z, digits, '-' and '_' work in every store",
    ),
    (
        PLAIN,
        {"a": "\0"},
        InvalidNameError,
        r"'\x00': the value of metadata key 'a' must not hold a NUL character",
    ),
    (PLAIN, [("a", "b")], TypeError, "metadata must be a mapping of str to str, not list"),
    (PLAIN, {7: "a"}, TypeError, "a metadata key must be a str, not int"),
    (PLAIN, {"a": 7}, TypeError, "the value of metadata key 'a' must be a str, not int"),
    (PLAIN, {"A": "", "a": ""}, InvalidNameError, "two metadata keys become 'a' in lower case; use one of them"),
    (
        PLAIN,
        {"a b": ""},
        InvalidNameError,
        "metadata key 'a b': only letters a-z, digits, '-' and '_' work in every store",
    ),
    (
        PLAIN,
        {"Obs-Write-Id": ""},
        InvalidNameError,
        "metadata key 'Obs-Write-Id' is used by this library itself; choose another",
    ),
    (
        PLAIN,
        {"a": "\n"},
        InvalidNameError,
        r"the value of metadata key 'a' holds the control character '\n'; encode it, e.g. with urllib.parse",
    ),
    (
        LIMITED,
        {"a": "b "},
        InvalidNameError,
        "the value of metadata key 'a' begins or ends with a blank, which this store drops",
    ),
    (LIMITED, {"a": "", "b": "", "c": ""}, InvalidNameError, "the metadata has 3 keys; this store keeps at most 2"),
    (LIMITED, {"abcd": ""}, InvalidNameError, "metadata key 'abcd' has 4 bytes; this store keeps at most 3"),
    (
        LIMITED,
        {"a": "ééé"},
        InvalidNameError,
        "the value of metadata key 'a' has 6 bytes; this store keeps at most 4",
    ),
    (
        LIMITED,
        {"abc": "12", "bcd": "34"},
        InvalidNameError,
        "the metadata has 10 bytes in all as it is sent (letters beyond ASCII may take more); "
        "this store keeps at most 9",
    ),
]


@pytest.mark.parametrize(("rules", "metadata", "error", "message"), METADATA)
def test_metadata_are_refused_in_full(rules: Rules, metadata: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        rules.metadata(metadata)
    assert str(caught.value) == message


def test_metadata_at_their_bounds_are_taken() -> None:
    assert LIMITED.metadata({"abc": "éé", "B": "1"}) == {"abc": "éé", "b": "1"}
    assert LIMITED.metadata({}) == {}
    assert PLAIN.metadata({METADATA_KEY_CHARACTERS: ""}) == {METADATA_KEY_CHARACTERS: ""}
    assert PLAIN.metadata({"a": " b "}) == {"a": " b "}


def test_headers_are_carried_each_in_its_place() -> None:
    headers = Headers("text/plain", "gzip", "inline", "de", "no-store")
    attributes = PLAIN.attributes("name", {"A": "1"}, headers)
    assert attributes == Attributes("text/plain", {"a": "1"}, "gzip", "inline", "de", "no-store")
    assert Headers.of(attributes) == headers
    assert PLAIN.attributes("name.txt", None, Headers()) == Attributes("text/plain", {})
    with pytest.raises(InvalidNameError, match="at most 5 bytes"):
        Rules(NARROW, lambda metadata: metadata).attributes("longer", None, Headers())


def test_a_header_is_refused_in_full() -> None:
    wrong: Any = 7
    with pytest.raises(TypeError, match=r"^cache_control must be a str, not int$"):
        Headers(cache_control=wrong).check()
    with pytest.raises(InvalidNameError) as caught:
        Headers(content_language="ü").check()
    assert str(caught.value) == (
        "content_language 'ü': must be printable ASCII, not empty, with no blank at its ends (RFC 9110, 5.5); "
        "for a file name in other letters see filename* in RFC 6266"
    )
    Headers("a b", "x", "y z").check()
