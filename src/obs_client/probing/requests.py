"""Which requests a store takes: where containers stand in URLs, what signatures cover, which digests are verified."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

from obs_client._engine.transfers.guarded_upload import GuardedUpload
from obs_client.backend.body import BytesBody
from obs_client.backend.integrity import new_hash
from obs_client.backend.multipart import Part
from obs_client.backend.values import UrlTerms
from obs_client.errors import IntegrityError, ObjectStorageClientError
from obs_client.probing.ground import Ground, Told, fails, holds, is_of_client, refused, unknown
from obs_client.probing.profile import Finding

ADDRESSING, PAYLOADS, CHECKSUMS = "addressing", "signatures", "checksums"

STYLES = {"path": "containers in the path", "virtual": "containers in the name of the host"}
SIGNED = {True: "signed payloads", False: "payloads that are not signed"}
WRONG_DIGEST = "a write with a wrong digest is refused"
WRONG_PART = "a part with a wrong digest is refused"
CRC32 = "writes with CRC-32 in headers of S3"
LARGE_CRC32 = "parts with CRC-32 in headers of S3"
WRONG_CRC32 = "a write with a wrong CRC-32 is refused"
WRONG_PART_CRC32 = "a part with a wrong CRC-32 is refused"

_CONTENT, _OTHER = b"content", b"another content"


def requests(ground: Ground) -> Iterator[Finding]:
    """What the client's own requests show, and those of clients with other options."""
    if ground.takes("addressing_style"):
        for style, name in STYLES.items():
            yield ground.tell(ADDRESSING, name, partial(_addressed, ground, style))
    if ground.takes("sign_payload"):
        for sign, name in SIGNED.items():
            yield ground.tell(PAYLOADS, name, partial(_written, ground, sign_payload=sign))
    yield ground.tell(CHECKSUMS, WRONG_DIGEST, lambda: _wrong_write(ground))
    yield ground.tell(CHECKSUMS, WRONG_PART, lambda: _wrong_part(ground))
    if ground.takes("checksums"):
        yield ground.tell(CHECKSUMS, CRC32, partial(_written, ground, checksums=True))
        yield ground.tell(CHECKSUMS, LARGE_CRC32, lambda: _large(ground.another(checksums=True)))
        yield ground.tell(CHECKSUMS, WRONG_CRC32, lambda: _wrong_write(ground.another(checksums=True)))
        yield ground.tell(CHECKSUMS, WRONG_PART_CRC32, lambda: _wrong_part(ground.another(checksums=True)))


class _Lying(BytesBody):
    """A body with the digests of another content; `asked` tells whether anybody wanted them."""

    asked = False

    def digest(self, algorithm: str) -> bytes:
        self.asked = True
        hasher = new_hash(algorithm)
        hasher.update(_OTHER)
        return hasher.digest()


def _written(ground: Ground, **options: bool | str) -> Told:
    """Whether a client with these options writes and reads: the store has just answered the one without."""
    other = ground.another(**options)
    try:
        other.write("by-another", _CONTENT)
        found = other.read("by-another")
    except ObjectStorageClientError as error:
        return unknown(str(error)) if is_of_client(error) else fails(str(error))
    return holds() if found == _CONTENT else fails("what is written comes back as other bytes")


def _large(ground: Ground) -> Told:
    error = refused(lambda: ground.upload("large-by-another", _CONTENT))
    if error is not None:
        return fails(str(error))
    return holds() if ground.read("large-by-another") == _CONTENT else fails("it comes back as other bytes")


def _addressed(ground: Ground, style: str) -> Told:
    told = _written(ground, addressing_style=style)
    other = ground.another(addressing_style=style)
    url = other.border.object_generate_download_url(ground.container, ground.name("by-another"), 300, UrlTerms())
    in_host = (urlsplit(url).hostname or "").startswith(f"{ground.container}.")
    if in_host != (style == "virtual"):
        return unknown("this container has no such address: its name, or that of the host, does not allow it")
    return told


def _wrong_write(ground: Ground) -> Told:
    body = _Lying(_CONTENT)
    error: ObjectStorageClientError | None = None
    try:
        error = refused(lambda: ground.write("wrong-digest", body))
    except IntegrityError as raised:
        error = raised
    if not body.asked:
        return unknown("this client sends no digest to this store")
    if ground.is_there("wrong-digest"):
        return fails("the store took it")
    return _by_server(error)


def _wrong_part(ground: Ground) -> Told:
    upload = GuardedUpload(ground.border, ground.new("wrong-part", None))
    body = _Lying(_CONTENT)
    error: BaseException = AssertionError("the end of a trial")
    try:
        upload.put_part(Part(1, 0, body.size), body)
        return fails("the store took it") if body.asked else unknown("this client sends no digest to this store")
    except IntegrityError as raised:
        error = raised
        return _by_server(raised)
    except BaseException as raised:
        error = raised
        raise
    finally:
        upload.abort_after(error)


def _by_server(error: ObjectStorageClientError | None) -> Told:
    """What a refusal says, if the store made it: only then it has a cause, the store's answer."""
    if error is None:
        return fails("success is reported, but nothing is stored")
    if is_of_client(error):
        return fails(f"only the client saw it: {error}")
    return holds() if isinstance(error, IntegrityError) else unknown(f"such a request is refused: {error}")
