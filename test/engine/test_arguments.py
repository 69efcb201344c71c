"""What is refused before any request, with a message that names the thing and what to do."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import obs_client
from obs_client import Capabilities, InvalidNameError
from obs_client._engine import arguments
from obs_client._engine.attributes import Headers, Rules
from obs_client.backend import content_types
from obs_client.models import METADATA_KEY_CHARACTERS
from test.engine.scripted import ScriptedClient

ANY = Capabilities()
HEADERS = [field.name for field in dataclasses.fields(Headers)]
STRICT = Capabilities(
    metadata_key_characters=METADATA_KEY_CHARACTERS.replace("_", ""),
    metadata_blank_edges=False,
    metadata_count_maximum=2,
    metadata_key_maximum=5,
    metadata_value_maximum=6,
    metadata_total_maximum=15,
)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "1 to 1,024 bytes"),
        ("a" * 1025, "1,025"),
        ("é" * 513, "1,026"),
        ("a\0b", "NUL"),
        ("a\ud800", "surrogate"),
        (".", "'.' and '..'"),
        ("..", "'.' and '..'"),
        ("a/../b", "'.' and '..'"),
        ("a/.", "'.' and '..'"),
        ("../x", "'.' and '..'"),
    ],
)
def test_object_names_refused(name: str, message: str) -> None:
    with pytest.raises(InvalidNameError, match=message):
        arguments.check_object_name(name)


@pytest.mark.parametrize(
    "name", ["...", "a/...", ".a", "a.", "..a/b..", "/", "//", "a//b", "é" * 512, "\n", "%00", "~"]
)
def test_object_names_taken(name: str) -> None:
    arguments.check_object_name(name)


@pytest.mark.parametrize("name", ["", "a/b", ".", "..", "a\0", "é" * 129])
def test_container_names_refused(name: str) -> None:
    with pytest.raises(InvalidNameError):
        arguments.check_container_name(name)


@pytest.mark.parametrize("wrong", [None, 7, b"bytes", Path("p")])
def test_names_of_another_type(wrong: Any) -> None:
    with pytest.raises(TypeError, match="must be a str"):
        arguments.check_object_name(wrong)


def rules(capabilities: Capabilities) -> Rules:
    return Rules(capabilities, lambda metadata: metadata)


def test_metadata_is_measured_as_it_is_sent() -> None:
    escaping = Rules(
        Capabilities(metadata_key_maximum=9), lambda given: {key.replace("-", "__0x2d__"): given[key] for key in given}
    )
    assert escaping.metadata({"a-": "1"}) == {"a-": "1"}
    with pytest.raises(InvalidNameError, match="17 bytes"):
        escaping.metadata({"a--": "1"})


def test_metadata_is_lowered_and_kept() -> None:
    assert rules(ANY).metadata({"Key-1": "  välue\U0001f600 ", "b_c": ""}) == {
        "key-1": "  välue\U0001f600 ",
        "b_c": "",
    }


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"a": "1", "A": "2"}, "two metadata keys"),
        ({"a b": "1"}, "only letters"),
        ({"": "1"}, "only letters"),
        ({"é": "1"}, "only letters"),
        ({"\u212a": "1"}, "only letters"),  # lower() makes an ASCII k of the Kelvin sign
        ({"obs-write-id": "1"}, "used by this library"),
        ({"a": "x\r\ny"}, "control character"),
        ({"a": "\x7f"}, "control character"),
        ({"a": "\x85"}, "control character"),
        ({"a": "\0"}, "NUL"),
        ({"a": "\udcff"}, "surrogate"),
    ],
)
def test_metadata_refused(metadata: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidNameError, match=message):
        rules(ANY).metadata(metadata)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"a_b": "1"}, "use '-'"),
        ({"a": " 1"}, "blank"),
        ({"a": "1", "b": "2", "c": "3"}, "3 keys"),
        ({"abcdef": "1"}, "6 bytes"),
        ({"a": "éééé"}, "8 bytes"),
        ({"abcde": "123456", "fghij": "1"}, "17 bytes in all"),
    ],
)
def test_metadata_that_the_store_cannot_keep(metadata: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidNameError, match=message):
        rules(STRICT).metadata(metadata)


@pytest.mark.parametrize("wrong", [[("a", "b")], "a=b", {"a": 1}, {1: "a"}, {"a": None}])
def test_metadata_of_another_type(wrong: Any) -> None:
    with pytest.raises(TypeError):
        rules(ANY).metadata(wrong)


@pytest.mark.parametrize("value", ["", " x", "x ", "a\nb", "ü", "\x7f"])
@pytest.mark.parametrize("position", range(5))
def test_headers_refused(value: str, position: int) -> None:
    headers = Headers(**{HEADERS[position]: value})
    with pytest.raises(InvalidNameError, match=f"{HEADERS[position]} .* printable ASCII"):
        rules(ANY).attributes("n", None, headers)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.tar.gz", "application/gzip"),
        ("A.TXT", "text/plain"),
        ("dir.txt/plain", "application/octet-stream"),
        (".txt", "application/octet-stream"),
        ("x/.json", "application/octet-stream"),
        ("a.b.json", "application/json"),
        ("a.", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_content_types_are_guessed_by_our_own_table(name: str, expected: str) -> None:
    assert content_types.guess_content_type(name) == expected


options: Any = obs_client.ClientOptions
memory: Any = obs_client.MemoryClient

NAMED_CALLS: dict[str, Callable[[ScriptedClient, Any], object]] = {
    "object_info": lambda client, name: client.object_info(name),
    "object_read": lambda client, name: client.object_read(name),
    "object_download": lambda client, name: client.object_download(name, io.BytesIO()),
    "download_file": lambda client, name: client.download_file(name, "/nowhere/at/all"),
    "object_open": lambda client, name: client.object_open(name),
    "object_open for writing": lambda client, name: client.object_open(name, "wb"),
    "object_write": lambda client, name: client.object_write(name, b""),
    "object_upload": lambda client, name: client.object_upload(io.BytesIO(), name),
    "upload_file": lambda client, name: client.upload_file("/nowhere/at/all", name),
    "object_copy": lambda client, name: client.object_copy(name, "b"),
    "object_copy to": lambda client, name: client.object_copy("b", name),
    "object_delete": lambda client, name: client.object_delete(name),
    "object_delete_many": lambda client, name: client.object_delete_many(["b", name]),
    "object_replace_metadata": lambda client, name: client.object_replace_metadata(name, {}),
    "object_set_metadata": lambda client, name: client.object_set_metadata(name, "a", "b"),
    "object_delete_metadata": lambda client, name: client.object_delete_metadata(name, "a"),
    "object_generate_download_url": lambda client, name: client.object_generate_download_url(name),
    "object_generate_upload_url": lambda client, name: client.object_generate_upload_url(name),
}


@pytest.mark.parametrize("call", NAMED_CALLS)
def test_every_method_checks_the_container_first_then_the_name_before_any_request(call: str) -> None:
    client = ScriptedClient()
    for name, error in (("a/../b", InvalidNameError), ("", InvalidNameError), (7, TypeError)):
        with pytest.raises(error):
            NAMED_CALLS[call](client, name)
    client.use_container(None)
    with pytest.raises(obs_client.ContainerNotSpecified, match="use_container"):
        NAMED_CALLS[call](client, 7)
    assert not client.calls


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda client: client.object_write("n", "text"), TypeError, "encode"),
        (lambda client: client.object_write("n", io.BytesIO()), TypeError, "object_upload"),
        (lambda client: client.object_list("some/prefix"), TypeError, "prefix=..."),
        (lambda client: client.object_upload(io.StringIO("text"), "n"), TypeError, "binary mode"),
        (lambda client: client.object_upload(b"bytes", "n"), TypeError, "object_write"),
        (lambda client: client.object_upload(io.BytesIO(), "n", size=-1), ValueError, "0 or more"),
        (lambda client: client.object_upload(io.BytesIO(), "n", size=True), TypeError, "int"),
        (lambda client: client.object_download("n", io.StringIO()), TypeError, "binary mode"),
        (lambda client: client.object_download("n", "path"), TypeError, "write()"),
        (lambda client: client.object_read("n", start=-5, stop=0), ValueError, "start"),
        (lambda client: client.object_read("n", start=False), TypeError, "start"),
        (lambda client: client.object_read("n", start=3, stop=2), ValueError, "stop"),
        (lambda client: client.object_read("n", start=1.5), TypeError, "start"),
        (lambda client: client.object_open("n", "ab"), ValueError, "mode"),
        (lambda client: client.object_open("n", "rb", encoding="utf-8"), ValueError, "encoding"),
        (lambda client: client.object_open("n", "r", encoding="no-such"), LookupError, "no-such"),
        (lambda client: client.object_write("n", b"", if_absent=True, if_hash="x"), ValueError, "exclude"),
        (lambda client: client.object_write("n", b"", if_hash=7), TypeError, "object_info"),
        (lambda client: client.object_list(delimiter=""), ValueError, "delimiter"),
        (lambda client: client.object_list(prefix=b"x"), TypeError, "prefix"),
        (lambda client: client.object_delete_many("abc"), TypeError, "object_delete"),
        (lambda client: client.object_generate_download_url("n", expires_in_seconds=0), ValueError, "at least 1"),
        (lambda client: client.object_generate_download_url("n", expires_in_seconds=1.5), TypeError, "int"),
        (lambda client: client.cleanup(older_than=-1), ValueError, "older_than"),
        (lambda client: client.cleanup(older_than="week"), TypeError, "older_than"),
        (lambda client: client.upload_file("/no/such/file", "n"), FileNotFoundError, "no/such"),
        (lambda client: client.upload_file("/", "n"), IsADirectoryError, "directory"),
        (lambda _: options(workers=0), ValueError, "workers"),
        (lambda _: options(part_size="1"), TypeError, "part_size"),
        (lambda _: options(give_up_after=-1), ValueError, "give_up_after"),
        (lambda _: options(first_pause=None), TypeError, "first_pause"),
        (lambda _: memory(options={"part_size": 1}), TypeError, "ClientOptions"),
        (lambda _: memory("a/b"), InvalidNameError, "slash"),
        (lambda _: memory(7), TypeError, "container name"),
    ],
)
def test_bad_input_is_told_before_any_request(call: Any, error: type[Exception], message: str) -> None:
    client = ScriptedClient()
    with pytest.raises(error, match=message.replace("(", r"\(").replace(")", r"\)")):
        call(client)
    assert not client.calls


def test_conditions_that_the_store_does_not_keep_are_refused() -> None:
    class Without(ScriptedClient):
        def _capabilities(self) -> Capabilities:
            return dataclasses.replace(super()._capabilities(), if_absent=False, if_hash=False)

    client = Without()
    conditions: list[dict[str, Any]] = [{"if_absent": True}, {"if_hash": "x"}]
    for condition in conditions:
        with pytest.raises(obs_client.NotSupportedError, match="capabilities"):
            client.object_write("n", b"", **condition)
        with pytest.raises(obs_client.NotSupportedError, match="capabilities"):
            client.object_upload(io.BytesIO(), "n", **condition)
    with pytest.raises(obs_client.NotSupportedError):
        client.object_copy("a", "b", if_absent=True)
    assert not client.calls


@given(st.text(max_size=1100))
def test_a_name_is_taken_or_refused_with_one_kind_of_error(name: str) -> None:
    try:
        arguments.check_object_name(name)
    except InvalidNameError:
        return
    assert 1 <= len(name.encode()) <= 1024
    assert "\0" not in name
