"""Which failures of the transport may pass, and which are for good: one classification for all stores over HTTP."""

from __future__ import annotations

from obs_client._http.errors import BrokenAnswer, ConnectFailure, ProxyRefusal, StrangeAnswer
from obs_client.errors import AuthorizationError, ObjectStorageClientError, ServiceError, TemporaryError

_TLS_FOR_GOOD = frozenset(
    {
        "HTTP_REQUEST",
        "HTTPS_PROXY_REQUEST",
        "NO_PROTOCOLS_AVAILABLE",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_VERSION_NUMBER",
    }
)
"""What OpenSSL calls it when the other side speaks no TLS, or none that is allowed here."""

NO_STORE = "no store answers so: look at the address, and whether it is to begin with https://"
"""Advice for a bare 400, as front servers give where TLS is spoken and the address begins with `http://`."""

SLOW = "a larger timeout=... (in a URL ?timeout=...) waits longer for a slow server"
"""What a user can do about a `TimeoutError`."""

_PASSING = (408, 425, 429)


def kind_of_failure(error: BaseException) -> type[ObjectStorageClientError] | None:
    """The kind of a failure of the transport; None if it is none, such as one of a file."""
    import ssl  # slow to load, and not needed while nothing fails

    if isinstance(error, StrangeAnswer):
        return ServiceError
    if not isinstance(error, (BrokenAnswer, ConnectFailure, ConnectionError, ProxyRefusal, TimeoutError, ssl.SSLError)):
        return None
    return _kind_for_good(error) or _kind_for_good(error.__cause__) or TemporaryError


def _kind_for_good(error: BaseException | None) -> type[ObjectStorageClientError] | None:
    """The kind of what the next try would meet again; None: it may pass."""
    import ssl

    if isinstance(error, ssl.SSLError):
        lasting = isinstance(error, ssl.SSLCertVerificationError) or error.reason in _TLS_FOR_GOOD
        return ServiceError if lasting else None
    if isinstance(error, ProxyRefusal) and 400 <= error.status < 500 and error.status not in _PASSING:
        return AuthorizationError if error.status in (401, 403, 407) else ServiceError
    return None
