"""URLs by which anybody can make a request for a time: Google's "V4 signing process" by a service account's key."""

from __future__ import annotations

import hashlib
import time
from urllib.parse import quote, urlsplit

from obs_client.backend.values import UrlTerms
from obs_client.backends.gcs.requests import Requests, xml_path
from obs_client.errors import NotSupportedError
from obs_client.models import SignedUrl

SECONDS_MAXIMUM = 7 * 24 * 3600
_ALGORITHM = "GOOG4-RSA-SHA256"
_LENGTH = "x-goog-content-length-range"


def signed_url(requests: Requests, method: str, container: str, name: str, seconds: int, terms: UrlTerms) -> SignedUrl:
    """A URL for a method on an object.

    Raises:
        NotSupportedError: The login has no service account to sign for.
    """
    login = requests.login
    signer = login.identity.account().signer() if login.identity else None
    if signer is None:
        raise NotSupportedError("URLs are signed by a service account; this login is none, and acts for none")
    if seconds > SECONDS_MAXIMUM:
        raise ValueError(f"expires_in_seconds at Google is at most {SECONDS_MAXIMUM:,} (7 days), not {seconds:,}")
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    path, host = xml_path(container, name), urlsplit(login.endpoint).netloc
    # A length that is signed by itself is not looked at; this range is ("x-goog-content-length-range").
    own = {} if terms.size is None else {_LENGTH: f"{terms.size},{terms.size}"}
    bound = {"host": host, **own, **(terms.headers if method == "PUT" else {})}
    listed = ";".join(sorted(bound))
    scope = f"{now[:8]}/auto/storage/goog4_request"
    parameters = {
        "X-Goog-Algorithm": _ALGORITHM,
        "X-Goog-Credential": f"{signer.email}/{scope}",
        "X-Goog-Date": now,
        "X-Goog-Expires": str(seconds),
        "X-Goog-SignedHeaders": listed,
        **(_told(terms) if method == "GET" else {}),
        **({"userProject": requests.payer} if requests.payer else {}),
    }
    query = "&".join(f"{key}={quote(value, safe='-._~')}" for key, value in sorted(parameters.items()))
    lines = [f"{key}:{' '.join(value.split())}" for key, value in sorted(bound.items())]
    canonical = "\n".join([method, path, query, *lines, "", listed, "UNSIGNED-PAYLOAD"])
    message = "\n".join([_ALGORITHM, now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = signer.sign(message.encode()).hex()
    return SignedUrl(f"{login.endpoint}{path}?{query}&X-Goog-Signature={signature}", own)


def _told(terms: UrlTerms) -> dict[str, str]:
    """The parameters of what is answered in place of the object's own."""
    given = {
        "response-content-disposition": terms.content_disposition,
        "response-content-type": terms.content_type,
    }
    return {key: value for key, value in given.items() if value is not None}
