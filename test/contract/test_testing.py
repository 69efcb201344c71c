"""The suite itself: how it is used, where it stays, what it prints; and what backends may override."""

from __future__ import annotations

import dataclasses
import io
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from obs_client import (
    Capabilities,
    CleanupReport,
    ContainerInfo,
    LocalClient,
    MemoryClient,
    ObjectInfo,
    ObjectStorageClient,
    ServiceError,
    SubdirInfo,
)
from obs_client.backend.body import Body
from obs_client.backend.multipart import MultipartUpload
from obs_client.backend.primitives import Backend
from obs_client.backend.values import NewObject, ObjectReader, Page
from obs_client.models import METADATA_KEY_CHARACTERS
from obs_client.testing import Conformance, FaultyClient, run
from obs_client.testing.base import ConformanceBase
from obs_client.testing.wrapper import WrappedClient
from test.contract.test_conformance import Embedded


class BareClient(WrappedClient):
    """A store that can do as little as the contract allows: all defaults, no conditions, no order, narrow limits."""

    def _capabilities(self) -> Capabilities:
        return Capabilities(
            ordered_listing=False,
            part_size_minimum=10,
            metadata_key_characters=METADATA_KEY_CHARACTERS.replace("_", ""),
            metadata_blank_edges=False,
            metadata_count_maximum=20,
            metadata_key_maximum=50,
            metadata_value_maximum=300,
            metadata_total_maximum=3000,
        )

    def _container_info(self, container: str) -> ContainerInfo:
        return ContainerInfo(super()._container_info(container).name, None, None)

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        Backend._object_copy(self, container, source, new)

    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        return Backend._object_delete_many(self, container, object_names)

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return Backend._object_multipart(self, new)

    def _object_generate_download_url(self, container: str, name: str, seconds: int) -> str:
        return Backend._object_generate_download_url(self, container, name, seconds)


class TestBareStoreWithFaults(Embedded, unittest.TestCase):
    """The defaults of the backend's half, and refusals of what is not declared."""

    store: ClassVar = BareClient(MemoryClient())
    lost_answers = True

    def make_client(self) -> ObjectStorageClient:
        return FaultyClient(self.store)


class FencedClient(WrappedClient):
    """Fails when the suite leaves its place."""

    def __init__(self, inner: ObjectStorageClient, container: str, prefix: str) -> None:
        super().__init__(inner)
        self.fence = container, prefix

    def check(self, container: str, *names: str) -> None:
        """Fail for another container, or a name outside the prefix."""
        outside = [name for name in names if not name.startswith(self.fence[1])]
        assert container == self.fence[0] and not outside, f"outside: {container!r}, {outside}"  # noqa: PT018

    def _container_create(self, container: str) -> None:
        raise AssertionError("a container was made")

    def _container_delete(self, container: str) -> None:
        raise AssertionError("a container was deleted")

    def _container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        raise AssertionError("the containers were listed")

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        self.check(container, prefix)
        return super()._object_list(container, prefix, delimiter, start_after, marker)

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        self.check(container, name)
        return super()._object_info(container, name)

    def _object_write(self, new: NewObject, body: Body) -> None:
        self.check(new.container, new.name)
        super()._object_write(new, body)

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        self.check(new.container, new.name)
        return super()._object_multipart(new)

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        self.check(container, source.name)
        self.check(new.container, new.name)
        super()._object_copy(container, source, new)

    def _object_delete(self, container: str, name: str) -> None:
        self.check(container, name)
        super()._object_delete(container, name)

    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        self.check(container, *object_names)
        return super()._object_delete_many(container, object_names)

    def _cleanup(self, container: str, prefix: str, older_than: float) -> CleanupReport:
        self.check(container, prefix)
        assert older_than > 0, "leftovers of others could be removed"
        return super()._cleanup(container, prefix, older_than)


class TestLimited(Embedded, unittest.TestCase):
    """With a container and prefix, nothing outside is touched."""

    container_name = "given"
    prefix = "some/prefix"
    store: ClassVar = MemoryClient()

    @classmethod
    def setUpClass(cls) -> None:
        cls.store.container_create("given")
        for name in ("some/prefix", "some/prefix-other", "some/prefix/mine", "other"):
            cls.store.object_write(name, name.encode(), container_name="given")
        super().setUpClass()

    @classmethod
    def tearDownClass(cls) -> None:
        super().tearDownClass()
        left = {entry.name for entry in cls.store.object_iter(container_name="given") if isinstance(entry, ObjectInfo)}
        assert left == {"some/prefix", "some/prefix-other", "some/prefix/mine", "other"}
        assert all(cls.store.object_read(name, "given") == name.encode() for name in left)
        assert [info.name for info in cls.store.container_list()] == ["given"]

    def make_client(self) -> ObjectStorageClient:
        return FencedClient(self.store, "given", "some/prefix/")


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


def test_faults_come_by_turns() -> None:
    """Each primitive fails in every second call, first before it was done, then after."""
    store = MemoryClient()
    client = FaultyClient(store)
    with pytest.raises(Exception, match="before it was done"):
        client._container_create("c")
    assert store.container_list() == []
    client._container_create("c")
    with pytest.raises(Exception, match="its answer was lost"):
        client._container_create("d")
    assert [info.name for info in store.container_list()] == ["c", "d"]


def test_every_second_reader_breaks_midway() -> None:
    store = MemoryClient("c")
    store.container_create("c")
    store.object_write("o", bytes(100))
    client = FaultyClient(store)
    counts = []
    for _ in range(8):
        try:
            reader = client._object_open("c", "o", 0, None, None)
        except Exception:  # noqa: BLE001 - an injected failure of the opening
            continue
        counts.append(read_until_it_breaks(reader))
    assert counts == [50, 100, 50, 100]


def read_until_it_breaks(reader: ObjectReader) -> int:
    """How many bytes a reader gives."""
    buffer, total = memoryview(bytearray(30)), 0
    try:
        while count := reader.readinto(buffer):
            total += count
    except Exception:  # noqa: BLE001 - the injected failure
        return total
    return total


def test_a_faulty_client_is_pickled_with_its_inner_client() -> None:
    with tempfile.TemporaryDirectory() as directory:
        client = FaultyClient(LocalClient(directory, "c"))
        client.options = dataclasses.replace(client.options, workers=7)
        copy = pickle.loads(pickle.dumps(client))
        copy.container_create("c")
        copy.object_write("o", b"content")
        assert client.object_read("o") == b"content"
        assert (copy.container_name, copy.options) == ("c", client.options)
    with pytest.raises(TypeError):
        pickle.dumps(FaultyClient(MemoryClient()))


@pytest.mark.parametrize("backend", [LocalClient, MemoryClient])
def test_backends_override_primitives_only(backend: type[ObjectStorageClient]) -> None:
    """Every rule is written once: a backend has its constructor, `close`, `capabilities` and primitives."""
    primitives = {name for name in vars(Backend) if name.startswith("_") and not name.startswith("__")}
    contract = {name for name in dir(ObjectStorageClient) if not name.startswith("__")}
    overridden = {name for kind in backend.__mro__ if kind not in ObjectStorageClient.__mro__ for name in vars(kind)}
    assert overridden & contract <= primitives | {"close", "capabilities", "timeout"}
    assert not {name for name in overridden if name.startswith(("object_", "container_"))}


def test_every_primitive_goes_through_the_wrapper() -> None:
    """A wrapper that forgot one would silently lose the inner store's own way, or its faults."""
    primitives = {name for name in vars(Backend) if name.startswith("_") and not name.startswith(("__", "_abc"))}
    assert primitives <= set(vars(WrappedClient))


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
