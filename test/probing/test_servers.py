"""Real servers are seen to be what they are known to be, and are left as they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from obs_client import S3Client, SwiftClient
from obs_client.probing import probe
from test.probing.trying import KEPT, findings, place
from test.servers import RunningServer, SwiftLimits
from test.servers.shared import Servers


def s3(server: RunningServer) -> Callable[..., S3Client]:
    def make(**options: Any) -> S3Client:
        given = {"endpoint_url": server.endpoint_url, "region": server.region, "credentials": server.s3_credentials}
        return S3Client(**{**given, **options})

    return make


def swift(server: RunningServer) -> Callable[..., SwiftClient]:
    return lambda: SwiftClient(credentials=server.credentials, create_temp_url_key=True)


def test_seaweedfs(servers: Servers) -> None:
    make = s3(servers.seaweedfs())
    with place(make) as client:
        profile = probe(client, another=make)
    assert findings(profile, "does not hold") >= {
        "byte order of names",
        "an empty segment (a//b)",
        "a slash at the end (a/), with content",
        "a slash at the beginning, below the prefix",
        "a backslash",
        "a segment of 256 bytes",
        "upper-case letters in keys",
        "the way to the store is encrypted",
    }
    assert findings(profile, "holds") >= KEPT | {
        "a write with a wrong CRC-32 is refused",
        "a part with a wrong digest is refused",
        "of two writers at once, one succeeds",
        "a changed signature is refused",
    }
    assert profile.options["checksums"] is True
    assert profile.options["endpoint_url"] == servers.seaweedfs().endpoint_url


def test_moto(servers: Servers) -> None:
    make = s3(servers.moto())
    with place(make) as client:
        profile = probe(client, another=make)
    assert findings(profile, "does not hold") >= {
        "a write with a wrong digest is refused",
        "a write with a wrong CRC-32 is refused",
        "a copy if the name is free",
        "a changed signature is refused",
        "line ends",
    }
    assert findings(profile, "holds") >= KEPT | {"byte order of names", "an empty segment (a//b)"}
    assert (profile.options["checksums"], profile.options["conditional_writes"]) == (False, False)


def test_the_s3_of_swift(servers: Servers) -> None:
    make = s3(servers.swift())
    with place(make) as client:
        profile = probe(client, another=make)
    assert findings(profile, "does not hold") >= {
        "a write if the hash matches",
        "a large object if the hash matches",
        "a copy if the name is free",
    }
    assert findings(profile, "holds") >= KEPT | {"a write with a wrong CRC-32 is refused", "names of 1,024 bytes"}
    assert (profile.options["checksums"], profile.options["conditional_writes"]) == (True, False)


def test_swift(servers: Servers) -> None:
    with place(swift(servers.swift())) as client:
        profile = probe(client)
    assert findings(profile, "does not hold") >= {
        "a write if the hash matches",
        "of two writers at once, one succeeds",
        "_ in keys, apart from -",
        "blanks at the edges of values",
    }
    assert findings(profile, "holds") >= KEPT | {
        "a write with a wrong digest is refused",
        "a part with a wrong digest is refused",
        "a copy if the name is free",
        "a changed signature is refused",
        "names of 1,024 bytes",
        "control characters",
        "2,048 bytes in all",
        "bulk delete",
    }
    assert (profile.store, profile.options) == ("SwiftClient", {})
    assert profile.endpoint == servers.swift().accounts["member"].storage_url


def test_swift_with_low_limits_and_without_its_features(servers: Servers) -> None:
    limits = SwiftLimits(
        container_listing_limit=5, max_meta_overall_size=1500, without=("tempurl", "bulk"), max_object_name_length=300
    )
    with place(swift(servers.swift(limits))) as client:
        profile = probe(client)
    details = {finding.name: finding.detail for finding in profile.findings}
    assert findings(profile, "does not hold") >= {
        "pages of 1,000 names",
        "2,048 bytes in all",
        "GET by a signed URL",
        "PUT by a signed URL",
        "4 objects by one call, absent ones too",
        "names of 1,024 bytes",
    }
    assert details["pages of 1,000 names"] == "a page had 5"
    assert details["2,048 bytes in all"].startswith("1,4")
    assert findings(profile, "holds") >= {"all that it made is removed", "an object is made of parts"}
