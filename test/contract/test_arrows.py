"""The laws of the imports: downwards only, no store to another, no circle, and the doors are for those outside."""

from __future__ import annotations

import ast
import functools
import graphlib

import pytest

from test.contract.source import Module, imports, modules, room_of

DOORS = {"obs_client", "obs_client.backend"}
"""They show what is below and beside them to users and to those who write a store."""

BELOW = {
    "errors": "",
    "models": "errors",
    "credentials": "errors",
    "backend": "errors models",
    "_http": "backend credentials errors models",
    "_engine": "backend errors models",
    "client": "_engine backend errors models",
    "backends": "client _http backend credentials errors models",
    "probing": "client _http _engine backend errors models",
    "wrappers": "client _http _engine backend errors models",
    "_urls": "probing client _engine errors models",
    "stores": "urls _urls errors",
    "telemetry": "models",
    "transfers": "client _engine backend errors models",
    "urls": "_urls wrappers client errors models",
    "places": "urls client _engine errors models",
    "fsspec": "aio urls client _http _engine errors models",
    "aio": "urls client _engine backend errors models",
    "django": "urls client errors models",
    "copying": "places client _engine backend errors models",
    "sync": "copying places client _engine backend credentials errors models",
    "testing": "urls wrappers client backend errors models",
    "cli": "stores transfers sync testing probing copying places urls client credentials errors models",
    "__main__": "cli",
}
"""What each room may import beside itself. `_urls` names the stores by strings, so that none is loaded in vain."""

BESIDE = {
    ("sync", "backends.local"): "a directory as a target is looked over before anything is written: by its own rules",
    ("testing", "backends.azure"): "whether it is Azurite shows in the same way as with S3",
    ("testing", "backends.local"): "the suite runs on the embedded stores when no URL is given",
    ("testing", "backends.memory"): "the suite runs on the embedded stores when no URL is given",
    (
        "testing",
        "backends.s3",
    ): "which server speaks S3 shows in the headers of its responses, which only the store sees",
    ("testing", "backends.swift"): "which server speaks Swift shows in the same way",
    ("wrappers", "backends.azure"): "an imitation of a store refuses by the store's own checks, so that both agree",
    ("wrappers", "backends.gcs"): "an imitation of a store refuses by the store's own checks, so that both agree",
    ("wrappers", "backends.s3"): "an imitation of a store refuses by the store's own checks, so that both agree",
    ("wrappers", "backends.swift"): "an imitation of a store refuses by the store's own checks, so that both agree",
    ("cli", "_urls"): "sizes in options of the command are written as in URLs",
    ("cli", "wrappers"): "a command that is to be slow goes through the wrapper that is",
    ("cli", ""): "the command is a user of the library, and takes from its door what is then loaded on first use",
}
"""Arrows that the laws do not name, each with its reason."""


def _law(room: str) -> str:
    return "backends" if room.startswith("backends") else room


@functools.cache
def _arrows() -> set[tuple[str, str]]:
    """Every arrow between two rooms, but those from the doors."""
    return {
        (module.room, room_of(target))
        for module in modules().values()
        if module.name not in DOORS
        for target in imports(module)
        if room_of(target) != module.room
    }


def _allowed(room: str, target: str) -> bool:
    return target in BELOW[_law(room)].split() or (room, target) in BESIDE


def test_arrows_go_down_only() -> None:
    assert sorted(arrow for arrow in _arrows() if not _allowed(*arrow)) == []


def test_the_law_has_no_circle_itself() -> None:
    order = list(graphlib.TopologicalSorter({room: below.split() for room, below in BELOW.items()}).static_order())
    assert {_law(module.room) for module in modules().values()} - {""} == set(order)


def test_each_arrow_that_is_excused_is_there() -> None:
    assert sorted(set(BESIDE) - _arrows()) == []


def test_no_store_knows_another_nor_what_drives_it() -> None:
    stores = {room for room, _ in _arrows() if room.startswith("backends.")}
    assert stores >= {"backends.s3", "backends.swift", "backends.local", "backends.memory"}
    reached = {(room, target) for room, target in _arrows() if room in stores}
    assert (
        sorted((room, target) for room, target in reached if target in stores | {"_engine", "cli", "_urls", "urls"})
        == []
    )
    known = {target for room, target in _arrows() if room in ("_engine", "_http", "client", "backend", "_urls", "urls")}
    assert known & stores == set()


@pytest.mark.parametrize("door", sorted(DOORS))
def test_nothing_inside_comes_in_by_a_door(door: str) -> None:
    through = [module.name for module in modules().values() if door in imports(module)]
    assert [name for name in through if (room_of(name), room_of(door)) not in BESIDE] == []


def test_there_is_no_circle_of_modules() -> None:
    graph = {module.name: imports(module) - {module.name} for module in modules().values()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


DESCRIBING = {"obs_client.cli.helping.api", "obs_client.cli.helping.names"}
"""They show what every module has."""


@pytest.mark.slow
def test_modules_are_loaded_by_their_names_where_that_is_the_point_only() -> None:
    loading = {module.name for module in modules().values() if "import_module" in ast.unparse(module.tree)}
    assert loading == {*DOORS, "obs_client._urls.schemes", "obs_client.cli.commands", *DESCRIBING}


def test_imports_are_found_wherever_they_stand() -> None:
    text = """
import obs_client.errors, os
from obs_client import models, sync as library
if TYPE_CHECKING:
    from obs_client.client import ObjectStorageClient
def work():
    from . import listing
    from ..backend.body import Body
    from .transfers import upload
"""
    found = imports(Module("obs_client._engine.odd", "obs_client._engine", ast.parse(text)))
    assert {name.removeprefix("obs_client.") for name in found} == {
        "errors",
        "models",
        "sync",
        "client",
        "_engine.listing",
        "backend.body",
        "_engine.transfers.upload",
    }
