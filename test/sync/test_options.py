"""The options of a sync as one value: checked when they are made, the same for a plan, for doing it and for a check."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import pytest

from obs_client.sync import (
    SavedPlan,
    SyncOptions,
    apply,
    check,
    plan_sync,
    sync,
)
from test.sync.support import (
    contents,
    memory,
    reasons,
)


def test_the_same_value_plans_applies_and_checks() -> None:
    source, target = memory(a=b"1", c=b"2"), memory(a=b"1", b=b"3", d=b"4")
    options = SyncOptions(delete=True, exclude=["c", "d"], max_delete=1)
    with SavedPlan(plan_sync(source, target, options)) as plan:
        assert (plan.copies, plan.skips, plan.deletions) == (0, 1, 1)
        assert apply(plan, source, target, options).ok
    assert contents(target) == {"a": b"1", "d": b"4"}
    assert check(source, target, options).ok
    assert not check(source, target).ok


def test_without_options_nothing_is_deleted() -> None:
    source, target = memory(a=b"1"), memory(b=b"2")
    assert sync(source, target).ok
    assert contents(target) == {"a": b"1", "b": b"2"}


def test_options_are_values() -> None:
    options = SyncOptions(delete=True, include=["a", "b"], workers=3)
    assert options == SyncOptions(delete=True, include=("a", "b"), workers=3)
    assert hash(options) == hash(pickle.loads(pickle.dumps(options)))
    assert dataclasses.replace(options, max_delete=5).include == ("a", "b")
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.delete = False  # type: ignore[misc]


def test_patterns_may_come_from_anything_that_is_iterated() -> None:
    names = {"a": 1, "b": 2}
    assert SyncOptions(exclude=names.keys()).exclude == ("a", "b")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ({"include": "*.py"}, TypeError, "include must be several patterns"),
        ({"exclude": [1]}, TypeError, "exclude must be several patterns"),
        ({"exclude": None}, TypeError, "exclude must be several patterns"),
        ({"exclude": ["[z-a]"]}, ValueError, "pattern"),
        ({"workers": 0}, ValueError, "workers must be 1 or more"),
        ({"workers": 2.0}, TypeError, "workers must be an int, not float"),
        ({"workers": True}, TypeError, "workers must be an int, not bool"),
        ({"max_delete": -1}, ValueError, "max_delete must be 0 or more"),
        ({"max_delete": "5"}, TypeError, "max_delete must be an int, not str"),
        ({"delete": "yes"}, TypeError, "delete must be True or False"),
        ({"dry_run": 1}, TypeError, "dry_run must be True or False"),
        ({"checksum": None}, TypeError, "checksum must be True or False"),
        ({"map_attributes": {}}, TypeError, "map_attributes must be callable"),
    ],
)
def test_what_cannot_be_is_refused_when_the_value_is_made(
    given: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        SyncOptions(**given)


def test_include_and_exclude() -> None:
    names = ("a.py", "b.txt", "d/c.py", "d/cache/x", "cache/y.py", ".git/z")
    source, target = memory(**dict.fromkeys(names, b"1")), memory(**{"d/cache/old": b"1", "e.txt": b"2", "f.py": b"3"})

    def copied(**options: Any) -> set[str]:
        return {name for name, (action, _) in reasons(source, target, **options).items() if action == "copy"}

    assert copied(include=["*.py"]) == {"a.py", "d/c.py", "cache/y.py"}
    assert copied(include=["*.py"], exclude=["cache/**"]) == {"a.py", "d/c.py"}
    assert copied(exclude=["**/cache/**"]) == {"a.py", "b.txt", "d/c.py", ".git/z"}
    assert copied(include=["d/*"]) == {"d/c.py"}
    assert copied(include=["?.[!p]*"]) == {"b.txt"}
    assert copied(exclude=["**"]) == set()
    sync(source, target, SyncOptions(delete=True, include=["*.py"], exclude=["d/**"]))
    assert set(contents(target)) == {"a.py", "cache/y.py", "d/cache/old", "e.txt"}
    with pytest.raises(TypeError, match="list"):
        sync(source, target, SyncOptions(exclude="*.py"))


@pytest.mark.parametrize("pattern", ["[z-a]", "x[a--b]", "", "/a", "./a", "../a/*", "cache/", "a/b/"])
def test_a_pattern_that_cannot_be_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        plan_sync(memory(), memory(), SyncOptions(exclude=[pattern]))


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("[a-c]", "abc", "d-"),
        ("[!a-c]", "d-]", "ab"),
        ("[-a]", "-a", "b"),
        ("[a&&b]", "a&b", "c"),
        ("[a||b]", "ab|", "c"),
        ("[~^\\]", "~^\\", "a"),
        ("[[a]", "[a", "b"),
        ("**/", "/", "a"),
    ],
)
def test_classes_of_characters(pattern: str, fits: str, fits_not: str) -> None:
    source = memory(**dict.fromkeys(fits + fits_not, b"1"))
    steps = plan_sync(source, memory(), SyncOptions(include=[pattern]))
    assert {step.name for step in steps} == set(fits)
