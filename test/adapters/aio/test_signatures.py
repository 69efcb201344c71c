"""The asynchronous client has every method of every client, under the same name and with the same parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_overloads

import pytest

from obs_client import ObjectStorageClient
from obs_client.aio import AsyncClient

METHODS = sorted(name for name, value in vars(ObjectStorageClient).items() if name[0] != "_" and callable(value))
NOT_AWAITED = {"object_glob", "object_iter", "object_open", "object_stream"}
"""What is iterated over or opened by `async` statements of its own."""

OWN = {"aclose", "object_stream"}
"""What the synchronous client has no need of."""


def _parameters(method: Callable[..., Any]) -> list[tuple[str, object, object, object]]:
    """Name, kind, default and type of each parameter; streams may be of other kinds here."""
    found = inspect.signature(method).parameters.values()
    return [
        (each.name, each.kind, each.default, "" if each.name == "stream" else each.annotation)
        for each in found
        if each.name != "self"
    ]


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_there_with_the_same_parameters(name: str) -> None:
    wanted, found = getattr(ObjectStorageClient, name), getattr(AsyncClient, name, None)
    assert found is not None, f"add {name} to obs_client.aio"
    assert _parameters(found) == _parameters(wanted)
    assert inspect.iscoroutinefunction(found) == (name not in NOT_AWAITED)
    if name not in NOT_AWAITED:
        assert inspect.signature(found).return_annotation == inspect.signature(wanted).return_annotation


@pytest.mark.parametrize("name", METHODS)
def test_type_checkers_see_the_same_cases(name: str) -> None:
    wanted, found = get_overloads(getattr(ObjectStorageClient, name)), get_overloads(getattr(AsyncClient, name))
    assert [_parameters(each) for each in found] == [_parameters(each) for each in wanted]


def test_there_is_nothing_else() -> None:
    properties = {"client", "container_name", "options", "capabilities", "endpoint_facts"}
    names = {name for name in dir(AsyncClient) if name[0] != "_"}
    assert names - properties == {*METHODS, *OWN}
    assert AsyncClient.aclose is AsyncClient.close
