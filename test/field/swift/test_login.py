"""Logging in as people have their environments: sections F, K and L of the reports from the field."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from typing import Any

import pytest

from obs_client import ClientOptions
from obs_client.backends.swift.client import SwiftClient
from obs_client.errors import AuthorizationError, ConfigurationError, ServiceError, TemporaryError
from test.field.running import QUICK, swift_client
from test.loopback.failures import Failure
from test.loopback.raw import answer, raw_server, read_request
from test.loopback.swift_double import SwiftDouble, Ways, swift_double
from test.loopback.swift_named import REGIONS
from test.servers.requests.login import log_in

ONE_REGION = Ways(regions=("RegionOne",))
ONCE = ClientOptions(attempts=1)


def without(keys: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in keys.items() if name not in names}


def token_of(double: SwiftDouble) -> str:
    return log_in(double.credentials)[1]


def with_token(double: SwiftDouble, **more: str) -> dict[str, str]:
    keys = without(double.keystone_credentials, "OS_USERNAME", "OS_PASSWORD")
    return {**keys, "OS_TOKEN": token_of(double), **more}


def works(**options: Any) -> bool:
    with SwiftClient(**{"options": QUICK, **options}) as client:
        return client.container_info("absent") is None


class TestTokens:
    """pkgcloud#597, cyberduck#13796: what `openstack token issue` gives."""

    @pytest.mark.parametrize("kind", ["token", "v3token", ""])
    def test_the_catalogue_is_found_with_it(self, kind: str) -> None:
        with swift_double(ONE_REGION) as double:
            assert works(credentials=with_token(double, **({"OS_AUTH_TYPE": kind} if kind else {})))

    @pytest.mark.parametrize("kind", ["token", "v3token", ""])
    @pytest.mark.parametrize("name", ["OS_TOKEN", "OS_AUTH_TOKEN"])
    def test_a_storage_url_needs_no_catalogue(self, kind: str, name: str) -> None:
        with swift_double() as double:
            keys = {"OS_AUTH_TYPE": kind, name: token_of(double), "OS_STORAGE_URL": double.storage_url}
            assert works(credentials=keys)

    @pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
    def test_the_end_of_a_line_is_none_of_it(self, end: str) -> None:
        """opendal#3493, kubernetes#52919: a secret that is mounted as a file, or copied from `curl -i`."""
        with swift_double() as double:
            assert works(storage_url=double.storage_url, credentials={"OS_AUTH_TOKEN": token_of(double) + end})
            assert works(credentials={name: value + end for name, value in double.credentials.items()})

    def test_a_line_end_within_is_told_by_the_variable(self) -> None:
        for keys in ({"OS_AUTH_TOKEN": "secret\nother"}, {"OS_TOKEN": "secret\rother", "OS_AUTH_TYPE": "token"}):
            with pytest.raises(ConfigurationError, match=next(iter(keys))) as caught:
                SwiftClient("http://host/v1/A", credentials=keys)
            assert "secret" not in str(caught.value)
        keys = {"ST_AUTH": "http://host/auth/v1.0", "ST_USER": "u", "ST_KEY": "secret\nother"}
        with pytest.raises(ConfigurationError, match="ST_KEY"):
            SwiftClient(credentials=keys)

    def test_what_is_missing_is_named(self) -> None:
        for keys, missing in (
            ({"OS_AUTH_TYPE": "token"}, "OS_TOKEN"),
            ({"OS_AUTH_TYPE": "token", "OS_TOKEN": "t"}, "storage URL"),
            ({"OS_TOKEN": "t", "OS_AUTH_URL": "http://host/v3"}, "OS_PROJECT_ID"),
        ):
            with pytest.raises(ConfigurationError, match=missing):
                SwiftClient(credentials=keys)

    def test_one_that_ran_out_is_called_so(self) -> None:
        with swift_double(ONE_REGION) as double:
            client = SwiftClient(credentials=with_token(double, OS_TOKEN="gone"), options=ONCE)
            with pytest.raises(AuthorizationError, match="token ran out"):
                client.container_info("any")


