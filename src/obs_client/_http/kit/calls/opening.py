"""Opening an object: from the answer to one GET a reader of a range, of the last bytes, or of no bytes."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Generic, TypeVar

from obs_client._http.answer import HttpAnswer
from obs_client._http.kit.ranges import Place, end_header, find_end, find_place, range_header
from obs_client._http.kit.readers import AnswerReader, EmptyReader
from obs_client.backend.integrity import ContentDigest
from obs_client.backend.values import ObjectReader
from obs_client.models import ObjectInfo

Sends = TypeVar("Sends")


class Opening(abc.ABC, Generic[Sends]):
    """One object that is to be read: what its store is asked, and what it tells.

    Args:
        requests: What sends the store's requests.
        if_hash: Of the version that is wanted; None: whichever is there.
        known: The hash of what need not be sent, for stores that answer it by 304.
        check: Whether what is read to its end is compared with what the store tells of it.
    """

    def __init__(
        self,
        requests: Sends,
        container: str,
        name: str,
        if_hash: str | None = None,
        known: str | None = None,
        *,
        check: bool,
    ) -> None:
        self.requests = requests
        self.container = container
        self.name = name
        self.if_hash = if_hash
        self.known = known
        self._check = check

    @abc.abstractmethod
    def _ask(self, part: str | None) -> HttpAnswer | None:
        """The answer to a GET; None: that part is past the object's end.

        Args:
            part: A value of `Range`; None: all of the object.
        """

    @abc.abstractmethod
    def _look(self) -> ObjectInfo:
        """What is known of the object, without its content."""

    @abc.abstractmethod
    def _info_of(self, answer: HttpAnswer, size: int | None) -> ObjectInfo:
        """What an answer to a GET tells of the object, after a look whether it is the store's.

        Args:
            size: Of the object, in bytes; None: the answer does not say.
        """

    @abc.abstractmethod
    def _digest_of(self, answer: HttpAnswer, info: ObjectInfo) -> ContentDigest | None:
        """What all of the content must hash to; None: nobody knows."""

    def open(self, start: int, stop: int | None) -> ObjectReader:
        """A reader of the bytes from `start` up to `stop`."""
        if start == stop:
            return EmptyReader(self._look())
        opened = self._opened(range_header(start, stop), lambda answer: find_place(answer, start, stop))
        return opened or EmptyReader(self._look())

    def open_end(self, count: int) -> ObjectReader | None:
        """A reader of the last bytes; None: the server does not tell them so, or there are none."""
        return self._opened(end_header(count), lambda answer: find_end(answer, count))

    def _opened(self, part: str | None, find: Callable[[HttpAnswer], Place | None]) -> ObjectReader | None:
        answer = self._ask(part)
        if answer is None:
            return None
        try:
            place = find(answer)
            if place is not None:
                info = self._info_of(answer, place.size)
                whole = place.skip == 0 and place.take == place.size
                digest = self._digest_of(answer, info) if whole and self._check else None
                return AnswerReader(info, answer, place._replace(size=info.size), digest)
        except BaseException:
            answer.close()
            raise
        answer.close()
        return None
