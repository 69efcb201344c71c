"""Reading: what is known of an object, and its bytes as they are stored.

Bytes come by the XML API, since its answer has the metadata with them, and its error says what is absent.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import operator
import re
from collections.abc import Mapping, Sequence
from typing import Any

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.buffers import CONTENT_LIMIT
from obs_client._http.kit.calls.opening import Opening
from obs_client._http.kit.calls.queries import headers_of, query_of
from obs_client._http.kit.calls.refusals import Refusal
from obs_client._http.kit.dates import read_date
from obs_client._http.kit.encoded_words import decode_words
from obs_client.backend.combined import CombinedDigest
from obs_client.backend.crcs import prepare
from obs_client.backend.integrity import ContentDigest
from obs_client.backend.values import WRITE_ID_KEY
from obs_client.backends.gcs.requests import Request, Requests, object_path, xml_path
from obs_client.errors import PreconditionError
from obs_client.models import ObjectInfo

ENCRYPTED = "customerEncryption"
"""The field of an object whose key Google does not keep: without it nobody is told its CRC-32C, nor its content."""

FIELDS = (
    "name,size,generation,crc32c,contentType,metadata,timeCreated,"
    f"contentEncoding,contentDisposition,contentLanguage,cacheControl,storageClass,{ENCRYPTED}"
)
"""What is asked of an object."""

DEFAULT_TYPE = "application/octet-stream"
"""As what Google serves an object that has no type."""

METADATA_PREFIX = "x-goog-meta-"

CRC32C_IN_HASH = r"crc32c=([A-Za-z0-9+/]{6}==)"
_DIGEST = r"[A-Za-z0-9+/]{5}[AQgw]=="
_DIGESTS = f"({_DIGEST})*"
_HASH = r"([0-9]+)-[0-9a-f]{8}"
_PAST_THE_END = 416
_NOT_MODIFIED = 304
_SERVED_BY_DEFAULT = ("private, max-age=0", "public, max-age=3600")
"""The `Cache-Control` of objects that have none, closed and public ones ("Cache-Control" in Google's documents)."""


def get_object(container: str, name: str, generation: str | None = None) -> Request:
    """Ask what is known of an object, or only if it is of a generation."""
    query = query_of(f"fields={FIELDS}", ("ifGenerationMatch", generation))
    return Request("objects.get", "GET", object_path(container, name), query)


def generation_of(if_hash: str) -> str:
    """The generation in a hash.

    Raises:
        PreconditionError: No object here has this hash.
    """
    match = re.fullmatch(_HASH, if_hash)
    if not match:
        raise PreconditionError(f"no object in this store has the hash {if_hash!r}")
    return match[1]


def look_at(requests: Requests, container: str, name: str, if_hash: str | None = None) -> ObjectInfo:
    """What is stored under a name."""
    return info_of(requests.json(get_object(container, name, if_hash and generation_of(if_hash))))


def fields_at(requests: Requests, container: str, name: str) -> dict[str, str]:
    """All fields that Google tells of an object; what is no text as JSON."""
    import json

    found = requests.json(Request("objects.get", "GET", object_path(container, name)))
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in found.items()}


def is_changed(requests: Requests, container: str, name: str, known: str) -> bool:
    """Whether an object has another hash than `known`.

    Asked by the JSON API, since the XML API has no such condition: who finds that it is another one asks twice.
    """
    match = re.fullmatch(_HASH, known)
    if match is None:
        return True
    query = query_of("fields=generation", ("ifGenerationNotMatch", match[1]))
    asked = Request("objects.get", "GET", object_path(container, name), query, further=(_NOT_MODIFIED,))
    with requests.call(asked) as answer:
        answer.read(CONTENT_LIMIT)
        return answer.status != _NOT_MODIFIED


class ObjectOpening(Opening[Requests]):
    """One object that is to be read."""

    def _ask(self, part: str | None) -> HttpAnswer | None:
        headers = headers_of(
            # Without it Google unpacks what is stored with gzip, and sends other bytes than there are.
            ("Accept-Encoding", "gzip"),
            ("Range", part),
            ("x-goog-if-generation-match", self.if_hash and generation_of(self.if_hash)),
        )
        try:
            return self.requests.call(Request("Get Object", "GET", xml_path(self.container, self.name), "", headers))
        except Refusal as error:
            if error.status != _PAST_THE_END:
                raise
            return None

    def _look(self) -> ObjectInfo:
        return look_at(self.requests, self.container, self.name, self.if_hash)

    def _info_of(self, answer: HttpAnswer, size: int | None) -> ObjectInfo:
        """By the headers, or by one more request where they lack something."""
        if size is None:
            raise StrangeAnswer(
                "the response does not say how many bytes the object has: something between decompressed it"
            )
        headers = answer.headers
        generation, stored = headers.get("x-goog-generation", ""), headers.get("x-goog-stored-content-length")
        if not generation.isdecimal() or stored not in (None, str(size)):
            raise StrangeAnswer("the response is not of a Google object, or not of the bytes as they are stored")
        told = None if stored is None else info_of_headers(self.name, size, headers)
        if told is None:  # headers cannot carry all that others wrote by JSON; and emulators leave some out
            told = info_of(self.requests.json(get_object(self.container, self.name, generation)))
        if told.size != size:
            raise StrangeAnswer("the response is not of the bytes as they are stored")
        return told

    def _digest_of(self, answer: HttpAnswer, info: ObjectInfo) -> ContentDigest | None:
        if info.hash is None or info.size is None:
            return None
        prepare(info.size)
        return CombinedDigest(info.hash.partition("-")[2], info.size)


