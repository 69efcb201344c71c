"""The way to the store: its clock, TLS, and how long small requests take."""

from __future__ import annotations

import math
import socket
import ssl
import statistics
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from obs_client._http.proxy import find_route
from obs_client.backend.values import UrlTerms
from obs_client.errors import ObjectStorageClientError
from obs_client.probing.bounds import Exhausted
from obs_client.probing.ground import Ground, Told, fails, holds, unknown
from obs_client.probing.profile import Finding

CLOCK_SECONDS = 60.0
"""How far the clocks may be apart; signatures are refused at 15 minutes, or earlier."""

SLOW_SECONDS = 1.0
SAMPLES = 9
CONNECT_SECONDS = 10.0
DAYS = 14
_DAY = 86400.0

_OLD_VERSIONS = ("SSLv3", "TLSv1", "TLSv1.1")


def network(ground: Ground) -> Iterator[Finding]:
    """What does not depend on objects."""
    yield ground.tell("clock", f"the store's clock is right within {CLOCK_SECONDS:g} s", lambda: _clock(ground))
    yield ground.tell("round trip", f"small requests take less than {SLOW_SECONDS:g} s", lambda: _round_trip(ground))
    origin = origin_of(ground)
    if origin:
        yield ground.tell("TLS", "the way to the store is encrypted", lambda: _tls(ground, origin))
        yield ground.tell("TLS", f"the certificate is valid for {DAYS} days more", lambda: _certificate(ground, origin))


def origin_of(ground: Ground) -> str | None:
    """Scheme, host and port to which requests go; None: the store has none."""
    try:
        location = ground.border.location(ground.container)[0]
        url = location[-1] if isinstance(location, tuple) else ""
        if not _is_http(url):
            url = ground.border.object_generate_download_url(ground.container, ground.name("origin"), 60, UrlTerms())
    except (Exhausted, ObjectStorageClientError):
        return None
    parts = urlsplit(str(url))
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if _is_http(url) else None


def _is_http(url: object) -> bool:
    return isinstance(url, str) and url.startswith(("http://", "https://"))


def _clock(ground: Ground) -> Told:
    before = time.time()
    ground.write("clock", b"")
    after = time.time()
    told = ground.info("clock").last_modified
    if told is None:
        return unknown("the store reports no times")
    # Whole seconds are rounded down by some stores and up by others.
    ahead = max(0.0, told - math.ceil(after)) - max(0.0, math.floor(before) - told)
    detail = f"it is {abs(ahead):,.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine's" if ahead else ""
    return holds(detail) if abs(ahead) <= CLOCK_SECONDS else fails(detail)


def _round_trip(ground: Ground) -> Told:
    ground.write("round-trip", b"")
    ground.info("round-trip")  # the connection is there by now
    seconds = []
    for _ in range(SAMPLES):
        began = time.perf_counter()
        ground.info("round-trip")
        seconds.append(time.perf_counter() - began)
    median = statistics.median(seconds)
    detail = f"the median of {SAMPLES} was {median * 1000:,.1f} ms"
    return holds(detail) if median < SLOW_SECONDS else fails(detail)


def _tls(ground: Ground, origin: str) -> Told:
    if not origin.startswith("https:"):
        return fails(f"{origin} is spoken to without TLS: who is on the way reads all")
    with _connect(ground, origin) as connection:
        version = connection.version() or "an unknown version"
    return fails(f"{version} is broken") if version in _OLD_VERSIONS else holds(version)


def _certificate(ground: Ground, origin: str) -> Told:
    if not origin.startswith("https:"):
        return fails("there is none without TLS")
    if ground.verify is False:
        return unknown("verify=False: it is not looked at")
    try:
        with _connect(ground, origin) as connection:
            end = str((connection.getpeercert() or {}).get("notAfter", ""))
    except ssl.SSLCertVerificationError as error:
        return fails(error.verify_message)
    if not end:
        return unknown("it has no end")
    days = (ssl.cert_time_to_seconds(end) - time.time()) / _DAY
    detail = f"until {end}, which is in {days:,.0f} days"
    return holds(detail) if days >= DAYS else fails(detail)


def _connect(ground: Ground, origin: str) -> ssl.SSLSocket:
    """A connection of our own, which sends nothing.

    Raises:
        ConnectionError: Only a proxy leads there.
    """
    route = find_route(origin)
    if route.proxy:
        raise ConnectionError("a proxy is on the way, through which this is not tried")
    context = _context(ground.verify)
    return context.wrap_socket(
        socket.create_connection((route.host, route.port), CONNECT_SECONDS), server_hostname=route.host
    )


def _context(verify: bool | str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
