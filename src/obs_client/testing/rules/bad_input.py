"""Bad input is refused with a typed error that names the thing, before any request."""

from __future__ import annotations

import pickle

from obs_client.errors import InvalidNameError, ObjectNotFoundError
from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise


class BadInputTests(ConformanceBase):
    """What is promised of wrong types, values and names that belong to no other topic."""

    @promise("Data that is not bytes is refused with TypeError, which says what to pass, before any request.")
    def test_data_of_wrong_type(self) -> None:
        client = self.recording_client()
        for data in ("text", None, 5, [1, 2], object()):
            with self.assertRaises(TypeError) as caught:
                client.object_write(self.name("object"), data)  # type: ignore[arg-type]
            self.assertIn(type(data).__name__, str(caught.exception))
        self.assertEqual(client.calls, [], "requests were made")

    @promise("A prefix, delimiter or start_after of another type is refused before any request, when it is given.")
    def test_impossible_listing(self) -> None:
        client = self.recording_client()
        for wrong in (5, b"bytes"):
            with self.assertRaises(TypeError):
                client.object_iter(prefix=wrong)  # type: ignore[call-overload]
            with self.assertRaises(TypeError):
                client.object_iter(delimiter=wrong)  # type: ignore[call-overload]
            with self.assertRaises(TypeError):
                client.object_iter(start_after=wrong)  # type: ignore[call-overload]
            with self.assertRaises(TypeError):
                client.container_list(wrong)  # type: ignore[arg-type]
        with self.assertRaises(ValueError):
            client.object_iter(delimiter="")
        for lone in ("\ud800", "a\0b"):
            with self.assertRaises(InvalidNameError):
                client.object_iter(prefix=lone)
        self.assertEqual(client.calls, [], "requests were made")

    @promise("A size that is none is refused before any request: TypeError or ValueError.")
    def test_impossible_size(self) -> None:
        client = self.recording_client()
        with open(__file__, "rb") as stream:
            with self.assertRaises(ValueError):
                client.object_upload(stream, self.name("object"), size=-1)
            for wrong in ("5", 1.5, True):
                with self.assertRaises(TypeError):
                    client.object_upload(stream, self.name("object"), size=wrong)  # type: ignore[arg-type]
        self.assertEqual(client.calls, [], "requests were made")

    @promise("An error that names an illegal name shows it, and says what is wrong with it.")
    def test_message_names_the_name(self) -> None:
        for name, word in (("a/../b", "'..'"), ("", "bytes"), ("n" * 1025, "1,025"), ("a\0b", "NUL")):
            with self.assertRaises(InvalidNameError) as caught:
                self.client.object_write(name, b"")
            self.assertIn(word, str(caught.exception))
            self.assertEqual(caught.exception.object_name, name)

    @promise("The library's errors can be pickled, so that they cross process pools.")
    def test_errors_are_pickled(self) -> None:
        with self.assertRaises(ObjectNotFoundError) as caught:
            self.client.object_read(self.name("absent"))
        copy = pickle.loads(pickle.dumps(caught.exception))  # noqa: S301 - our own pickle
        self.assertEqual((type(copy), str(copy)), (ObjectNotFoundError, str(caught.exception)))
        self.assertEqual((copy.object_name, copy.container), (self.name("absent"), self.container))
