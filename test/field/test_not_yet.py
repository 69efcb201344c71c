"""The marks of tests that fail until the library is mended."""

from __future__ import annotations

import unittest

import pytest

from test.field.not_yet import not_yet, not_yet_where


class Suite:
    def test_one(self) -> None:
        raise AssertionError("the store said 422")

    def test_two(self) -> None:
        raise AssertionError("a byte is lost")

    def test_well(self) -> None:
        pass


def outcome(case: type[unittest.TestCase], name: str) -> str:
    """How a test ends."""
    try:
        getattr(case(name), name)()
    except pytest.xfail.Exception:
        return "as failing today"
    except AssertionError as error:
        return str(error)
    return "well"


def test_what_fails_with_the_sign_is_as_failing_today_and_the_rest_is_as_it_is() -> None:
    @not_yet_where("J: 422", "422")
    class Case(Suite, unittest.TestCase):
        pass

    found = {name: outcome(Case, name) for name in ("test_one", "test_two", "test_well", "test_zz_j_422")}
    assert found == {
        "test_one": "as failing today",
        "test_two": "a byte is lost",
        "test_well": "well",
        "test_zz_j_422": "well",
    }


def test_a_sign_that_does_not_show_is_told() -> None:
    @not_yet_where("J: 422", "never said")
    class Case(Suite, unittest.TestCase):
        pass

    assert outcome(Case, "test_one") == "the store said 422"
    assert "take the mark away: J: 422" in outcome(Case, "test_zz_j_422")


def test_a_mark_by_name_is_of_one_class() -> None:
    @not_yet("A", "test_one")
    class Case(Suite, unittest.TestCase):
        pass

    assert [mark.kwargs["strict"] for mark in getattr(Case.test_one, "pytestmark", [])] == [True]
    assert not hasattr(Suite.test_one, "pytestmark")
