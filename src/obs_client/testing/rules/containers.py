"""Containers: made, seen, chosen, deleted."""

from __future__ import annotations

import time

from obs_client.errors import ContainerNotSpecified, InvalidNameError, NotSupportedError, TemporaryError
from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise

MADE_AGAIN_SECONDS = 120.0
"""How long a store may keep the name of a container that was deleted; Azure says that it is half a minute or more."""


class ContainerTests(ConformanceBase):
    """What is promised of containers."""

    @promise("Deleting the chosen container clears the choice; deleting another one does not.")
    def test_delete_of_the_chosen_one(self) -> None:
        chosen, other = self.new_container(), self.new_container()
        client = self.another_client()
        self.assertIs(client.use_container(chosen), True)
        client.container_delete(other)
        self.assertEqual(client.container_name, chosen)
        client.container_delete(chosen)
        self.assertIsNone(client.container_name)

    @promise("container_create makes a container and returns True; for one that is there it returns False.")
    def test_container_create(self) -> None:
        name = self.absent_container()
        answer = self.client.container_create(name)
        self.assertIn(answer, (True, False) if self.lost_answers else (True,))
        self.assertIsNotNone(self.client.container_info(name))
        self.assertIs(self.client.container_create(name), False)

    @promise("Creating a container that is there changes nothing in it.")
    def test_container_create_again(self) -> None:
        self.require_free_choice()
        name = self.put("kept", b"kept")
        self.client.container_create(self.container)
        self.assertEqual(self.client.object_read(name), b"kept")

    @promise("container_info returns the container's name; of an absent one, None.")
    def test_container_info(self) -> None:
        info = self.client.container_info(self.container)
        assert info is not None, "container_info says that the container is absent"
        self.assertEqual(info.name, self.container)
        self.assertIsNone(self.client.container_info(self.absent_container()))

    @promise("container_list has every container once, and no absent one.")
    def test_container_list(self) -> None:
        other, absent = self.new_container(), self.absent_container()
        found = [entry.name for entry in self.client.container_list()]
        self.assertEqual([found.count(self.container), found.count(other), found.count(absent)], [1, 1, 0])

    @promise("container_list(prefix) has the containers whose names start with the prefix, and no others.")
    def test_container_list_prefix(self) -> None:
        other = self.new_container()
        self.assertEqual([entry.name for entry in self.client.container_list(other)], [other])
        self.assertEqual([entry.name for entry in self.client.container_list(prefix=other[:-1])], [other])
        self.assertEqual(self.client.container_list(f"{other}-longer"), [])

    @promise("Containers report count and bytes of their objects if capabilities.container_totals, else None for both.")
    def test_container_totals(self) -> None:
        container = self.new_container()
        self.client.object_write("one", b"12345", container_name=container)
        self.client.object_write("two", self.large(), container_name=container)
        expected = (5 + len(self.large()), 2) if self.capabilities.container_totals else (None, None)

        def check() -> None:
            info = self.client.container_info(container)
            assert info is not None
            self.assertEqual((info.size, info.count), expected)
            self.assertEqual(info.bytes, info.size)

        self.eventually(check)

    @promise("container_delete removes an empty container; one that is absent is gone too: True.")
    def test_container_delete(self) -> None:
        container = self.new_container()
        self.assertIs(self.client.container_delete(container), True)
        self.assertIsNone(self.client.container_info(container))
        self.assertNotIn(container, [entry.name for entry in self.client.container_list(container)])
        self.assertIs(self.client.container_delete(container), True)

    @promise("container_delete without force returns False for a container with objects, and all of them stay.")
    def test_container_delete_full(self) -> None:
        container = self.new_container()
        self.client.object_write("kept", b"kept", container_name=container)
        self.assertIs(self.client.container_delete(container), False)
        self.assertEqual(self.client.object_read("kept", container), b"kept")

    @promise("container_delete with force removes a container with all its objects, small and large.")
    def test_container_delete_force(self) -> None:
        container = self.new_container()
        self.client.object_write("a", b"a", container_name=container)
        self.client.object_write("a/b", self.large(), container_name=container)
        self.client.object_write("c//d/", b"", container_name=container)
        self.assertIs(self.client.container_delete(container, force=True), True)
        self.assertIsNone(self.client.container_info(container))
        self.assertIs(self.client.container_delete(container, force=True), True)

    @promise(
        "Where containers are not deleted, container_delete refuses that before it deletes any object, by force too."
    )
    def test_container_delete_refused(self) -> None:
        if self.capabilities.container_delete:
            self.skipTest("capabilities.container_delete is True")
        name = self.put("kept", b"kept")
        for force in (False, True):
            with self.assertRaises(NotSupportedError):
                self.client.container_delete(self.container, force=force)
        self.assertIsNotNone(self.client.object_info(name))

    @promise("A container that is deleted and made again is empty.")
    def test_container_made_again(self) -> None:
        container = self.new_container()
        self.client.object_write("old", b"old", container_name=container)
        self.client.container_delete(container, force=True)
        self._make_again(container)
        self.assertEqual(self.client.object_list(container_name=container), [])
        self.assertIsNone(self.client.object_info("old", container))

    def _make_again(self, container: str) -> None:
        """Create a container that was deleted just now: some stores keep its name for a while, and say so."""
        until = time.monotonic() + MADE_AGAIN_SECONDS
        while True:
            try:
                self.client.container_create(container)
                return
            except TemporaryError:
                if time.monotonic() > until:
                    raise
            time.sleep(min(1.0, self.settle_seconds))

    @promise(
        "use_container chooses a container that is there; for an absent one it returns False, the old choice stays."
    )
    def test_use_container(self) -> None:
        other = self.new_container()
        self.assertIs(self.client.use_container(other), True)
        self.client.object_write("here", b"here")
        self.assertEqual(self.client.object_read("here", other), b"here")
        self.assertIs(self.client.use_container(self.absent_container()), False)
        self.assertEqual(self.client.container_name, other)

    @promise("use_container(create=True) makes an absent container and chooses it.")
    def test_use_container_create(self) -> None:
        container = self.absent_container()
        self.assertIs(self.client.use_container(container, create=True), True)
        self.assertIs(self.client.use_container(container, create=True), True)
        self.assertEqual(self.client.object_list(), [])
        self.assertIsNotNone(self.client.container_info(container))

    @promise("use_container(None) chooses no container.")
    def test_use_no_container(self) -> None:
        self.assertIs(self.client.use_container(None), True)
        with self.assertRaises(ContainerNotSpecified):
            self.client.object_list()

    @promise("An object is in its own container only, whatever is in others under the same name.")
    def test_containers_are_apart(self) -> None:
        other = self.new_container()
        name = self.put("same", b"here")
        self.assertIsNone(self.client.object_info(name, other))
        self.client.object_write(name, b"there", container_name=other)
        self.assertEqual([self.client.object_read(name), self.client.object_read(name, other)], [b"here", b"there"])
        self.client.object_delete(name, other)
        self.assertEqual(self.client.object_read(name), b"here")

    @promise("A container name that no store takes is refused with InvalidNameError before any request.")
    def test_container_name_refused(self) -> None:
        client = self.recording_client()
        calls = (client.container_create, client.container_info, client.container_delete, client.use_container)

        def check(name: str) -> None:
            for call in calls:
                with self.assertRaises(InvalidNameError):
                    call(name)
            with self.assertRaises(InvalidNameError):
                client.object_write("name", b"", container_name=name)

        self.each(("", ".", "..", "a/b", "/", "a\0b", "n" * 257, "\ud800"), check)
        self.assertEqual(client.calls, [], "requests were made")
