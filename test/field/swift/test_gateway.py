"""Ceph's gateway by its Swift API, section J of the reports, on the double; a real one runs the suite."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from obs_client import Origin, Outcome
from obs_client.backends.swift import facts
from obs_client.errors import NotSupportedError, PreconditionError
from test.field.running import swift_client
from test.loopback.swift_double import SwiftDouble, Ways, swift_double
from test.loopback.swift_named import RGW_SWIFT

LARGE, OTHER = bytes(range(250)) * 300, bytes(range(249)) * 250
CONTENT_TYPE = "application/x-obs-segment;object="
MARKED = "x-object-meta-static-large-object"


@pytest.fixture
def double() -> Iterator[SwiftDouble]:
    with swift_double(RGW_SWIFT) as double:
        double.container("box")
        yield double


def segments(double: SwiftDouble) -> set[str]:
    return set(double.container("box_segments").objects)


def test_a_lock_is_got_once(double: SwiftDouble) -> None:
    client = swift_client(double, "box")
    assert client.object_write("lock", b"1", if_absent=True)
    assert not client.object_write("lock", b"2", if_absent=True)
    assert not client.object_write("lock", LARGE, if_absent=True)
    assert client.object_write("other", b"2")
    with pytest.raises(PreconditionError):
        client.object_copy("other", "lock", if_absent=True)
    assert client.object_read("lock") == b"1"
    assert not client.capabilities.atomic_conditions
    outcomes = {fact.name: fact.outcome for fact in client.endpoint_facts}
    assert outcomes[facts.CONDITIONS] is Outcome.CANNOT_BE_TOLD


@pytest.mark.parametrize("told", [True, False, None])
def test_the_option_decides_whether_it_is_looked_for_first(told: bool | None) -> None:
    for ways, known in ((Ways(), True), (RGW_SWIFT, False)):
        with swift_double(ways) as double:
            client = swift_client(double, "box", if_none_match=told)
            client.container_create("box")
            double.seen.clear()
            assert client.object_write("lock", b"1", if_absent=True)
            looked = double.operations().index("PUT object") > double.operations().index("HEAD object")
            assert looked is (not (known if told is None else told))
            fact = next(fact for fact in client.endpoint_facts if fact.name == facts.CONDITIONS)
            if told is not None:
                assert (fact.outcome is Outcome.HOLDS, fact.origin) == (told, Origin.OPTION)
                assert fact.option == "if_none_match"


def test_manifests_are_sent_without_a_tag_from_the_second_on(double: SwiftDouble) -> None:
    client = swift_client(double, "box")
    assert client.object_write("one", LARGE)
    assert client.object_write("two", LARGE)
    puts = [each.status for each in double.seen if "multipart-manifest=put" in each.target]
    assert puts == [422, 201, 201]
    assert client.object_read("two") == LARGE


def test_what_is_not_told_is_never_taken_for_unused(double: SwiftDouble) -> None:
    client = swift_client(double, "box")
    client.object_write("one", LARGE)
    assert client.cleanup(older_than=0).removed == ()
    assert client.object_read("one") == LARGE
    # A manifest of another tool names segments, and nothing tells which.
    objects, parts = double.container("box").objects, double.container("box_segments").objects
    plain = {name: value for name, value in objects["one"].headers.items() if not name.startswith("x-object-meta-")}
    objects["stranger"] = dataclasses.replace(objects["one"], headers=plain)
    kind = f"{CONTENT_TYPE}gone"
    parts[f"{'0' * 32}/00000001"] = dataclasses.replace(next(iter(parts.values())), content_type=kind)
    left = segments(double)
    with pytest.raises(NotSupportedError, match="no segment can be proved to be unused"):
        client.cleanup(older_than=0)
    assert segments(double) == left


def test_copies_share_no_segment(double: SwiftDouble) -> None:
    client = swift_client(double, "box")
    client.object_write("one", LARGE)
    assert client.object_copy("one", "two")
    assert client.object_delete("one")
    assert client.object_read("two") == LARGE
    client.object_copy("two", "two, renamed")
    client.object_write("two", b"1")
    assert client.object_read("two, renamed") == LARGE


def test_replaced_segments_go(double: SwiftDouble) -> None:
    client = swift_client(double, "box")
    client.object_write("one", LARGE)
    before = segments(double)
    client.object_write("one", OTHER)
    assert not before & segments(double)
    assert client.object_read("one") == OTHER
    client.object_delete("one")
    assert segments(double) == set()


def test_what_a_listing_says_of_them_is_not_believed(double: SwiftDouble) -> None:
    client = swift_client(double, "box")
    client.object_write("one", LARGE, {"key": "value"})
    (row,) = client.object_list()
    assert (row.size, row.hash) == (None, None)
    (row,) = client.object_list(fetch_metadata=True)
    assert (row.size, row.metadata) == (len(LARGE), {"key": "value"})
    assert any(MARKED in each.headers for each in double.container("box").objects.values())
    assert client.object_set_metadata("one", "other", "2")
    info = client.object_info("one")
    assert info
    assert info.metadata == {"key": "value", "other": "2"}
    assert client.object_read("one") == LARGE


def test_urls_are_signed_as_it_takes_them(double: SwiftDouble) -> None:
    client = swift_client(double, "box", temp_url_key="key")
    client.object_write("a", b"1")
    url = client.object_generate_download_url("a")
    assert len(parse_qs(urlsplit(url).query)["temp_url_sig"][0]) == 40  # SHA-1 in hex
