"""What Swift refuses though it could do the work, and what it does silently: sections D, E and L of the reports."""

from __future__ import annotations

import dataclasses

import pytest

from obs_client import ClientOptions
from obs_client.backends.swift.client import SwiftClient
from obs_client.errors import AuthorizationError, ConflictError, ServiceError, TemporaryError
from test.field.running import QUICK_PARTS, swift_client
from test.loopback.failures import Failure
from test.loopback.proxy import forward_proxy
from test.loopback.swift_double import OTHER, SwiftDouble, Ways, swift_double
from test.servers import SwiftServer
from test.servers.shared import Servers
from test.swift.support import client_of, login_of, new_container, path_of

LARGE = bytes(range(250)) * 300
ONCE = ClientOptions(attempts=1, part_size=20_000)


@pytest.fixture(scope="module")
def swift(servers: Servers) -> SwiftServer:
    return servers.swift()


def other(double: SwiftDouble, **options: object) -> SwiftClient:
    """A client of somebody who has rights in some containers only."""
    given = {"credentials": double.other_credentials, "options": QUICK_PARTS, **options}
    return SwiftClient(double.storage_url, "box", **given)  # type: ignore[arg-type]


class TestRights:
    def test_a_container_that_is_there_need_not_be_made(self) -> None:
        """os and restic#1096: rights in one container only, which is there."""
        with swift_double() as double:
            double.container("box", {"x-container-read": OTHER.name, "x-container-write": OTHER.name})
            client = other(double)
            assert client.use_container("box", create=True)
            assert not client.container_create("box")
            assert client.object_write("a", b"1")
            with pytest.raises(AuthorizationError):
                client.use_container("another", create=True)

    def test_many_may_make_one_at_once(self) -> None:
        with swift_double() as double:
            assert swift_client(double).container_create("box")
            assert not swift_client(double).container_create("box")
            assert double.operations().count("PUT container") == 1

    @pytest.mark.parametrize("places", [("box",), ("box", "box_segments")])
    def test_a_drop_box_takes_small_objects_and_large_ones(self, places: tuple[str, ...]) -> None:
        """rclone#1769: who may write, and not look."""
        with swift_double() as double:
            for name in places:
                double.container(name, {"x-container-write": OTHER.name})
            client = other(double)
            assert client.object_write("small", b"1")
            assert client.object_write("small", b"2")
            if "box_segments" in places:
                assert client.object_write("large", LARGE)
                assert swift_client(double, "box").object_read("large") == LARGE
            else:
                with pytest.raises(AuthorizationError) as caught:
                    client.object_write("large", LARGE)
                assert "access list" in caught.value.hint

    def test_on_a_real_one(self, swift: SwiftServer) -> None:
        with new_container(swift) as owner:
            name = owner.container_name or ""
            owner.container_create(f"{name}_segments")
            keys, user = login_of(swift), swift.accounts["second"].credentials["ST_USER"]
            for place in (name, f"{name}_segments"):
                keys.send("POST", f"/{place}", headers={"X-Container-Write": user})
            with client_of(swift, "second", storage_url=swift.storage_url, container_name=name) as stranger:
                with pytest.raises(AuthorizationError, match=r"segments.* may not be read"):
                    stranger.object_write("large", LARGE)
                keys.send("POST", f"/{name}_segments", headers={"X-Container-Read": user})
                assert stranger.object_write("large", LARGE)
            assert owner.object_read("large") == LARGE


class TestVersions:
    """terraform#27218: a container with `X-Versions-Location`."""

    def test_a_deletion_that_brings_an_older_version_back_is_no_success(self) -> None:
        with swift_double() as double:
            double.container("old")
            double.container("box", {"x-versions-location": "old"})
            client = swift_client(double, "box")
            for content in (b"1", b"2", b"3"):
                client.object_write("a", content)
            with pytest.raises(ConflictError, match="its previous version is there again") as caught:
                client.object_delete("a")
            assert "delete it again" in caught.value.hint
            assert client.object_read("a") == b"2"
            with pytest.raises(ConflictError):
                client.object_delete("a")
            assert client.object_delete("a")
            assert client.object_info("a") is None

    def test_no_more_is_deleted_than_was_asked_for(self) -> None:
        failures = (Failure("DELETE object", 503, done=True),)
        with swift_double(Ways(failures=failures)) as double:
            double.container("old")
            double.container("box", {"x-versions-location": "old"})
            client = swift_client(double, "box")
            for content in (b"1", b"2", b"3"):
                client.object_write("a", content)
            with pytest.raises(ConflictError):
                client.object_delete("a")
            assert client.object_read("a") == b"2"

    def test_a_container_is_emptied_all_the_same(self) -> None:
        with swift_double() as double:
            double.container("old")
            double.container("box", {"x-versions-location": "old"})
            client = swift_client(double, "box")
            for content in (b"1", b"2", b"3"):
                client.object_write("a", content)
            assert client.container_delete("box", force=True)
            assert client.container_info("box") is None


