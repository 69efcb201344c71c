"""S3's signature version 4 for one request with headers, enough to ask whether a server works."""

import hashlib
import hmac
import time
from collections.abc import Mapping
from urllib.parse import urlsplit


def signed_headers(
    method: str,
    url: str,
    credentials: Mapping[str, str],
    *,
    region: str = "us-east-1",
    body: bytes = b"",
    more: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Give the headers that sign a request.

    Args:
        method: GET, PUT and so on.
        url: The quoted URL; the parameters of its query in alphabetical order, each with its `=`.
        credentials: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
        region: The region that the server wants to see.
        body: The bytes that will be sent.
        more: Headers that are signed too, by names in lower case.
    """
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    content = hashlib.sha256(body).hexdigest()
    headers = {"host": urlsplit(url).netloc, "x-amz-content-sha256": content, "x-amz-date": moment}
    headers |= more or {}
    scope = f"{moment[:8]}/{region}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, _request_digest(method, url, headers)])
    key = _signing_key(credentials["AWS_SECRET_ACCESS_KEY"], scope)
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    who = f"Credential={credentials['AWS_ACCESS_KEY_ID']}/{scope}"
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 {who}, SignedHeaders={';'.join(sorted(headers))}, Signature={signature}"
    )
    return headers


def _request_digest(method: str, url: str, headers: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    named = [f"{name}:{headers[name]}" for name in sorted(headers)]
    lines = [
        method,
        parts.path or "/",
        parts.query,
        *named,
        "",
        ";".join(sorted(headers)),
        headers["x-amz-content-sha256"],
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _signing_key(secret: str, scope: str) -> bytes:
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