def info_of(resource: Mapping[str, Any]) -> ObjectInfo:
    """What a resource of the JSON API tells of an object.

    Raises:
        StrangeAnswer: It is none.
    """
    get = resource.get
    try:
        metadata, mark = read_metadata(get("metadata") or {})
        return ObjectInfo(
            resource["name"],
            int(resource["size"]),
            None if ENCRYPTED in resource else hash_of(resource["generation"], resource["crc32c"]),
            get("contentType", DEFAULT_TYPE),
            metadata,
            seconds_of(resource["timeCreated"]),
            get("contentEncoding") or None,
            get("contentDisposition") or None,
            get("contentLanguage") or None,
            get("cacheControl") or None,
            mark,
            get("storageClass") or None,
            resource["generation"],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StrangeAnswer(f"the response is not an object of Google's: {error!r}") from error


def hash_of(generation: str, crc32c: str) -> str:
    """The hash: the generation, on which conditions depend, and the digest, so that equal ones mean equal content.

    Raises:
        ValueError: One is none.
    """
    if not str.isdecimal(generation) or not re.fullmatch(_DIGEST, crc32c):
        raise ValueError("no generation, or no CRC-32C")
    return f"{generation}-{binascii.a2b_base64(crc32c).hex()}"


def hashes_of(generations: Sequence[str], digests: Sequence[str]) -> list[str]:
    """As `hash_of`, of many at once, in a third of the time."""
    together = "".join(digests)
    told = all(map(str.isdecimal, generations)) and re.fullmatch(_DIGESTS, together) and {*map(len, digests)} <= {8}
    if not told or len(generations) != len(digests):
        raise ValueError("no generation, or no CRC-32C")
    # All are decoded by one call, each as its four bytes and two that are zero.
    values = binascii.a2b_base64(together.replace("==", "AA")).hex("-", 6).replace("0000-", "-")[:-4]
    return list(map("-".join, zip(generations, values.split("-"), strict=True))) if values else []


def seconds_of(time: str) -> float:
    """Epoch seconds of a time in JSON or XML, which is in UTC."""
    return seconds_of_all((time,))[0]


def seconds_of_all(times: Sequence[str]) -> list[float]:
    """As `seconds_of`, of many."""
    import datetime as dt  # slow to load, and not needed to read an object

    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    ages = map(operator.sub, map(dt.datetime.fromisoformat, times), itertools.repeat(epoch))
    return list(map(dt.timedelta.total_seconds, ages))


def read_metadata(kept: Mapping[str, str]) -> tuple[dict[str, str], str | None]:
    """The metadata as it was meant, and the mark of the write."""
    metadata = {key.lower(): decode_words(value) for key, value in kept.items()}
    mark = metadata.pop(WRITE_ID_KEY, None)
    return metadata, mark or None


def info_of_headers(name: str, size: int, headers: Mapping[str, str]) -> ObjectInfo | None:
    """What the headers of a GET tell of an object; None: not all."""
    crc32c, modified = (
        re.search(CRC32C_IN_HASH, headers.get("x-goog-hash", "")),
        read_date(headers.get("last-modified")),
    )
    kept = {key[len(METADATA_PREFIX) :]: value for key, value in headers.items() if key.startswith(METADATA_PREFIX)}
    if crc32c is None or modified is None or not all(map(str.isascii, kept.values())):
        return None
    metadata, mark = read_metadata(kept)
    cached = headers.get("cache-control")
    return ObjectInfo(
        name,
        size,
        hash_of(headers["x-goog-generation"], crc32c[1]),
        headers.get("content-type"),
        metadata,
        modified,
        headers.get("content-encoding") or None,
        headers.get("content-disposition") or None,
        headers.get("content-language") or None,
        None if cached in _SERVED_BY_DEFAULT else cached or None,
        mark,
        headers.get("x-goog-storage-class") or None,
        headers["x-goog-generation"],
    )


def base64_of(digest: bytes) -> str:
    """A digest as Google writes it."""
    return base64.b64encode(digest).decode()
