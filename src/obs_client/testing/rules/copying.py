"""Copying within a store."""

from __future__ import annotations

from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise
from obs_client.testing.rules.attributes import AttributeTests


class CopyingTests(ConformanceBase):
    """What is promised of `object_copy`."""

    @promise("object_copy copies content of any size, returns True, and the source stays.")
    def test_copy(self) -> None:
        def check(size: int) -> None:
            data = self.content(size)
            source, target = self.put("source", data), self.name("target")
            self.assertIs(self.client.object_copy(source, target), True)
            self.assertTrue(self.client.object_read(target) == data, "the copy")
            self.assertTrue(self.client.object_read(source) == data, "the source")
            self.assertEqual(self.info(target).size, size)

        self.each(self.sizes(), check)

    @promise("A copy is an object of its own: changing or deleting one leaves the other.")
    def test_copy_is_apart(self) -> None:
        for data in (b"small", self.large()):
            source, target = self.put("source", data, {"of": "source"}), self.name("target")
            self.client.object_copy(source, target)
            self.client.object_set_metadata(target, "of", "target")
            self.assertEqual(self.metadata(source), {"of": "source"})
            self.client.object_delete(source)
            self.assertTrue(self.client.object_read(target) == data)

    @promise("object_copy replaces the target with all its attributes.")
    def test_copy_replaces(self) -> None:
        source, target = self.put("a.txt", b"new"), self.put("target", self.large(), {"old": "old"})
        self.client.object_copy(source, target)
        info = self.info(target)
        self.assertEqual((info.size, info.metadata, info.content_type), (3, {}, "text/plain"))

    @promise("Copying an object onto itself leaves it as it is.")
    def test_copy_onto_itself(self) -> None:
        for data in (b"small", self.large()):
            name = self.put("object", data, {"key": "value"})
            self.assertIs(self.client.object_copy(name, name), True)
            self.assertTrue(self.client.object_read(name) == data)
            self.assertEqual(self.metadata(name), {"key": "value"})

    @promise("object_copy copies into another container.")
    def test_copy_to_container(self) -> None:
        other = self.new_container()
        for data in (b"small", self.large()):
            source = self.put("source", data, {"key": "value"})
            self.assertIs(self.client.object_copy(source, "target", target_container_name=other), True)
            self.assertTrue(self.client.object_read("target", other) == data)
            info = self.client.object_info("target", other)
            assert info is not None
            self.assertEqual(info.metadata, {"key": "value"})
            self.assertIsNone(self.client.object_info(self.name("target")))
            self.assertIs(self.client.object_copy("target", self.name("back"), other,
                                                  target_container_name=self.container), True)  # fmt: skip
            self.assertTrue(self.client.object_read(self.name("back")) == data)


class CopyingAttributeTests(AttributeTests):
    """What is promised of a copy's attributes."""

    @promise("A copy has the source's content type, headers and metadata, not those guessed from its own name.")
    def test_copy_attributes(self) -> None:
        for data in (b"small", self.large()):
            source, target = self.rich("source", data), self.name("target.txt")
            self.client.object_copy(source, target)
            self.check_rich(target, {"key": "value"})
