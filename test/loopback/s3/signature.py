"""Signature version 4, checked: in headers or in a query, and that the body is the one that was signed."""

from __future__ import annotations

import calendar
import dataclasses
import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote

from test.loopback.serving import Request

from .refusals import Refusal, invalid
from .ways import Ways

UNSIGNED = "UNSIGNED-PAYLOAD"
SKEW_SECONDS = 900
LIFE_MAXIMUM = 7 * 24 * 3600
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})", re.ASCII
)


@dataclasses.dataclass(frozen=True)
class Claim:
    """What a request says of its signature."""

    key_id: str
    scope: str
    signed_headers: tuple[str, ...]
    signature: str
    moment: str
    payload: str
    life: int | None = None


class Signatures:
    """Checks requests.

    Args:
        keys: Secret keys by their ids.
        region: The only one that requests may be signed for.
    """

    def __init__(self, keys: Mapping[str, str], region: str, ways: Ways) -> None:
        self._keys = dict(keys)
        self._region = region
        self._ways = ways

    def accept(self, key_id: str, secret: str) -> None:
        """Know one more key."""
        self._keys[key_id] = secret

    def check(self, request: Request, region: str = "") -> None:
        """Refuse a request that is not signed as it must be.

        Args:
            region: The container's, if it is in another one than the server.
        """
        claim = _claim(request)
        if claim is None:
            if not (self._ways.anonymous_reads and request.method in ("GET", "HEAD")):
                raise Refusal(403, "AccessDenied", "Access Denied")
            return
        if claim.life is not None and not self._ways.signed_urls:
            raise Refusal(403, "AccessDenied", "Access Denied")
        self._check_region(claim, region)
        self._check_claim(request, claim)
        self._check_time(claim)
        self._check_payload(request, claim)

    def _check_claim(self, request: Request, claim: Claim) -> None:
        secret = self._keys.get(claim.key_id)
        if secret is None:
            message = "The AWS Access Key Id you provided does not exist in our records."
            raise Refusal(403, "InvalidAccessKeyId", message)
        _check_all_signed(request, claim)
        if not hmac.compare_digest(claim.signature, _signature(request, claim, secret)):
            message = "The request signature we calculated does not match the signature you provided."
            raise Refusal(403, "SignatureDoesNotMatch", message)

    def _check_region(self, claim: Claim, wanted: str) -> None:
        signed = claim.scope.split("/")[1]
        if wanted and signed != wanted:
            message = "The bucket you are attempting to access must be addressed using the specified endpoint."
            headers, details = {"x-amz-bucket-region": wanted}, {"Region": wanted}
            raise Refusal(301, "PermanentRedirect", message, headers=headers, details=details)
        if not wanted and signed != self._region:
            message = f"The authorization header is malformed; the region '{signed}' is wrong"
            raise Refusal(400, "AuthorizationHeaderMalformed", message, details={"Region": self._region})

    def _check_time(self, claim: Claim) -> None:
        now = time.time() + self._ways.clock_ahead
        signed = calendar.timegm(time.strptime(claim.moment, "%Y%m%dT%H%M%SZ"))
        if claim.life is None:
            if abs(now - signed) > SKEW_SECONDS:
                message = "The difference between the request time and the current time is too large."
                raise Refusal(403, "RequestTimeTooSkewed", message)
            return
        if claim.life > LIFE_MAXIMUM:
            raise invalid("X-Amz-Expires must be less than a week", "AuthorizationQueryParametersError")
        if now > signed + claim.life:
            raise Refusal(403, "AccessDenied", "Request has expired")

    def _check_payload(self, request: Request, claim: Claim) -> None:
        if claim.payload == UNSIGNED:
            if claim.life is None and not self._ways.unsigned_payload:
                raise Refusal(403, "AccessDenied", "Access Denied: the payload is not signed")
            return
        if hashlib.sha256(request.body).hexdigest() != claim.payload:
            message = "The provided 'x-amz-content-sha256' header does not match what was computed."
            raise invalid(message, "XAmzContentSHA256Mismatch")


def _claim(request: Request) -> Claim | None:
    if "X-Amz-Signature" in request.query:
        return _claim_of_query(request.query)
    header = request.header("authorization")
    if not header:
        return None
    match = _AUTHORIZATION.fullmatch(header)
    payload = request.header("x-amz-content-sha256")
    if match is None or not payload:
        raise invalid("The authorization header that you provided is not valid.", "AuthorizationHeaderMalformed")
    key_id, _, scope = match[1].partition("/")
    return Claim(key_id, scope, tuple(match[2].split(";")), match[3], request.header("x-amz-date"), payload)


def _claim_of_query(query: Mapping[str, str]) -> Claim:
    key_id, _, scope = query["X-Amz-Credential"].partition("/")
    names = tuple(query["X-Amz-SignedHeaders"].split(";"))
    payload = query.get("X-Amz-Content-Sha256", UNSIGNED)
    life = int(query["X-Amz-Expires"])
    return Claim(key_id, scope, names, query["X-Amz-Signature"], query["X-Amz-Date"], payload, life)


def _check_all_signed(request: Request, claim: Claim) -> None:
    left = {name for name in request.headers if name.startswith("x-amz-")} - set(claim.signed_headers)
    left -= {"x-amz-content-sha256"} if claim.life is not None else set()
    if left or "host" not in claim.signed_headers:
        message = "There were headers present in the request which were not signed"
        raise Refusal(403, "AccessDenied", message, details={"HeadersNotSigned": ", ".join(sorted(left))})


def _signature(request: Request, claim: Claim, secret: str) -> str:
    digest = hashlib.sha256(_canonical(request, claim).encode("latin-1")).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", claim.moment, claim.scope, digest])
    key = b"AWS4" + secret.encode()
    for part in claim.scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _canonical(request: Request, claim: Claim) -> str:
    pairs = parse_qsl(request.raw_query, keep_blank_values=True)
    quoted = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in pairs)
    query = "&".join(f"{name}={value}" for name, value in quoted if name != "X-Amz-Signature")
    headers = [f"{name}:{' '.join(request.header(name).split())}" for name in claim.signed_headers]
    path = quote(request.path, safe="/-_.~")
    return "\n".join([request.method, path, query, *headers, "", ";".join(claim.signed_headers), claim.payload])
