"""Absent is not broken: what answers may leave out, sections A and H of the reports from the field."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from obs_client import ClientOptions, ObjectInfo
from obs_client.backends.swift.client import SwiftClient
from obs_client.errors import ConfigurationError, NotSupportedError, ServiceError
from obs_client.places import Place
from obs_client.sync import check
from test.field.running import QUICK, swift_client
from test.field.swift.leaving import Field, Leaving, leaving
from test.loopback.swift_double import SwiftDouble, Ways, swift_double
from test.loopback.swift_named import NULL_ROWS, RGW_SWIFT, SHORT_PAGES, UNTYPED_ROWS

pytestmark = pytest.mark.slow

OPTIONS = ClientOptions(part_size=20_000, first_pause=0.01, longest_pause=0.05, attempts=3)
CONTENT = bytes(range(120))
SMALL, LARGE = b"small content", bytes(range(250)) * 300
KEYSTONE = Ways(regions=("RegionOne",))

REQUIRED = {
    "GET login x-storage-url",
    "POST login x-subject-token",
    "POST login token",
    "POST login token.catalog",
    "POST login token.catalog.*.type",
    "POST login token.catalog.*.endpoints",
    "POST login token.catalog.*.endpoints.*.url",
    "POST login token.catalog.*.endpoints.*.interface",
    "POST login token.expires_at",
    "GET container *.name",
    "GET container *.subdir",
    "GET account *.name",
    "GET object content-range",
}
"""Where the store is, how long a token lives (to keystoneauth1), what a thing is called, and which bytes come."""

KNOWN_BY = {
    "GET info swift": ("url",),
    "GET info slo": ("large info", "listed", "fetched", "folded"),
    "GET info tempurl": ("url",),
    "GET info bulk_delete": (),
    "GET container *.slo_etag": ("listed", "fetched", "folded"),
    "GET container *.hash": ("listed", "fetched", "folded"),
    "HEAD object etag": ("containers", "listed", "fetched", "folded"),
}
"""What a feature, a large object, or one that is none is known by: then these results may be others, and none fails."""

Found = dict[str, Any]


def client_of(double: Leaving, *, keystone: bool) -> SwiftClient:
    keys = double.keystone_credentials if keystone else double.credentials
    return SwiftClient(container_name="box", credentials=keys, create_temp_url_key=not keystone, options=OPTIONS)


def bare(found: Any) -> Any:
    """A result without what differs from run to run."""
    if isinstance(found, ObjectInfo):
        return dataclasses.replace(found, last_modified=None, write_id=None)
    return [bare(each) for each in found] if isinstance(found, list) else found


def opened(client: SwiftClient, name: str) -> Any:
    with client.object_open(name) as file:
        return file.read()


def url_of(client: SwiftClient) -> str | None:
    try:
        return client.object_generate_download_url("a").partition("?")[0].partition("/v1")[2]
    except NotSupportedError:
        return None


def small_steps(client: SwiftClient) -> dict[str, Callable[[], Any]]:
    return {
        "create": lambda: client.container_create("box"),
        "there": lambda: client.use_container("box", create=True),
        "write": lambda: client.object_write("small", SMALL, {"key": "value"}, content_type="text/x"),
        "if absent": lambda: client.object_write("small", b"other", if_absent=True),
        "new": lambda: client.object_write("new", SMALL, if_absent=True),
        "info": lambda: client.object_info("small"),
        "read": lambda: client.object_read("small"),
        "range": lambda: client.object_read("small", start=2, stop=5),
        "past": lambda: client.object_read("small", start=20, stop=50),
        "opened": lambda: opened(client, "small"),
        "metadata": lambda: client.object_set_metadata("small", "other", "2"),
        "copy": lambda: client.object_copy("small", "copy"),
        "copied": lambda: client.object_read("copy"),
        "copied info": lambda: client.object_info("copy"),
        "total": lambda: client.container_info("box"),
        "containers": lambda: client.container_list(),
    }


def large_steps(client: SwiftClient) -> dict[str, Callable[[], Any]]:
    return {
        "large": lambda: client.object_write("large", LARGE, {"key": "value"}),
        "large info": lambda: client.object_info("large"),
        "large read": lambda: client.object_read("large"),
        "large range": lambda: client.object_read("large", start=15_000, stop=45_000),
        "large copy": lambda: client.object_copy("large", "large copy"),
        "large replaced": lambda: client.object_write("large copy", LARGE[:50_000]),
        "listed": lambda: client.object_list(),
        "fetched": lambda: client.object_list(fetch_metadata=True),
        "folded": lambda: client.object_list(delimiter="l"),
        "cleaned": lambda: len(client.cleanup(older_than=0).removed) >= 0,
        "kept": lambda: client.object_read("large") == LARGE and client.object_read("large copy") == LARGE[:50_000],
        "absent": lambda: client.object_info("absent"),
        "deleted": lambda: client.object_delete("copy"),
        "many": lambda: client.object_delete_many(["small", "new", "absent", "large"]),
        "left": lambda: [each.name for each in client.object_list()],
        "gone": lambda: client.container_delete("box", force=True),
        "no more": lambda: client.container_info("box"),
    }


def walk(double: Leaving, *, keystone: bool = False) -> Found:
    with client_of(double, keystone=keystone) as client:
        steps = {**small_steps(client), **large_steps(client)}
        found = {name: bare(step()) for name, step in steps.items()}
        if not keystone:
            client.use_container("box", create=True)
            found["url"] = url_of(client)
    return found


def is_less(found: Any, whole: Any) -> bool:
    """Whether a result is the same but for what is unknown in it."""
    if isinstance(whole, list):
        return isinstance(found, list) and len(found) == len(whole) and all(map(is_less, found, whole))
    if dataclasses.is_dataclass(whole) and type(found) is type(whole):
        return all(
            getattr(found, field.name) in (None, getattr(whole, field.name)) for field in dataclasses.fields(whole)
        )
    return bool(found == whole)


def walked_fields(ways: Ways, *, keystone: bool = False) -> list[Field]:
    with leaving(None, ways) as double:
        walk(double, keystone=keystone)
        absent = sorted(field for field in double.fields if not field.header.startswith("x-object-meta-"))
    return [*absent, *(dataclasses.replace(field, null=True) for field in absent if field.path)]


def missed(ways: Ways, *, keystone: bool = False) -> dict[str, str]:
    """What is not right with which field left out."""
    with leaving(None, ways) as double:
        whole = walk(double, keystone=keystone)
    wrong = {}
    for field in walked_fields(ways, keystone=keystone):
        if keystone != (field.operation == "POST login"):
            continue
        try:
            with leaving(field, ways) as double:
                found = walk(double, keystone=keystone)
        except Exception as error:  # noqa: BLE001 - told by field
            if str(field).removesuffix(" null") not in REQUIRED or not isinstance(
                error, (ServiceError, ConfigurationError)
            ):
                wrong[str(field)] = repr(error)[:300]
            continue
        others = KNOWN_BY.get(str(field).removesuffix(" null"), ())
        differing = {
            name: (found[name], whole[name])
            for name in whole
            if name not in others and not is_less(found[name], whole[name])
        }
        if differing:
            wrong[str(field)] = repr(differing)[:300]
    return wrong


class TestEveryField:
    """Each field of each answer that is read, left out, and null where it is one of a document."""

    @pytest.mark.slow
    def test_of_swift(self) -> None:
        assert missed(Ways()) == {}

    @pytest.mark.slow
    def test_of_cephs_gateway(self) -> None:
        assert missed(RGW_SWIFT) == {}

    def test_of_a_login_to_keystone(self) -> None:
        assert missed(KEYSTONE, keystone=True) == {}


class TestRows:
    """cloudpathlib#331, ceph#5482: rows that lack what others have."""

    @pytest.mark.parametrize(
        ("ways", "unknown"),
        [(UNTYPED_ROWS, ["content_type"]), (NULL_ROWS, ["content_type", "hash", "last_modified"])],
        ids=["without a type", "null"],
    )
    def test_what_they_lack_is_unknown(self, ways: Ways, unknown: list[str]) -> None:
        with swift_double(ways) as double:
            double.store("box", "a", b"content")
            (row,) = swift_client(double, "box").object_list()
            assert (row.name, row.size) == ("a", 7)
            assert [name for name in ("content_type", "hash", "last_modified") if getattr(row, name) is None] == unknown

    def test_the_digest_of_nothing_is_told_of_no_row(self) -> None:
        """rclone#203, #208: a dynamic large object is listed as one of no bytes."""
        with swift_double() as double:
            double.store("parts", "p/1", b"one")
            double.store("parts", "p/2", b"two")
            double.store("box", "dynamic", b"", {"x-object-manifest": "parts/p/"}, dynamic="parts/p/")
            client = swift_client(double, "box")
            client.object_write("empty", b"")
            client.object_write("full", b"1")
            rows = {row.name: (row.size, row.hash is None) for row in client.object_list()}
            assert rows == {"dynamic": (0, True), "empty": (0, True), "full": (1, False)}
            assert client.object_read("dynamic") == b"onetwo"
            info = client.object_info("dynamic")
            assert info
            assert info.size == 6

    def test_two_such_objects_are_not_the_same(self) -> None:
        with swift_double() as double:
            for name, content in (("one", b"1"), ("two", b"2")):
                double.store("parts", f"{name}/1", content)
                manifest = {"x-object-manifest": f"parts/{name}/"}
                double.store(name, "object", b"", manifest, dynamic=f"parts/{name}/")
            one, two = (Place(swift_client(double, name), name) for name in ("one", "two"))
            report = check(one, two)
            assert (report.ok, report.differing) == (False, ("object",))


