"""Ceph's gateway, where its programs are: it starts in memory, serves both of its APIs, and leaves nothing."""

from __future__ import annotations

import pytest

from test.servers import missing_programs, start_radosgw
from test.servers.requests import web
from test.servers.requests.login import Login
from test.servers.requests.signing import signed_headers
from test.servers.traces import expect_no_traces, processes

MISSING = missing_programs()

pytestmark = [
    pytest.mark.usefixtures("starts_servers"),
    pytest.mark.skipif(bool(MISSING), reason=f"Ceph's gateway cannot be started here: no {', '.join(MISSING)}"),
]


def test_an_object_is_seen_by_both_interfaces_and_nothing_is_left() -> None:
    with start_radosgw() as server:
        directory = server.process.directory
        assert len(processes(directory)) >= 3
        login = Login(server.accounts["member"])
        assert login.send("PUT", "/container").status == 201
        assert login.send("PUT", "/container/a", b"content").status == 201
        url = f"{server.endpoint_url}/container/a"
        found = web.request("GET", url, headers=signed_headers("GET", url, server.s3_credentials))
        assert (found.status, found.body) == (200, b"content")
        other = Login(server.accounts["second"]).send("GET", "/container/a")
        assert other.status in (403, 404)
    expect_no_traces(directory, [])
