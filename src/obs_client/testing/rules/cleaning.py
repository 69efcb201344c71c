"""Removing what killed writers left."""

from __future__ import annotations

from obs_client.models import CleanupReport
from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise


class CleanupTests(ConformanceBase):
    """What is promised of `cleanup`."""

    @promise("cleanup removes no object, small or large, whatever its age and name.")
    def test_cleanup_keeps_objects(self) -> None:
        if self.container_name is not None:
            self.skipTest("with older_than=0 it could remove what others are writing in this container")
        contents = {
            "small": b"small",
            "large": self.large(),
            "empty": b"",
            "a/b": b"b",
            ".hidden": b"h",
            "x.tmp": b"t",
            "~1": b"1",
        }
        for text, data in contents.items():
            self.put(text, data, {"key": text.strip(".~")})
        self.client.object_copy(self.name("large"), self.name("copy of large"))
        self.client.object_set_metadata(self.name("large"), "new", "value")
        self.client.cleanup(older_than=0)
        self.client.cleanup(prefix=self.name("l"), older_than=0)
        contents["copy of large"] = self.large()
        self.assert_names_listed(contents)
        self.each(contents, lambda text: self.assertTrue(self.client.object_read(self.name(text)) == contents[text]))

    @promise("cleanup leaves the work of a writer that is younger than older_than.")
    def test_cleanup_keeps_young_uploads(self) -> None:
        with self.client.object_open(self.name("object"), "wb") as file:
            file.write(self.large())
            report = self.client.cleanup(prefix=self.base_prefix)
            self.assertIsInstance(report, CleanupReport)
            self.assertEqual(report.removed, ())
            file.write(b"end")
        self.assertTrue(self.client.object_read(self.name("object")) == self.large() + b"end")

    @promise("A store that nobody left anything in has nothing to clean up.")
    def test_cleanup_nothing(self) -> None:
        if self.container_name is not None:
            self.skipTest("with older_than=0 it could remove what others are writing in this container")
        self.put("small")
        self.put("large", self.large())
        self.client.object_write(self.name("large"), self.large()[::-1])
        self.client.object_delete(self.name("small"))
        self.assertEqual(self.client.cleanup(older_than=0), CleanupReport((), 0))

    @promise("An age or prefix that is none is refused before any request: TypeError or ValueError.")
    def test_impossible_cleanup(self) -> None:
        client = self.recording_client()
        for seconds in (-1, float("nan")):
            with self.assertRaises(ValueError):
                client.cleanup(older_than=seconds)
        with self.assertRaises(TypeError):
            client.cleanup(older_than="1")  # type: ignore[arg-type]
        with self.assertRaises(TypeError):
            client.cleanup(prefix=5)  # type: ignore[arg-type]
        self.assertEqual(client.calls, [], "requests were made")