class TestUrls:
    @pytest.mark.parametrize(
        "wrong", ["keystone.example.com:5000/v3", "keystone/v3", '"http://host/v3"', "'http://host'"]
    )
    def test_one_that_is_none_is_called_so(self, wrong: str) -> None:
        with pytest.raises(ConfigurationError, match="OS_AUTH_URL") as caught:
            SwiftClient(
                credentials={"OS_AUTH_URL": wrong, "OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_PROJECT_NAME": "x"}
            )
        assert "https://host:5000/v3" in caught.value.hint
        assert ("quotes" in caught.value.args[0]) is (wrong[0] in "\"'")

    def test_that_of_version_1(self) -> None:
        with pytest.raises(ConfigurationError, match="ST_AUTH"):
            SwiftClient(credentials={"ST_AUTH": "host/auth/v1.0", "ST_USER": "u", "ST_KEY": "k"})

    def test_other_values_in_quotes_are_named(self) -> None:
        with swift_double(ONE_REGION) as double:
            keys = {**double.keystone_credentials, "OS_PASSWORD": '"testing"'}
            with pytest.raises(AuthorizationError) as caught:
                SwiftClient(credentials=keys, options=ONCE).container_info("any")
            assert "OS_PASSWORD" in caught.value.hint
            assert "quotes" in caught.value.hint
            assert "testing" not in str(caught.value)


class TestRegions:
    """OVH, CSC: a catalogue with several regions."""

    def test_none_is_chosen_by_chance(self) -> None:
        with swift_double(REGIONS) as double:
            for keys in (double.keystone_credentials, with_token(double)):
                with pytest.raises(ConfigurationError, match="RegionOne, RegionTwo") as caught:
                    SwiftClient(credentials=keys, options=ONCE).container_info("any")
                assert "OS_REGION_NAME" in caught.value.hint

    def test_a_wrong_one_tells_the_right_ones(self) -> None:
        with swift_double(REGIONS) as double:
            client = SwiftClient(credentials=double.keystone_credentials, region="Atlantis", options=ONCE)
            with pytest.raises(ConfigurationError, match="'Atlantis'; it has one in RegionOne, RegionTwo"):
                client.container_info("any")

    def test_the_one_that_is_told(self) -> None:
        with swift_double(REGIONS) as double:
            keys = double.keystone_credentials
            assert works(credentials=keys, region="RegionTwo")
            assert works(credentials={**keys, "OS_REGION_NAME": "RegionOne\n"})
            assert double.seen[-1].target.startswith("/v1/AUTH_test-RegionOne/")

    def test_the_only_one_needs_not_be_told(self) -> None:
        with swift_double(ONE_REGION) as double:
            assert works(credentials={**double.keystone_credentials, "OS_ENDPOINT_TYPE": "publicURL"})

    def test_a_wrong_interface_tells_the_right_ones(self) -> None:
        with swift_double(ONE_REGION) as double:
            client = SwiftClient(credentials={**double.keystone_credentials, "OS_INTERFACE": "admin"}, options=ONCE)
            with pytest.raises(ConfigurationError, match="it has internal, public"):
                client.container_info("any")


class TestBusyLogins:
    @pytest.mark.parametrize("status", [429, 503])
    @pytest.mark.parametrize("keystone", [True, False])
    @pytest.mark.slow
    def test_they_are_waited_for_as_long_as_they_say(self, status: int, keystone: bool) -> None:
        operation = "POST login" if keystone else "GET login"
        failures = (Failure(operation, status, headers=(("Retry-After", "1"),)),)
        with swift_double(Ways(regions=("RegionOne",), failures=failures)) as double:
            started = time.monotonic()
            assert works(credentials=double.keystone_credentials if keystone else double.credentials)
            assert time.monotonic() - started >= 1

    @pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 0])
    def test_all_that_passes_is_tried_again(self, status: int) -> None:
        with swift_double(Ways(regions=("RegionOne",), failures=(Failure("POST login", status, times=2),))) as double:
            assert works(credentials=double.keystone_credentials)
            assert double.operations().count("POST login") == 3

    def test_what_was_answered_is_told(self) -> None:
        with swift_double(Ways(failures=(Failure("GET login", 503, times=None),))) as double:
            with pytest.raises(TemporaryError, match="503") as caught:
                swift_client(double, options=ONCE).container_info("any")
            assert "cannot be reached" not in str(caught.value)


class TestStrangeLogins:
    @pytest.mark.parametrize(
        "body", [b"{}", b"[]", b"<html>log in</html>", b'{"token": {}}', b'{"token": {"catalog": [{}]}}']
    )
    def test_one_that_is_no_login_is_called_so(self, body: bytes) -> None:
        def script(connection: socket.socket, _number: int) -> None:
            while read_request(connection)[0]:
                connection.sendall(answer(body, b"201 Created", b"Content-Type: application/json\r\n"))

        with raw_server(script) as server:
            keys = {"OS_AUTH_URL": f"{server.url}/v3", "OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_PROJECT_NAME": "x"}
            with pytest.raises((ServiceError, ConfigurationError)) as caught:
                SwiftClient(credentials=keys, options=ONCE).container_info("any")
            assert server.url in str(caught.value)
            assert caught.value.hint
