"""Deleting objects, one and many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from obs_client.client import ObjectStorageClient
from obs_client.errors import InvalidNameError, PartialFailureError, ServiceError
from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise
from obs_client.testing.wrapper import WrappedClient


class DeletingTests(ConformanceBase):
    """What is promised of deleting."""

    @promise("A deleted object, small or large, is gone in every respect; object_delete returns True.")
    def test_delete(self) -> None:
        for data in (b"small", self.large()):
            name = self.put("object", data)
            self.assertIs(self.client.object_delete(name), True)
            self.assertIsNone(self.client.object_info(name))
            self.assert_names_listed([])
            self.assertIs(self.client.object_delete(name), True)

    @promise("Deleting an object leaves all others, also those whose names begin or end alike.")
    def test_delete_leaves_others(self) -> None:
        names = ["a", "a/b", "a/b/c", "a/", "ab", "b/a"]
        for text in names:
            self.put(text, text.encode())
        for deleted in names:
            self.client.object_delete(self.name(deleted))
            self.assert_names_listed(text for text in names if text != deleted)
            self.each(
                [text for text in names if text != deleted],
                lambda text: self.assertEqual(self.client.object_read(self.name(text)), text.encode()),
            )
            self.put(deleted, deleted.encode())

    @promise("object_delete_many deletes all names, absent and repeated ones are no failure, and returns None.")
    def test_delete_many(self) -> None:
        for text in ("a", "b", "c", "kept"):
            self.put(text, self.large() if text == "b" else b"small")
        names = [self.name(text) for text in ("absent", "a", "b", "absent too", "a", "c")]
        self.client.object_delete_many(names)
        self.assert_names_listed(["kept"])
        self.client.object_delete_many(names)
        self.assert_names_listed(["kept"])

    @promise("object_delete_prefix deletes all names that start so, and no other, and returns how many.")
    def test_delete_prefix(self) -> None:
        for text in ("a-", "a/1", "a/b/2", "a/b/3", "ab", "z/a/x"):
            self.put(text, self.large() if text == "a/1" else b"small")
        self.eventually(lambda: self.assertEqual(len(self.names_listed()), 6))
        self.assertEqual(self.client.object_delete_prefix(self.base_prefix + "a/"), 3)
        self.assert_names_listed(["a-", "ab", "z/a/x"])
        self.assertEqual(self.client.object_delete_prefix(self.base_prefix + "never/"), 0)
        self.assertEqual(self.client.object_delete_prefix(self.base_prefix + "a"), 2)
        self.assert_names_listed(["z/a/x"])
        with self.assertRaises(ValueError):
            self.client.object_delete_prefix("")

    @promise("object_delete_many takes any iterable, also an empty one.")
    def test_delete_many_iterables(self) -> None:
        self.client.object_delete_many([])
        self.client.object_delete_many(iter(()))
        self.client.object_delete_many({self.put("a"), self.put("b")})
        self.client.object_delete_many(name for name in (self.put("c"), self.put("d")))
        self.assert_names_listed([])

    @promise("object_delete_many of one text in place of several names is refused with TypeError; nothing is deleted.")
    def test_delete_many_of_text(self) -> None:
        for text in ("a", "b"):
            self.put(text)
        for wrong in ("ab", b"ab", None, 5):
            with self.assertRaises(TypeError):
                self.client.object_delete_many(wrong)  # type: ignore[arg-type]
        with self.assertRaises(InvalidNameError):
            self.client.object_delete_many([self.name("a"), ""])
        self.assert_names_listed(["a", "b"])

    @promise(
        "What object_delete_many could not delete is reported by name in PartialFailureError; the rest is deleted."
    )
    def test_delete_many_partly(self) -> None:
        names = [self.put(text) for text in ("a", "b", "c")]
        client = _RefusingClient(self.client, names[1])
        with self.assertRaises(PartialFailureError) as caught:
            client.object_delete_many(names)
        self.assertEqual(list(caught.exception.failures), [names[1]])
        self.assertIsInstance(caught.exception.failures[names[1]], ServiceError)
        self.assert_names_listed(["b"])


class _RefusingClient(WrappedClient):
    """Does not delete one object."""

    def __init__(self, inner: ObjectStorageClient, refused: str) -> None:
        super().__init__(inner)
        self._refused = refused

    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        allowed = [name for name in object_names if name != self._refused]
        failures = dict(super()._object_delete_many(container, allowed)) if allowed else {}
        if self._refused in object_names:
            failures[self._refused] = ServiceError("this one is locked")
        return failures
