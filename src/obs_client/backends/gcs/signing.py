"""URLs by which anybody can make a request for a time: Google's "V4 signing process" by a service account's key."""

from __future__ import annotations

import hashlib
import time
from urllib.parse import quote, urlsplit

from obs_client.backends.gcs.login.choice import Login
from obs_client.backends.gcs.requests import xml_path
from obs_client.errors import NotSupportedError

SECONDS_MAXIMUM = 7 * 24 * 3600
_ALGORITHM = "GOOG4-RSA-SHA256"


def signed_url(login: Login, method: str, container: str, name: str, seconds: int) -> str:
    """A URL for a method on an object.

    Raises:
        NotSupportedError: The login has no service account to sign for.
    """
    signer = login.identity.account().signer() if login.identity else None
    if signer is None:
        raise NotSupportedError("URLs are signed by a service account; this login is none, and acts for none")
    if seconds > SECONDS_MAXIMUM:
        raise ValueError(f"expires_in_seconds at Google is at most {SECONDS_MAXIMUM:,} (7 days), not {seconds:,}")
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{now[:8]}/auto/storage/goog4_request"
    parameters = {
        "X-Goog-Algorithm": _ALGORITHM,
        "X-Goog-Credential": f"{signer.email}/{scope}",
        "X-Goog-Date": now,
        "X-Goog-Expires": str(seconds),
        "X-Goog-SignedHeaders": "host",
    }
    query = "&".join(f"{key}={quote(value, safe='-._~')}" for key, value in sorted(parameters.items()))
    path, host = xml_path(container, name), urlsplit(login.endpoint).netloc
    canonical = "\n".join([method, path, query, f"host:{host}", "", "host", "UNSIGNED-PAYLOAD"])
    message = "\n".join([_ALGORITHM, now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = signer.sign(message.encode()).hex()
    return f"{login.endpoint}{path}?{query}&X-Goog-Signature={signature}"