class TestSymlinks:
    """ncw/swift#139: a POST to a symlink is answered with 307."""

    def test_metadata_are_those_of_the_target(self) -> None:
        with swift_double() as double:
            client = swift_client(double, "box")
            client.container_create("box")
            client.object_write("target", b"1", {"key": "1"})
            link = dataclasses.replace(double.store("box", "link", b""), link="box/target")
            double.container("box").objects["link"] = link
            assert client.object_set_metadata("link", "key", "2")
            for name in ("link", "target"):
                info = client.object_info(name)
                assert info
                assert info.metadata == {"key": "2"}

    def test_on_a_real_one(self, swift: SwiftServer) -> None:
        with new_container(swift) as client:
            client.object_write("target", b"1", {"key": "1"})
            link = {"X-Symlink-Target": path_of(client, "target").lstrip("/")}
            login_of(swift).send("PUT", path_of(client, "link"), headers=link)
            assert client.object_set_metadata("link", "key", "2")
            info = client.object_info("target")
            assert info
            assert info.metadata == {"key": "2"}


class TestSlowWork:
    @pytest.mark.slow
    def test_a_manifest_that_took_longer_than_the_timeout_is_found(self) -> None:
        with swift_double(Ways(manifest_seconds=2.0)) as double:
            client = swift_client(double, "box", timeout=1.0)
            client.container_create("box")
            assert client.object_write("large", LARGE)
            assert client.object_read("large") == LARGE
            puts = [each for each in double.seen if "multipart-manifest=put" in each.target]
            assert len(puts) <= 3
            assert len(client.object_list(container_name="box_segments")) == 4

    @pytest.mark.slow
    def test_a_copy_that_took_longer_than_the_timeout_is_found(self) -> None:
        with swift_double(Ways(copy_seconds=2.0)) as double:
            client = swift_client(double, "box", timeout=1.0)
            client.container_create("box")
            client.object_write("a", b"1")
            assert client.object_copy("a", "b")
            assert double.operations().count("PUT object") <= 4

    @pytest.mark.slow
    def test_what_is_too_slow_names_the_timeout(self) -> None:
        with swift_double(Ways(post_seconds=1.5)) as double:
            client = swift_client(double, "box", timeout=0.3, options=ONCE)
            client.container_create("box")
            client.object_write("a", b"1")
            with pytest.raises(TemporaryError) as caught:
                client.object_set_metadata("a", "key", "1")
            assert "timeout=" in caught.value.hint


class TestMessages:
    @pytest.mark.parametrize("ready", [True, False])
    def test_a_proxy_that_wants_a_login_is_asked_once(self, ready: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        with swift_double() as double, forward_proxy("user:password") as proxy:
            monkeypatch.setenv("http_proxy", proxy.url.replace("user:password@", ""))
            monkeypatch.delenv("no_proxy", raising=False)
            monkeypatch.delenv("NO_PROXY", raising=False)
            keys = {"OS_AUTH_TOKEN": "token"} if ready else double.credentials
            client = SwiftClient(double.storage_url if ready else None, credentials=keys, options=QUICK_PARTS)
            with pytest.raises((AuthorizationError, ServiceError)) as caught:
                client.container_info("box")
            assert "HTTP_PROXY" in caught.value.hint
            assert len(proxy.request_lines) == 1

    def test_a_refusal_is_not_called_one_of_the_login(self) -> None:
        with swift_double() as double:
            double.container("box")
            with pytest.raises(AuthorizationError) as caught:
                other(double).object_read("a")
            assert "access list" in caught.value.hint
            assert caught.value.request_id

    def test_who_has_no_login_is_told_what_can_be_read(self) -> None:
        with swift_double() as double:
            double.container("box")
            client = SwiftClient(double.storage_url, "box", credentials={}, options=ONCE)
            with pytest.raises(AuthorizationError) as caught:
                client.object_read("a")
            assert ".r:*" in caught.value.hint
