"""The suite as its users have it: what it is made of, what it leaves, what a run prints."""

from __future__ import annotations

import dataclasses
import io
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import pytest

from obs_client import (
    LocalClient,
    MemoryClient,
    ObjectStorageClient,
    ServiceError,
    TemporaryError,
)
from obs_client.backend.body import Body
from obs_client.backend.values import NewObject
from obs_client.testing import Conformance, run
from obs_client.testing.base import ConformanceBase
from obs_client.testing.wrapper import WrappedClient


def test_a_third_party_needs_ten_lines() -> None:
    """The example of the package's docstring, as a file of its own; importing the suite collects nothing else."""
    program = """
import unittest
from obs_client import MemoryClient
from obs_client.testing import Conformance
store = MemoryClient()
class TestMyStore(Conformance, unittest.TestCase):
    def make_client(self):
        return store
loaded = unittest.defaultTestLoader.loadTestsFromModule(__import__("__main__"))
assert {type(test) for suite in loaded for test in suite} == {TestMyStore}
unittest.main(argv=["suite", "TestMyStore.test_write_bytes", "TestMyStore.test_list"])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Ran 2 tests" in done.stderr


def test_the_suite_is_no_test_case() -> None:
    assert not issubclass(Conformance, unittest.TestCase)
    assert not issubclass(ConformanceBase, unittest.TestCase)


class SlowToForget(WrappedClient):
    """A store that keeps the name of a container for a while after it was deleted, as Azure does."""

    def __init__(self) -> None:
        super().__init__(MemoryClient())
        self.options = dataclasses.replace(self.options, attempts=2, first_pause=0.001, longest_pause=0.001)
        self.refusals = 0
        self._kept: dict[str, int] = {}

    def _container_delete(self, container: str) -> None:
        super()._container_delete(container)
        self._kept[container] = 5

    def _container_create(self, container: str) -> None:
        if self._kept.get(container):
            self._kept[container] -= 1
            self.refusals += 1
            raise TemporaryError("a container of this name is being deleted")
        super()._container_create(container)


def test_a_store_may_keep_the_name_of_a_deleted_container_for_a_while() -> None:
    store = SlowToForget()

    class Case(Conformance, unittest.TestCase):
        settle_seconds = 0.0

        def make_client(self) -> ObjectStorageClient:
            return store

    result = unittest.TestResult()
    unittest.TestSuite([Case("test_container_made_again")]).run(result)
    assert result.wasSuccessful(), result.failures + result.errors
    assert store.refusals == 5


def test_no_test_hides_another() -> None:
    names = [name for part in Conformance.__mro__ for name in vars(part) if name.startswith("test_")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_every_test_states_a_promise() -> None:
    names = unittest.defaultTestLoader.getTestCaseNames(Conformance)
    assert len(names) > 150
    for name in names:
        sentence = getattr(Conformance, name).__doc__
        assert sentence, f"{name} states no promise"
        assert sentence.endswith("."), f"{name} states no promise"
        assert "\n" not in sentence


def test_a_failing_test_leaves_nothing() -> None:
    store = MemoryClient()

    class Failing(ConformanceBase, unittest.TestCase):
        settle_seconds = 0.0

        def make_client(self) -> ObjectStorageClient:
            return store

        def test_fails(self) -> None:
            self.put("object")
            self.client.object_write("other", b"", container_name=self.new_container())
            self.fail("on purpose")

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Failing).run(result)
    assert len(result.failures) == 1
    assert result.errors == []
    assert store.container_list() == []


def test_what_is_left_is_an_error() -> None:
    class Keeping(WrappedClient):
        def _container_delete(self, container: str) -> None:
            pass

    store = Keeping(MemoryClient())

    class Case(ConformanceBase, unittest.TestCase):
        def make_client(self) -> ObjectStorageClient:
            return store

        def test_nothing(self) -> None:
            pass

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Case).run(result)
    assert len(result.errors) == 1
    assert "leaves a store as it found it" in result.errors[0][1]


@pytest.fixture
def few_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run of the suite take two tests of each class."""

    def few(case: type[unittest.TestCase]) -> unittest.TestSuite:
        return unittest.TestSuite([case("test_ranges"), case("test_download_url")])

    monkeypatch.setattr(unittest.defaultTestLoader, "loadTestsFromTestCase", few)


@pytest.mark.usefixtures("few_tests")
def test_run_counts() -> None:
    output = io.StringIO()
    assert run.main([], output) == 0
    assert output.getvalue().endswith("4 passed, 0 failed, 4 skipped\n")


@pytest.mark.usefixtures("few_tests")
def test_run_on_urls() -> None:
    output = io.StringIO()
    with tempfile.TemporaryDirectory() as directory:
        LocalClient(directory).container_create("mine")
        urls = [f"file://{directory}", f"file://{directory}?container_name=mine", "memory:?container_name=docs"]
        assert run.main(urls, output) == 0
        assert LocalClient(directory).object_list(container_name="mine") == []
        assert [info.name for info in LocalClient(directory).container_list()] == ["mine"]
    assert output.getvalue().endswith("6 passed, 0 failed, 6 skipped\n")


@pytest.mark.usefixtures("few_tests")
def test_run_fails_with_the_store() -> None:
    output = io.StringIO()

    class Broken(MemoryClient):
        def _container_create(self, container: str) -> None:
            raise ServiceError("no containers today")

    client = Broken()
    assert not run.run_suite([run.Store("Broken", lambda: client)], output)
    assert output.getvalue().splitlines()[-1].startswith("0 passed, 2 failed")


@pytest.mark.usefixtures("few_tests")
def test_an_interrupted_run_leaves_nothing() -> None:
    class Interrupting(WrappedClient):
        def _object_write(self, new: NewObject, body: Body) -> None:
            super()._object_write(new, body)
            os.kill(os.getpid(), signal.SIGINT)

    store, output = MemoryClient(), io.StringIO()
    assert not run.run_suite([run.Store("store", lambda: Interrupting(store))], output)
    assert store.container_list() == []
    assert "interrupted" in output.getvalue()


@pytest.mark.parametrize("url", ["nonsense", "file://", "ftp://host/x", "memory:?no_such_option=1", ""])
def test_run_refuses_a_bad_url(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main([url]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1


def test_a_store_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for url, word in (
        (f"file://{tmp_path}?container_name=absent", "create it"),
        (f"file://{tmp_path}/no", "create it"),
    ):
        assert run.main([url]) == 2
        said = capsys.readouterr()
        assert said.err.count("\n") == 1
        assert word in said.err
        assert said.out == ""
