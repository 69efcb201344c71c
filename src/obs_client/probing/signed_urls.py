"""Signed URLs, really used, by a client without a login."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from obs_client._http.pool import HttpPool
from obs_client.backend.values import UrlTerms
from obs_client.errors import ConfigurationError, NotSupportedError
from obs_client.probing.ground import Ground, Told, fails, holds, unknown
from obs_client.probing.profile import Finding

TOPIC = "signed URLs"
SECONDS = 300
TIMEOUT = 10.0

_CONTENT = b"content"
_SIGNATURE = re.compile(r"(?i)([?&][^=&]*sig[^=&]*=)([^&]+)")


def signed_urls(ground: Ground) -> Iterator[Finding]:
    """GET and PUT, and a URL that was changed on the way."""
    yield ground.tell(TOPIC, "GET by a signed URL", lambda: _told(ground, _get))
    yield ground.tell(TOPIC, "PUT by a signed URL", lambda: _told(ground, _put))
    yield ground.tell(TOPIC, "a changed signature is refused", lambda: _told(ground, _changed))


def _told(ground: Ground, trial: Callable[[Ground], Told]) -> Told:
    ground.write("signed", _CONTENT)
    try:
        return trial(ground)
    except NotSupportedError as error:
        return fails(str(error))
    except (ConfigurationError, OSError) as error:
        return unknown(str(error))


def _get(ground: Ground) -> Told:
    status, content = _send(ground, "GET", _download_url(ground))
    return holds() if (status, content) == (200, _CONTENT) else fails(f"the response has status {status}")


def _put(ground: Ground) -> Told:
    name = ground.name("put")
    ground.ledger.note(name)
    url = ground.border.object_generate_upload_url(ground.container, name, SECONDS, UrlTerms())
    status, _ = _send(ground, "PUT", url, _CONTENT, dict(ground.border.capabilities.upload_url_headers))
    if not 200 <= status < 300:
        return fails(f"the response has status {status}")
    return holds() if ground.is_there("put") and ground.read("put") == _CONTENT else fails("it stores nothing")


def _changed(ground: Ground) -> Told:
    url = _download_url(ground)
    found = _SIGNATURE.search(url)
    if found is None:
        return unknown("no signature is seen in the URL")
    wrong = "".join("1" if letter == "0" else "0" for letter in found[2])
    status, _ = _send(ground, "GET", url[: found.start(2)] + wrong + url[found.end(2) :])
    return fails("it works like the right one") if status == 200 else holds(f"with {status}")


def _download_url(ground: Ground) -> str:
    return ground.border.object_generate_download_url(ground.container, ground.name("signed"), SECONDS, UrlTerms())


def _send(
    ground: Ground, method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    ground.ledger.count_request()
    pool = HttpPool(verify=ground.verify, timeout=TIMEOUT)
    try:
        with pool.request(method, url, headers or {}, body) as answer:
            return answer.status, answer.read(1024 * 1024)
    finally:
        pool.close()
