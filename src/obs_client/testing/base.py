"""What all topics of the conformance suite share: a client, a place of its own in the store, and the way back."""

from __future__ import annotations

import dataclasses
import random
import secrets
import time
import unittest
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar, TypeVar

from obs_client.client import ObjectStorageClient
from obs_client.errors import InvalidNameError, NotSupportedError
from obs_client.models import Capabilities, ObjectInfo
from obs_client.testing.promise import describe
from obs_client.testing.wrapper import RecordingClient

if TYPE_CHECKING:
    from unittest import TestCase as _Case
else:
    # Not a TestCase, so that importing the suite collects nothing.
    _Case = object

Item = TypeVar("Item")


class ConformanceBase(_Case):
    """Override `make_client`, and what of the following does not fit.

    Attributes:
        container_name: None: a container with a random name is made for the class, and deleted. Otherwise everything
            happens in this container, which must exist.
        prefix: With `container_name`, everything happens under a new random name below this prefix, and there in a
            folder for each test.
        many: Objects of a listing of more than one page, and of more than one batch of deletions. A store with larger
            batches gets fewer, and is asked for smaller pages.
        smallest_part: Bytes of a part in the tests of large objects, or the store's minimum if that is more.
        settle_seconds: How long the store may take until a listing or a total shows what was written.
        lost_answers: Answers are lost on the way (the fault layer does it), so that `container_create` may say False.
        keeps_everything: The store refuses no legal name, no header and no metadata within its limits.
    """

    maxDiff: int | None = None
    """A difference is told whole, since it is what shows of a server how it differs."""

    container_name: ClassVar[str | None] = None
    prefix: ClassVar[str] = ""
    many: ClassVar[int] = 1100
    smallest_part: ClassVar[int] = 20_000
    settle_seconds: ClassVar[float] = 10.0
    lost_answers: ClassVar[bool] = False
    keeps_everything: ClassVar[bool] = False

    client: ClassVar[ObjectStorageClient]
    container: ClassVar[str]
    base_prefix: str
    part_size: ClassVar[int]
    _containers: ClassVar[list[str]]

    def make_client(self) -> ObjectStorageClient:
        """A client of the store under test; all of them see the same objects. Called without `setUp`, and often.

        A store that lives in one client's memory gives the same client each time.
        """
        raise NotImplementedError("define make_client() in your test class")

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls._containers = []
        cls.client = cls().make_client()
        cls.part_size = max(cls.smallest_part, cls.client.capabilities.part_size_minimum)
        if cls.container_name is None:
            cls.container, cls.base_prefix = random_name(), ""
            cls._containers.append(cls.container)
            cls.client.container_create(cls.container)
        else:
            folder = cls.prefix if cls.prefix.endswith("/") or not cls.prefix else cls.prefix + "/"
            cls.container, cls.base_prefix = cls.container_name, f"{folder}{random_name()}/"

    @classmethod
    def tearDownClass(cls) -> None:
        try:
            cls._leave_nothing()
        finally:
            cls.client.close()
            super().tearDownClass()

    def setUp(self) -> None:
        super().setUp()
        self._named: set[str] = set()
        if self.container_name is not None:
            # What another test left (SeaweedFS lists folders for minutes) is not this one's to find.
            self.base_prefix = f"{type(self).base_prefix}{self._testMethodName.removeprefix('test_')}/"
        self.client.container_name = self.container
        self.set_options()
        self.addCleanup(self._remove_objects)

    # ---- names and places -------------------------------------------------------------------------------------------

    def name(self, text: str) -> str:
        """The object name to use for a test's own name; what gets this name is deleted after the test."""
        full = self.base_prefix + text
        self._named.add(full)
        return full

    def name_of_size(self, size: int, unit: str = "n") -> str:
        """A name of so many bytes, the prefix included; `unit` has a size that divides the rest or is filled up."""
        room = size - len(self.base_prefix.encode())
        count, rest = divmod(room, len(unit.encode()))
        return self.name(unit * count + "x" * rest)

    def own_name(self, full: str) -> str:
        """The test's own name for an object name of a listing."""
        return full.removeprefix(self.base_prefix)

    def new_container(self) -> str:
        """Another empty container, force-deleted after the test."""
        name = self.absent_container()
        self._containers.append(name)
        self.addCleanup(self.client.container_delete, name, force=True)
        self.client.container_create(name)
        return name

    def absent_container(self) -> str:
        """The name of a container that is not there, and will be deleted if a test creates it."""
        self.require_free_choice()
        name = random_name()
        self.addCleanup(self.client.container_delete, name, force=True)
        return name

    def require_free_choice(self) -> None:
        """Skip a test that needs containers of its own, if the suite must stay in one."""
        if self.container_name is not None:
            self.skipTest(f"limited to the container {self.container_name!r}; this test needs containers of its own")

    def require(self, capability: str) -> None:
        """Skip a test of what the store does not declare."""
        if not getattr(self.capabilities, capability):
            self.skipTest(f"capabilities.{capability} is False")

    # ---- clients ----------------------------------------------------------------------------------------------------

    @property
    def capabilities(self) -> Capabilities:
        """What the store declares."""
        return self.client.capabilities

    def set_options(self, workers: int = 4) -> None:
        """Give the client small parts, so that small content is a large object."""
        self.client.options = dataclasses.replace(self.client.options, part_size=self.part_size, workers=workers)

    def another_client(self) -> ObjectStorageClient:
        """A second client of the same store, set up as the first."""
        client = self.make_client()
        client.container_name = self.container
        client.options = dataclasses.replace(client.options, part_size=self.part_size)
        self.addCleanup(client.close)
        return client

    def recording_client(self) -> RecordingClient:
        """The client, with a list of the primitives that are called."""
        return RecordingClient(self.client)

    def refused(self, call: Callable[[ObjectStorageClient], object]) -> bool:
        """Whether a legal call is refused as it may be: typed, and before any request; another failure goes out."""
        client = self.recording_client()
        try:
            call(client)
        except (InvalidNameError, NotSupportedError):
            if self.keeps_everything or client.calls:
                raise
            return True
        return False

    def takes_no(self, name: str, data: bytes = b"") -> bool:
        """Whether the store refuses an object name as it may; otherwise the object is written."""
        return self.refused(lambda client: client.object_write(name, data))

    # ---- content ----------------------------------------------------------------------------------------------------

    def content(self, size: int) -> bytes:
        """Bytes that do not repeat; the same for the same size."""
        return random.Random(size).randbytes(size)  # noqa: S311 - repeats with its seed

    def sizes(self) -> list[int]:
        """Sizes around the borders between no byte, one request and several parts."""
        part = self.part_size
        return [0, 1, part - 1, part, part + 1, 3 * part + 7]

    def large(self) -> bytes:
        """Content of more than three parts."""
        return self.content(3 * self.part_size + 7)

    def put(self, text: str, data: bytes = b"content", metadata: dict[str, str] | None = None) -> str:
        """Write an object under a test's own name; returns its full name."""
        name = self.name(text)
        self.client.object_write(name, data, metadata)
        return name

    def info(self, name: str) -> ObjectInfo:
        """The info of an object that must be there."""
        info = self.client.object_info(name)
        self.assertIsNotNone(info, f"object_info says that {name!r} is absent")
        assert info is not None
        return info

    def metadata(self, name: str) -> dict[str, str]:
        """The metadata of an object that must be there."""
        found = self.info(name).metadata
        assert found is not None, "object_info returns metadata None"
        return found

    def names_listed(self) -> list[str]:
        """The tests' own names of all objects in the place under test, as listed."""
        entries = self.client.object_list(prefix=self.base_prefix)
        return [self.own_name(entry.name) for entry in entries if isinstance(entry, ObjectInfo)]

    def sweep_afterwards(self) -> None:
        """For tests with racing writers: what they leave is for `cleanup`, and not for other tests to find."""
        if self.container_name is None:
            self.addCleanup(self.client.cleanup, older_than=0)

    # ---- checks -----------------------------------------------------------------------------------------------------

    def each(self, items: Iterable[Item], check: Callable[[Item], object]) -> None:
        """Check all items, and fail with all that failed; at least one item must be given."""
        failures, count = [], 0
        for item in items:
            count += 1
            try:
                check(item)
            except unittest.SkipTest:
                raise
            except Exception as error:  # noqa: BLE001 - told below, with all others
                failures.append(f"{shortened(item)}: {describe(error)}")
        self.assertGreater(count, 0, "nothing was checked")
        if failures:
            self.fail(f"{len(failures)} of {count}:\n  " + "\n  ".join(failures[:8]))

    def eventually(self, check: Callable[[], object]) -> None:
        """Check again until it holds, for stores that show a write only after a while."""
        deadline = time.monotonic() + self.settle_seconds
        while True:
            try:
                check()
                return
            except AssertionError:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(0.2)

    def assert_names_listed(self, expected: Iterable[str]) -> None:
        """The listing has these names, each once, and no other."""
        wanted = sorted(expected)
        self.eventually(lambda: self.assertEqual(sorted(self.names_listed()), wanted))

    def assert_same_info(self, found: ObjectInfo, expected: ObjectInfo) -> None:
        """Two infos are equal, but for the fractions of a second."""
        self.assertEqual(dataclasses.replace(found, last_modified=expected.last_modified), expected)
        if found.last_modified is not None and expected.last_modified is not None:
            self.assertLess(abs(found.last_modified - expected.last_modified), 1.5)

    # ---- the way back -----------------------------------------------------------------------------------------------

    def _remove_objects(self) -> None:
        self.client.container_name = self.container
        listed = {self.base_prefix + name for name in self.names_listed()}
        self.client.object_delete_many(listed | self._named)

    @classmethod
    def _leave_nothing(cls) -> None:
        for name in cls._containers:
            cls.client.container_delete(name, force=True)
        left: list[object] = [name for name in cls._containers if cls.client.container_info(name) is not None]
        if cls.container_name is not None:
            left += cls.client.object_list(prefix=cls.base_prefix, container_name=cls.container)
        if left:
            raise AssertionError(f"The suite leaves a store as it found it, but these are left: {left}")


def random_name() -> str:
    """A name that every store takes for a container, and that nobody else uses."""
    return f"obs-test-{secrets.token_hex(6)}"


def shortened(item: object) -> str:
    """An item as a failure shows it."""
    text = repr(item)
    return text if len(text) <= 100 else f"{text[:60]}... ({len(text)} characters)"
