"""Doubles of servers whose login is in the environment, as the command takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from test.cli.running import done
from test.field.running import STACK
from test.loopback.failures import Failure
from test.loopback.s3_double import S3Double, Ways, s3_double
from test.loopback.swift.ways import Ways as SwiftWays
from test.loopback.swift_double import SwiftDouble, swift_double


def s3(monkeypatch: pytest.MonkeyPatch, *failures: Failure, **ways: Any) -> S3Double:
    """A new server with the containers `box` and `other`."""
    double = STACK.enter_context(s3_double(Ways(failures=failures, **ways)))
    _enter(monkeypatch, {**double.credentials, "AWS_ENDPOINT_URL": double.url, "AWS_REGION": double.region})
    for container in ("box", "other"):
        double.state.create(container)
    return double


def swift(monkeypatch: pytest.MonkeyPatch, ways: SwiftWays) -> SwiftDouble:
    """A new server with the containers `box`, `other` and `parts`."""
    double = STACK.enter_context(swift_double(ways))
    _enter(monkeypatch, double.credentials)
    done("mb", "swift://box", "swift://other", "swift://parts")
    return double


def names(double: S3Double, container: str = "box") -> list[str]:
    """The names of all objects in a container."""
    return sorted(double.state.bucket(container).objects)


def _enter(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
