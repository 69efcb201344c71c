"""AWS's Signature Version 4 in headers, for requests whose body is not signed: who asks, for what, and when.

By AWS's document "Create a signed AWS API request". The tests compare it with botocore's signer, byte for byte.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

_PAYLOAD = "UNSIGNED-PAYLOAD"
_PORTS = {"http": 80, "https": 443}
_NOT_SIGNED = frozenset({"expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"})
"""Headers that proxies may change on the way."""


class Keys(Protocol):
    """Credentials at one moment, as botocore freezes them."""

    @property
    def access_key(self) -> str: ...

    @property
    def secret_key(self) -> str: ...

    @property
    def token(self) -> str | None: ...


class Signature:
    """Signs the requests of one region and service.

    Args:
        find_keys: Gives the credentials to sign with now; asked for each request, so that renewed ones are used.
    """

    def __init__(self, region: str, service: str, find_keys: Callable[[], Keys]) -> None:
        self._region = region
        self._service = service
        self._find_keys = find_keys
        self._kept: tuple[str, str, bytes] = ("", "", b"")

    def sign(self, method: str, url: str, headers: dict[str, str]) -> None:
        """Add to `headers` the host, the time and the signature; they and the URL must go out as they are then."""
        keys = self._find_keys()
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        start = url.index("/", url.index("://") + 3)
        path, _, query = url[start:].partition("?")
        headers["Host"] = _host(url[:start])
        headers["X-Amz-Date"] = stamp
        headers["X-Amz-Content-SHA256"] = _PAYLOAD
        if keys.token:
            headers["X-Amz-Security-Token"] = keys.token
        signed = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
        names = sorted(signed.keys() - _NOT_SIGNED)
        lines = [f"{name}:{signed[name]}" for name in names]
        listed = ";".join(names)
        request = "\n".join((method, path, _sorted(query), *lines, "", listed, _PAYLOAD))
        scope = f"{stamp[:8]}/{self._region}/{self._service}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        value = _mac(self._key(keys.secret_key, stamp[:8]), text).hex()
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={keys.access_key}/{scope}, SignedHeaders={listed}, Signature={value}"
        )

    def _key(self, secret: str, day: str) -> bytes:
        """The key of a day, kept for the next request."""
        kept = self._kept
        if kept[:2] != (secret, day):
            key = f"AWS4{secret}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = _mac(key, part)
            kept = self._kept = (secret, day, key)
        return kept[2]


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), "sha256").digest()


def _sorted(query: str) -> str:
    """The query in the order of names and values; a name without a value gets an empty one."""
    if not query:
        return ""
    pairs = sorted(pair.partition("=")[::2] for pair in query.split("&"))
    return "&".join(f"{name}={value}" for name, value in pairs)


@functools.lru_cache(64)
def _host(origin: str) -> str:
    """The host of an origin, with its port unless that is the scheme's own."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    return host if parts.port in (None, _PORTS.get(parts.scheme)) else f"{host}:{parts.port}"
