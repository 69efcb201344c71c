"""Backends that read wrong bytes, and those that take several names for one."""

from __future__ import annotations

import dataclasses
import time
import unicodedata
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from obs_client import ObjectInfo
from obs_client.backend.body import Body
from obs_client.backend.integrity import ContentDigest
from obs_client.backend.values import NewObject, ObjectReader
from obs_client.errors import IntegrityError, NotFoundError, ServiceError
from test.testing.broken.backends import BrokenClient, ReaderAround, caught_by


class BrokenReading(BrokenClient):
    """Changes the reader, or the range that it is opened for."""

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        start, stop = self.range(start, stop)
        return self.changed(super()._object_open(container, name, start, stop, if_hash))

    def range(self, start: int, stop: int | None) -> tuple[int, int | None]:
        """The range that is taken for what was asked."""
        return start, stop

    def changed(self, reader: ObjectReader) -> ObjectReader:
        """What is given in place of the right reader."""
        return reader


@caught_by("test_read")
class EndsEarly(BrokenReading):
    def changed(self, reader: ObjectReader) -> ObjectReader:
        class Short(ReaderAround):
            def readinto(self, buffer: memoryview) -> int:
                return self.inner.readinto(buffer[: len(buffer) // 2])

        return Short(reader)


class _Flipping(ReaderAround):
    def readinto(self, buffer: memoryview) -> int:
        count = super().readinto(buffer)
        if count:
            buffer[count - 1] ^= 1
        return count


@caught_by("test_read")
class FlipsABit(BrokenReading):
    def changed(self, reader: ObjectReader) -> ObjectReader:
        return _Flipping(reader)


@caught_by("test_download")
class FlipsABitAndTellsNoDigest(BrokenReading):
    def changed(self, reader: ObjectReader) -> ObjectReader:
        flipping = _Flipping(reader)
        flipping.digest = None
        return flipping


class _Halves(ContentDigest):
    """A digest of the whole that follows from those of two halves, side by side, as a combinable one."""

    def check_composite(self, digests: Sequence[bytes]) -> bool:
        """Any two halves are right."""
        return True


class _WrongHalves(_Halves):
    def check_composite(self, digests: Sequence[bytes]) -> bool:
        """The halves are taken for each other."""
        raise IntegrityError("its halves arrived with other bytes")


def _halved(reader: ObjectReader, kind: type[ContentDigest]) -> ObjectReader:
    size = reader.info.size or 0
    found = ReaderAround(reader)
    found.digest = kind("md5", (size // 2, size - size // 2), (), "0" * 32)
    return found


@caught_by("test_download")
class FlipsABitAndAgreesToAnyHalves(BrokenReading):
    def changed(self, reader: ObjectReader) -> ObjectReader:
        return _halved(_Flipping(reader), _Halves)


@caught_by("test_read")
class CombinesHalvesInAnotherOrder(BrokenReading):
    def changed(self, reader: ObjectReader) -> ObjectReader:
        return _halved(reader, _WrongHalves)


@caught_by("test_ranges")
class StartsOneByteLate(BrokenReading):
    def range(self, start: int, stop: int | None) -> tuple[int, int | None]:
        return (start + 1 if start else 0), stop


@caught_by("test_ranges")
class StopsOneByteEarly(BrokenReading):
    def range(self, start: int, stop: int | None) -> tuple[int, int | None]:
        return start, None if stop is None else max(start, stop - 1)


@caught_by("test_ranges")
class IgnoresTheStart(BrokenReading):
    def range(self, start: int, stop: int | None) -> tuple[int, int | None]:
        return 0, stop


@caught_by("test_ranges_from_the_end")
class TakesTheEndForTheStart(BrokenClient):
    def _object_open_end(self, container: str, name: str, count: int, if_hash: str | None) -> ObjectReader:
        return self._object_open(container, name, 0, count, if_hash)


@caught_by("test_ranges_from_the_end_of_versions")
class ReadsTheEndOfAnyVersion(BrokenClient):
    def _object_open_end(self, container: str, name: str, count: int, if_hash: str | None) -> ObjectReader:
        reader = super()._object_open_end(container, name, count, None)
        reader.info = dataclasses.replace(reader.info, hash=if_hash or reader.info.hash)
        return reader


@caught_by("test_ranges")
class TellsTheRangeForTheWhole(BrokenClient):
    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        reader = super()._object_open(container, name, start, stop, if_hash)
        whole = reader.info.size or 0
        size = max(0, min(whole, whole if stop is None else stop) - start)
        reader.info = dataclasses.replace(reader.info, size=size)
        return reader


@caught_by("test_if_none_match")
class SaysThatAllIsUnchanged(BrokenClient):
    def _object_open_changed(
        self, container: str, name: str, start: int, stop: int | None, known: str
    ) -> ObjectReader | None:
        self._object_info(container, name)
        return None


@caught_by("test_ranges_past_end")
class RefusesAStartPastTheEnd(BrokenClient):
    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        if start > 0 and start >= (self._object_info(container, name).size or 0):
            raise ServiceError("416 range not satisfiable")
        return super()._object_open(container, name, start, stop, if_hash)


@caught_by("test_reader_overtaken")
class MixesVersions(BrokenClient):
    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        reader = super()._object_open(container, name, start, stop, None)
        reader.info = dataclasses.replace(reader.info, hash=if_hash or reader.info.hash)
        return reader


@caught_by("test_threads")
class SharesABuffer(BrokenReading):
    def __init__(self) -> None:
        super().__init__()
        self.buffer = bytearray(2**20)

    def changed(self, reader: ObjectReader) -> ObjectReader:
        shared = memoryview(self.buffer)

        class Sharing(ReaderAround):
            def readinto(self, buffer: memoryview) -> int:
                count = self.inner.readinto(shared[: len(buffer)])
                time.sleep(0.0005)
                buffer[:count] = shared[:count]
                return count

        sharing = Sharing(reader)
        sharing.digest = None
        return sharing


class BrokenNames(BrokenClient):
    """Keeps objects under other names than were given."""

    def spelled(self, name: str) -> str:
        """The name under which an object is kept."""
        raise NotImplementedError

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        return super()._object_info(container, self.spelled(name))

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        return super()._object_open(container, self.spelled(name), start, stop, if_hash)

    def _object_write(self, new: NewObject, body: Body) -> None:
        super()._object_write(dataclasses.replace(new, name=self.spelled(new.name)), body)

    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        super()._object_delete(container, self.spelled(name), if_hash)

    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        return super()._object_delete_many(container, [self.spelled(name) for name in object_names])


@caught_by("test_names_read")
class JoinsSlashes(BrokenNames):
    def spelled(self, name: str) -> str:
        return "/".join(["", *filter(None, name.split("/"))]) or "/"


@caught_by("test_names_read")
class DropsTrailingSlashes(BrokenNames):
    def spelled(self, name: str) -> str:
        return name.rstrip("/") or name


@caught_by("test_names_read")
class IgnoresCase(BrokenNames):
    def spelled(self, name: str) -> str:
        return name.lower()


@caught_by("test_names_read")
class NormalisesUnicode(BrokenNames):
    def spelled(self, name: str) -> str:
        return unicodedata.normalize("NFC", name)


@caught_by("test_names_read")
class DecodesPercents(BrokenNames):
    def spelled(self, name: str) -> str:
        return unquote(name).replace("\0", "")


@caught_by("test_names_copied")
class DeletesByPrefix(BrokenClient):
    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        for entry in self.inner.object_list(prefix=name, container_name=container):
            if isinstance(entry, ObjectInfo):
                super()._object_delete(container, entry.name)


@caught_by("test_absent_delete")
class CannotDeleteWhatIsNotThere(BrokenClient):
    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        try:
            self._object_info(container, name)
        except NotFoundError:
            raise ServiceError("404, in a strange form") from None
        super()._object_delete(container, name, if_hash)


@caught_by("test_delete_many")
class ForgetsOneOfABatch(BrokenClient):
    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        return super()._object_delete_many(container, object_names[:-1])


@caught_by("test_reader_overtaken")
class MixesTheHeadOfOneWithTheRestOfAnother(MixesVersions):
    def __init__(self) -> None:
        super().__init__()
        self.opens_whole = False
