"""Who may ask: tokens by a service account's signature ("Using OAuth 2.0 for Server to Server Applications"), and URLs
that are signed with its key ("V4 signing process", "Canonical requests")."""

from __future__ import annotations

import base64
import calendar
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from test.loopback.serving import Request, Response

from .refusals import Refusal, invalid, json_response

PROJECT = "test-project"
LIFE_MAXIMUM = 7 * 24 * 3600
_ALGORITHM = "GOOG4-RSA-SHA256"


class Account:
    """A service account with a key of its own."""

    def __init__(self, name: str) -> None:
        self.email = f"{name}@{PROJECT}.iam.gserviceaccount.com"
        self._key = rsa.generate_private_key(65537, 2048)

    def key_file(self, url: str) -> dict[str, str]:
        """What Google gives for download ("Create and delete service account keys")."""
        form = serialization.PrivateFormat.PKCS8
        private = self._key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        return {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": hashlib.sha1(private).hexdigest(),
            "private_key": private.decode(),
            "client_email": self.email,
            "client_id": "100000000000000000000",
            "token_uri": f"{url}/token",
        }

    def has_signed(self, signature: bytes, message: bytes) -> bool:
        """Whether this is its signature."""
        try:
            self._key.public_key().verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


class Access:
    """Tokens and signatures.

    Args:
        life: Seconds of a token.
    """

    def __init__(self, accounts: Mapping[str, Account], life: float) -> None:
        self._accounts = {account.email: account for account in accounts.values()}
        self._life = life
        self._tokens: dict[str, float] = {}

    def token(self, request: Request) -> Response:
        """A token for an assertion that an account signed."""
        form = dict(parse_qsl(request.body.decode()))
        signed, _, signature = form.get("assertion", "").rpartition(".")
        claims = _claims(signed)
        account = self._accounts.get(str(claims.get("iss")))
        valid = account and account.has_signed(_decoded(signature), signed.encode())
        if not valid or abs(float(claims["iat"]) - time.time()) > 300 or "devstorage" not in claims.get("scope", ""):
            return json_response({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, 400)
        token = f"ya29.{secrets.token_urlsafe(40)}"
        self._tokens[token] = time.time() + self._life
        return json_response({"access_token": token, "expires_in": int(self._life), "token_type": "Bearer"})

    def check(self, request: Request, *, public: bool) -> None:
        """Refuse who may not ask; `public`: anybody may."""
        if "X-Goog-Signature" in request.query:
            self._check_url(request)
            return
        kind, _, token = request.header("authorization").partition(" ")
        if kind == "Bearer" and self._tokens.get(token, 0.0) > time.time():
            return
        if kind:
            raise Refusal(401, "authError", "Invalid Credentials", "AuthenticationRequired")
        if not public:
            raise Refusal(401, "required", "Anonymous caller does not have storage.objects.get access.", "AccessDenied")

    def revoke(self) -> None:
        """Let no token be valid any more."""
        self._tokens.clear()

    def _check_url(self, request: Request) -> None:
        query = request.query
        email, _, scope = query["X-Goog-Credential"].partition("/")
        begun = calendar.timegm(time.strptime(query["X-Goog-Date"], "%Y%m%dT%H%M%SZ"))
        life, account = int(query["X-Goog-Expires"]), self._accounts.get(email)
        if life > LIFE_MAXIMUM or scope != f"{query['X-Goog-Date'][:8]}/auto/storage/goog4_request":
            raise invalid("Invalid scope or life of a signed URL.", "InvalidArgument")
        if time.time() > begun + life:
            raise Refusal(400, "invalid", "The provided token has expired.", "ExpiredToken")
        digest = hashlib.sha256(_canonical(request).encode()).hexdigest()
        message = "\n".join([_ALGORITHM, query["X-Goog-Date"], scope, digest]).encode()
        if account is None or not account.has_signed(bytes.fromhex(query["X-Goog-Signature"]), message):
            text = "Access denied. The signature we calculated does not match the one you provided."
            raise Refusal(403, "forbidden", text, "SignatureDoesNotMatch")


def _canonical(request: Request) -> str:
    pairs = sorted(parse_qsl(request.raw_query, keep_blank_values=True))
    query = "&".join(
        f"{quote(name, safe='-._~')}={quote(value, safe='-._~')}" for name, value in pairs if name != "X-Goog-Signature"
    )
    names = request.query["X-Goog-SignedHeaders"].split(";")
    headers = "".join(f"{name}:{' '.join(request.header(name).split())}\n" for name in names)
    path = quote(request.path, safe="/-._~")
    return "\n".join([request.method, path, query, headers, ";".join(names), "UNSIGNED-PAYLOAD"])


def _claims(signed: str) -> dict[str, Any]:
    try:
        found = json.loads(_decoded(signed.partition(".")[2]))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