class TestDynamicLargeObjects:
    """openstack4j#1200: of more segments than a page of a listing holds."""

    @pytest.fixture
    def double(self) -> Iterator[SwiftDouble]:
        with swift_double(SHORT_PAGES) as double:
            for number in range(12):
                double.store("parts", f"p/{number:02}", CONTENT[number * 10 : number * 10 + 10])
            double.store("box", "dynamic", b"", {"x-object-manifest": "parts/p/"}, dynamic="parts/p/")
            yield double

    def test_it_is_read_to_its_last_chunk(self, double: SwiftDouble, tmp_path: Path) -> None:
        client = swift_client(double, "box")
        assert client.object_read("dynamic") == CONTENT
        place = tmp_path / "file"
        assert client.download_file("dynamic", place)
        assert place.read_bytes() == CONTENT
        assert opened(client, "dynamic") == CONTENT
        with client.object_open("dynamic") as file:
            file.seek(95)
            assert file.read(10) == CONTENT[95:105]

    def test_its_size_is_that_of_the_segments(self, double: SwiftDouble) -> None:
        info = swift_client(double, "box").object_info("dynamic")
        assert info
        assert (info.size, info.hash) == (len(CONTENT), None)

    def test_its_size_is_unknown_where_they_cannot_be_listed(self, double: SwiftDouble) -> None:
        double.container("box", {"x-container-read": "test:other"})
        client = SwiftClient(double.storage_url, "box", credentials=double.other_credentials, options=QUICK)
        info = client.object_info("dynamic")
        assert info
        assert info.size is None

    def test_it_is_copied(self, double: SwiftDouble) -> None:
        client = swift_client(double, "box")
        assert client.object_copy("dynamic", "copy")
        assert client.object_read("copy") == CONTENT
        info = client.object_info("copy")
        assert info
        assert info.size == len(CONTENT)
