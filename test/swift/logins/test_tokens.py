"""Tokens that run out: renewed once for all threads, and the request replayed whole."""

from __future__ import annotations

import concurrent.futures
import io
import random
import time
from pathlib import Path

import pytest

from obs_client.backends.swift.access.session import Access
from obs_client.backends.swift.client import SwiftClient
from obs_client.credentials import Secret
from obs_client.errors import AuthorizationError, PartialFailureError
from test.servers import SwiftServer
from test.swift.support import client_of, new_container


def spoil(client: SwiftClient) -> Access:
    """Give the client a token that the store does not know, as one that has run out."""
    session = client._http.session
    known = session.access()
    session._access = Access(known.origin, known.parsed, Secret("run-out"))
    return known


def logins(client: SwiftClient) -> list[Access]:
    """Collect every access that the client's session gets from now on."""
    found: list[Access] = []
    session = client._http.session
    log_in = session._log_in

    def counted(stale: Access | None) -> Access:
        found.append(log_in(stale))
        return found[-1]

    session._log_in = counted  # type: ignore[method-assign]
    return found


def test_every_operation_after_the_token_ran_out(swift: SwiftServer) -> None:
    data = random.Random(1).randbytes(70_000)
    with new_container(swift) as client:
        for operation in (
            lambda: client.object_write("small", b"content"),
            lambda: client.object_write("large", data),
            lambda: client.object_upload(io.BytesIO(data), "stream"),
            lambda: client.object_read("large") == data,
            lambda: client.object_info("small"),
            lambda: client.object_list(),
            lambda: client.object_copy("large", "copy"),
            lambda: client.object_set_metadata("small", "key", "value"),
            lambda: client.object_delete("copy"),
            lambda: client.container_info(client.container_name or ""),
        ):
            spoil(client)
            assert operation()


def test_bulk_delete_after_the_token_ran_out(swift: SwiftServer) -> None:
    """Swift answers it with status 200, and the 401 inside."""
    with new_container(swift) as client:
        for name in ("a", "b", "c"):
            client.object_write(name, b"")
        spoil(client)
        client.object_delete_many(["a", "b", "c"])
        assert client.object_list() == []


def test_bulk_delete_with_tokens_that_are_old_when_they_come(swift: SwiftServer) -> None:
    """Several threads share a token: what one of them got may have run out when another comes to use it."""
    with new_container(swift) as client:
        names = [f"{number}" for number in range(20)]
        for name in names:
            client.object_write(name, b"")
        session = client._http.session
        known, log_in, made = session.access(), session._log_in, list[Access]()

        def old_at_first(stale: Access | None) -> Access:
            good = log_in(stale)
            made.append(Access(known.origin, known.parsed, Secret("run-out")) if len(made) < 3 else good)
            return made[-1]

        session._log_in = old_at_first  # type: ignore[method-assign]
        session._access = Access(known.origin, known.parsed, Secret("run-out"))
        client.object_delete_many(names)
        assert len(made) == 4
        assert client.object_list() == []


def test_bulk_delete_that_is_refused_more_often_than_swift_counts(swift: SwiftServer) -> None:
    """After 1,000 failures Swift says no more of the others."""
    with new_container(swift) as owner:
        stranger = client_of(swift, "second", storage_url=swift.storage_url, container_name=owner.container_name)
        names = [f"{number}" for number in range(1100)]
        with pytest.raises(PartialFailureError) as caught:
            stranger.object_delete_many(names)
        assert set(caught.value.failures) == set(names)
        assert {type(error) for error in caught.value.failures.values()} == {AuthorizationError}


def test_one_login_for_all_threads(swift: SwiftServer) -> None:
    with new_container(swift) as client:
        client.object_write("name", b"content")
        found = logins(client)
        spoil(client)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            assert set(pool.map(lambda _: client.object_read("name"), range(64))) == {b"content"}
        assert len(found) == 1


def test_body_of_a_file_is_sent_again_whole(tmp_path: Path, swift: SwiftServer) -> None:
    path = tmp_path / "file"
    path.write_bytes(random.Random(2).randbytes(70_000))
    with new_container(swift) as client:
        spoil(client)
        client.upload_file(path, "name")
        assert client.object_read("name") == path.read_bytes()


def test_real_tokens_that_live_for_5_seconds(keystone: SwiftServer) -> None:
    data = random.Random(3).randbytes(50_000)
    with new_container(keystone) as client:
        found = logins(client)
        began = time.monotonic()
        for number in range(1000):
            client.object_write(f"{number}", data)
            assert client.object_read(f"{number}") == data
            if time.monotonic() - began > 6.5:
                break
            time.sleep(0.3)
        assert found


def test_large_writes_while_tokens_run_out(keystone: SwiftServer) -> None:
    """Swift looks at each segment of a manifest with the token, and answers status 400 with the 401 inside."""
    data = random.Random(4).randbytes(60_007)
    with new_container(keystone) as client:
        found = logins(client)
        began = time.monotonic()
        while time.monotonic() - began < 11:
            client.object_write("name", data)
        assert client.object_read("name") == data
        assert found
