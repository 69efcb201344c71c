"""AWS's Signature Version 4: of requests by their headers, and of URLs for others.

By AWS's document "Create a signed AWS API request". The tests compare it with botocore's signer, byte for byte.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol
from urllib.parse import quote, urlsplit

UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
"""Stands for the SHA-256 of a body that is not signed: TLS, or a checksum of its own, protects it."""

TOKEN_HEADER = "X-Amz-Security-Token"  # noqa: S105 - the name of a header

_ALGORITHM = "AWS4-HMAC-SHA256"
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


class FixedKeys(NamedTuple):
    """Keys that are the caller's own and never change."""

    access_key: str
    secret_key: str
    token: str | None = None

    def __repr__(self) -> str:
        return "FixedKeys(***)"


class Signer(Protocol):
    """What signs requests and URLs."""

    def sign(self, method: str, url: str, headers: dict[str, str], payload: str = UNSIGNED_PAYLOAD) -> None:
        """Add to `headers` what the signature needs; they and the URL must be sent as they are then.

        Args:
            payload: The SHA-256 of the body in hex, or what stands for it.
        """

    def presign(self, method: str, url: str, seconds: int, headers: Mapping[str, str]) -> str:
        """The URL with a signature in its query, valid for so many seconds.

        Args:
            headers: Those that a request by it must carry, names in lower case.
        """


class _Mac:
    """HMAC with SHA-256 (RFC 2104) of many texts by one key, which is hashed once: that takes longer than a text."""

    def __init__(self, key: bytes) -> None:
        """Args: key: 64 bytes at most."""
        padded = key.ljust(64, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def of(self, text: str) -> str:
        """In hex."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode())
        outer.update(inner.digest())
        return outer.hexdigest()


class Signature:
    """Signs for one region and service.

    Args:
        find_keys: Returns the credentials to sign with now; called for each request, so that renewed ones are used.
        token_header: Carries the token of a session.
    """

    def __init__(
        self, region: str, service: str, find_keys: Callable[[], Keys], token_header: str = TOKEN_HEADER
    ) -> None:
        self.region = region
        self._service = service
        self._find_keys = find_keys
        self._token_header = token_header
        self._kept: tuple[str, str, _Mac] = ("", "", _Mac(b""))

    def sign(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        payload: str = UNSIGNED_PAYLOAD,
        moment: float | None = None,
    ) -> None:
        """Add to `headers` the host, the time and the signature; they and the URL must be sent as they are then.

        Args:
            payload: The SHA-256 of the body in hex, or what stands for it.
            moment: When it is signed, in epoch seconds; None: now.
        """
        keys = self._find_keys()
        stamp = _stamp(moment)
        origin, path, query = _split(url)
        headers["Host"] = _host(origin)
        headers["X-Amz-Date"] = stamp
        headers["X-Amz-Content-SHA256"] = payload
        if keys.token:
            headers[self._token_header] = keys.token
        signed = {name.lower(): _trimmed(value) for name, value in headers.items()}
        names = sorted(signed.keys() - _NOT_SIGNED)
        lines = [f"{name}:{signed[name]}" for name in names]
        listed = ";".join(names)
        scope = self._scope(stamp)
        request = "\n".join((method, path, _sorted(query), *lines, "", listed, payload))
        value = self._value(keys, stamp, scope, request)
        headers["Authorization"] = (
            f"{_ALGORITHM} Credential={keys.access_key}/{scope}, SignedHeaders={listed}, Signature={value}"
        )

    def presign(
        self, method: str, url: str, seconds: int, headers: Mapping[str, str], moment: float | None = None
    ) -> str:
        """The URL with a signature in its query, valid for so many seconds.

        Args:
            headers: Those that a request by it must carry beside the host, names in lower case.
            moment: When it is signed, in epoch seconds; None: now.
        """
        keys = self._find_keys()
        stamp = _stamp(moment)
        origin, path, query = _split(url)
        scope = self._scope(stamp)
        bound = dict(sorted({**headers, "host": _host(origin)}.items()))
        pairs = {
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{keys.access_key}/{scope}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": ";".join(bound),
        }
        if keys.token:
            pairs[self._token_header] = keys.token
        query = "&".join(
            [*filter(None, [query]), *(f"{name}={quote(value, safe='-._~')}" for name, value in pairs.items())]
        )
        lines = [f"{name}:{' '.join(value.split())}" for name, value in bound.items()]
        request = "\n".join((method, path, _sorted(query), *lines, "", ";".join(bound), UNSIGNED_PAYLOAD))
        return f"{origin}{path}?{query}&X-Amz-Signature={self._value(keys, stamp, scope, request)}"

    def _scope(self, stamp: str) -> str:
        return f"{stamp[:8]}/{self.region}/{self._service}/aws4_request"

    def _value(self, keys: Keys, stamp: str, scope: str, request: str) -> str:
        text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        return self._key(keys.secret_key, stamp[:8]).of(text)

    def _key(self, secret: str, day: str) -> _Mac:
        """The key of a day, kept for the next request."""
        kept = self._kept
        if kept[:2] != (secret, day):
            key = f"AWS4{secret}".encode()
            for part in (day, self.region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            kept = self._kept = (secret, day, _Mac(key))
        return kept[2]


def _stamp(moment: float | None) -> str:
    return _stamp_of(int(time.time() if moment is None else moment))


@functools.lru_cache(2)
def _stamp_of(second: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))


def _trimmed(value: str) -> str:
    """A value as it is signed: no blanks at its ends, one between its words."""
    return " ".join(value.split()) if " " in value or not value.isprintable() else value


def _split(url: str) -> tuple[str, str, str]:
    """Origin, path and query of a URL, as they are."""
    start = url.index("/", url.index("://") + 3)
    path, _, query = url[start:].partition("?")
    return url[:start], path, query


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
