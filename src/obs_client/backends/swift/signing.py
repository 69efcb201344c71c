"""TempURLs: a signature by a key of the container or the account."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from urllib.parse import quote, unquote

from obs_client.backends.swift.errors import status_of
from obs_client.backends.swift.requests import SwiftHttp
from obs_client.credentials import Secret
from obs_client.errors import AuthorizationError, InvalidNameError, NotSupportedError

_HEADERS = ("temp-url-key", "temp-url-key-2")
_REMEMBERED = 60.0

_ADVICE = (
    "give temp_url_key=... to the client, set a key on the container or the account "
    '(`swift post -m "Temp-URL-Key: <secret>"`), or give create_temp_url_key=True '
    "(in a URL ?create_temp_url_key=true) to let the client set one"
)


def check_signed_name(name: str) -> None:
    """Refuse a name of which Swift takes no signed URLs."""
    if not name.strip("/"):
        raise InvalidNameError(f"{name!r}: Swift refuses signed URLs of a name that is nothing but slashes")


class Signing:
    """The keys that one client signs with; found once a minute, so that a changed key is soon seen.

    Args:
        key: What to sign with, in place of what is found.
        create: Set a key on the account if there is none.
    """

    def __init__(self, http: SwiftHttp, key: Secret | None, create: bool) -> None:
        self._http = http
        self._given = key
        self._create = create
        self._known: dict[str, tuple[Secret, float]] = {}
        self._seen: dict[str | None, tuple[bool, float]] = {}

    def can_sign(self, container: str | None) -> bool:
        """Whether there is a key, or one would be set; where none was given the store is asked, once a minute."""
        if self._given or self._create:
            return True
        found, at = self._seen.get(container, (False, float("-inf")))
        if time.monotonic() - at > _REMEMBERED:
            found = self._sees_a_key(container)
            self._seen[container] = found, time.monotonic()
        return found

    def _sees_a_key(self, container: str | None) -> bool:
        try:
            if container is not None and _key_in(self._http.call("head_container", container).headers, "container"):
                return True
        except Exception as error:
            if status_of(error) not in (401, 403, 404):
                raise
        try:
            return self._account_key() is not None
        except AuthorizationError:
            return False

    def url(
        self, method: str, container: str, name: str, seconds: int, digest: str, disposition: str | None = None
    ) -> str:
        """A URL that lets anybody use a method on an object for so many seconds.

        Args:
            disposition: Of a GET: what is answered in place of the object's own; the signature does not cover it.
        """
        check_signed_name(name)
        told = "" if disposition is None else _told(disposition, name)
        key = self._key(container)
        access = self._http.session.access()
        path = f"{access.parsed.path}/{quote(container)}/{quote(name)}"
        expires = int(time.time()) + seconds
        message = f"{method}\n{expires}\n{unquote(path)}".encode()
        signature = hmac.new(key.reveal().encode(), message, getattr(hashlib, digest)).hexdigest()
        return f"{access.origin}{path}?temp_url_sig={signature}&temp_url_expires={expires}{told}"

    def _key(self, container: str) -> Secret:
        if self._given:
            return self._given
        key, at = self._known.get(container, (None, 0.0))
        if key is None or time.monotonic() - at > _REMEMBERED:
            key = self._find(container)
            self._known[container] = key, time.monotonic()
        return key

    def _find(self, container: str) -> Secret:
        found = _key_in(self._http.call("head_container", container).headers, "container")
        return found or self._account_key() or self._make()

    def _account_key(self) -> Secret | None:
        try:
            return _key_in(self._http.call("head_account").headers, "account")
        except Exception as error:
            if status_of(error) not in (401, 403):
                raise
            raise AuthorizationError(f"these credentials may not read the account's TempURL key: {_ADVICE}") from error

    def _make(self) -> Secret:
        if not self._create:
            raise NotSupportedError(
                f"no TempURL key can be seen on the container or the account: there is none, or these credentials are "
                f"not permitted to read it; {_ADVICE}"
            )
        key = Secret(secrets.token_hex(32))
        try:
            self._http.call("post_account", {"X-Account-Meta-Temp-URL-Key": key.reveal()})
        except Exception as error:
            if status_of(error) not in (401, 403):
                raise
            raise AuthorizationError(f"these credentials may not set a TempURL key: {_ADVICE}") from error
        # Another client may have set one at the same moment: what the account has now is what counts.
        return self._account_key() or key


def _told(disposition: str, name: str) -> str:
    """The parameters by which Swift answers with a disposition.

    Raises:
        InvalidNameError: It knows none for it.
    """
    from email.message import Message  # slow to load, and seldom needed
    from email.utils import collapse_rfc2231_value

    message = Message()
    message["Content-Disposition"] = disposition
    kind, params = message.get_content_disposition(), message.get_params([], "Content-Disposition")[1:]
    if kind not in ("attachment", "inline") or any(key != "filename" for key, _ in params):
        raise InvalidNameError(
            f"content_disposition {disposition!r}: Swift signs no URL with it; "
            f"it knows attachment and inline, with a filename"
        )
    given = max((value for _, value in params), key=lambda value: isinstance(value, tuple), default="")
    filename = collapse_rfc2231_value(given)
    if kind == "inline":
        return f"&inline&filename={quote(filename, safe='')}" if filename else "&inline"
    return f"&filename={quote(filename or name.rstrip('/').rpartition('/')[2], safe='')}"


def _key_in(headers: Mapping[str, str], place: str) -> Secret | None:
    names = [f"x-{place}-meta-{name}" for name in _HEADERS]
    found = next((headers[name] for name in names if headers.get(name)), None)
    return Secret(found.encode("latin-1").decode("utf-8", "replace")) if found else None
