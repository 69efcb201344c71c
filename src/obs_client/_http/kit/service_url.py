"""URLs that users give for a service."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


def read_service_url(url: str) -> SplitResult | None:
    """The parts of a URL of HTTP with a host and without a user, a query or a fragment; None: it is none.

    Slashes at its end do not count.
    """
    try:
        parts = urlsplit(url.rstrip("/"))
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return None if not valid or "@" in parts.netloc or parts.query or parts.fragment else parts
