"""The usual login of programs: a service account with a key of its own.

Its token needs one signature and one request ("Using OAuth 2.0 for Server to Server Applications"). That is done here,
with the package cryptography that google-auth signs with too: to import google-auth takes longer than all else that a
short command does.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from obs_client._http.kit.calls.tokens import Token, missing_package
from obs_client.backends.gcs.login.sending import Reply, Sender
from obs_client.credentials import Secret
from obs_client.errors import AuthorizationError, TemporaryError

SCOPE = "https://www.googleapis.com/auth/devstorage.full_control"

_TOKENS = "https://oauth2.googleapis.com/token"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFE = 3600
_PASSING = (408, 429)
_HINT = "is the key still one of this account's, and the clock of this machine right?"


class ServiceAccount:
    """A service account, known by its key.

    Args:
        info: Its key file.

    Raises:
        ValueError: It is no key.
    """

    can_sign = True

    def __init__(self, info: Mapping[str, Any], sender: Sender) -> None:
        missing = [field for field in ("client_email", "private_key") if not isinstance(info.get(field), str)]
        if missing:
            raise ValueError(f"the key lacks {' and '.join(missing)}")
        self.email: str = info["client_email"]
        self.project: str | None = info.get("project_id")
        self._sender = sender
        self._tokens = str(info.get("token_uri") or _TOKENS)
        self._key_id = info.get("private_key_id")
        self._info = Secret(json.dumps(dict(info)))
        self._key = _read_key(Secret(info["private_key"]))

    def token(self) -> Token:
        """A new token.

        Raises:
            AuthorizationError, TemporaryError: There is none.
        """
        now = time.time()
        try:
            reply = self._sender.send(self._tokens, "POST", self._form(int(now)), _FORM)
        except OSError as error:
            raise TemporaryError(f"Google has no token for this login: {error}") from error
        return _token_of(reply, now)

    def sign(self, message: bytes) -> bytes:
        """The signature of a message, by RSA with SHA-256."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        return bytes(self._key.sign(message, PKCS1v15(), SHA256()))

    def signer(self) -> ServiceAccount:
        """What signs URLs."""
        return self

    def credential(self) -> Any:
        """The same login for Google's own client."""
        from google.oauth2 import service_account

        info = json.loads(self._info.reveal())
        return service_account.Credentials.from_service_account_info({"token_uri": _TOKENS, **info}, scopes=[SCOPE])

    def _form(self, now: int) -> str:
        head = {"alg": "RS256", "typ": "JWT", **({"kid": self._key_id} if self._key_id else {})}
        claims = {"iss": self.email, "scope": SCOPE, "aud": self._tokens, "iat": now, "exp": now + _LIFE}
        signed = b".".join(_base64(json.dumps(piece).encode()) for piece in (head, claims))
        return urlencode({"grant_type": _GRANT, "assertion": signed + b"." + _base64(self.sign(signed))})


_FORM = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "obs_client"}


def _token_of(reply: Reply, now: float) -> Token:
    try:
        found = json.loads(reply.data)
        if reply.status == 200:
            return Token(Secret(str(found["access_token"])), now + float(found.get("expires_in") or _LIFE))
        said = ": ".join(str(found[field]) for field in ("error", "error_description") if found.get(field))
    except (ValueError, TypeError, KeyError, AttributeError):
        said = ""
    if not said or reply.status >= 500 or reply.status in _PASSING:
        raise TemporaryError(f"Google has no token for this login: status {reply.status} {said}".rstrip())
    raise AuthorizationError(f"Google has no token for this login: {said}", hint=_HINT)


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _read_key(text: Secret) -> Any:
    try:
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError as error:
        raise missing_package("cryptography", "gcs", "a service account's key") from error
    try:
        # To prove the user's own key takes longer than all else here; a broken one signs what Google refuses.
        key = load_pem_private_key(text.reveal().encode(), None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError):
        key = None
    if not hasattr(key, "decrypt"):  # which RSA's have alone
        raise ValueError("its private_key is not an RSA key that can be read")
    return key
