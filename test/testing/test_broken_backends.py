"""The suite catches what it claims to catch: each broken backend fails the test that is named beside it."""

from __future__ import annotations

import unittest
from types import TracebackType
from typing import ClassVar

import pytest

from obs_client import ObjectStorageClient
from obs_client.testing import Conformance
from test.testing.broken import declared, listings, names, reads, resuming, signing_store, writes
from test.testing.broken.backends import CAUGHT_BY, BrokenClient

pytestmark = pytest.mark.slow

assert declared
assert listings
assert names
assert reads
assert resuming
assert writes
assert signing_store

Failure = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


class Failures(unittest.TestResult):
    """Keeps the messages of failed tests."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: dict[str, str] = {}

    def addFailure(self, test: unittest.TestCase, err: Failure) -> None:  # noqa: N802 - unittest's name
        super().addFailure(test, err)
        self.messages.setdefault(test.id().rpartition(".")[2], str(err[1]))


def failures_of(store: ObjectStorageClient, tests: list[str]) -> Failures:
    """What some tests of the suite say of a store."""

    class Case(Conformance, unittest.TestCase):
        settle_seconds = 0.0
        keeps_everything = True
        client: ClassVar[ObjectStorageClient]

        def make_client(self) -> ObjectStorageClient:
            return store

    result = Failures()
    unittest.TestSuite(Case(test) for test in tests).run(result)
    return result


@pytest.mark.parametrize("broken", CAUGHT_BY, ids=lambda broken: broken.__name__)
def test_broken_backend_is_caught(broken: type[BrokenClient]) -> None:
    """The named test fails, and its message is the promise."""
    test = CAUGHT_BY[broken]
    found = failures_of(broken(), [test]).messages
    assert test in found, f"{broken.__name__} passes {test}"
    promise = getattr(Conformance, test).__doc__
    assert found[test].startswith(promise), found[test]
    assert len(promise.split()) > 4
    assert promise.endswith(".")


def test_the_same_tests_pass_on_a_good_backend() -> None:
    """It is the fault that fails them, not the wrapper around it."""
    result = failures_of(signing_store.SigningClient(), sorted(set(CAUGHT_BY.values())))
    assert result.messages == {}
    assert result.errors == []
    # These pass on LocalClient, on MemoryClient and on AzureClient, in test_conformance.py, or below.
    skipped = {
        "test_container_delete_refused",
        "test_names_refused_by_store",
        "test_observe",
        "test_pickle",
        "test_resume_at_once",
        "test_resume_cleanup",
        "test_resume_completed",
        "test_resume_gone",
        "test_tags",
        "test_url_terms_undeclared",
        "test_urls_undeclared",
    }
    assert {test.id().rpartition(".")[2] for test, _ in result.skipped} == skipped


def test_a_good_store_goes_on_with_uploads() -> None:
    wanted = sorted(test for test in set(CAUGHT_BY.values()) if test.startswith("test_resume"))
    result = failures_of(resuming.ResumingClient(), wanted)
    assert result.messages == {}
    assert (result.errors, result.skipped, len(wanted)) == ([], [], 6)


def test_there_are_many_hazards() -> None:
    assert len(CAUGHT_BY) >= 60
