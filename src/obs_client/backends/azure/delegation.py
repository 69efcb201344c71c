"""Signed URLs (SAS): by the account's key, or by a key that Azure makes for the user who is logged in."""

from __future__ import annotations

import time
from typing import NamedTuple

from obs_client.backend.values import UrlTerms
from obs_client.backends.azure.requests import Request, Requests
from obs_client.backends.azure.signing import Key, read_key, signed_query, stamp

URL_SECONDS_MAXIMUM = 7 * 24 * 3600
"""The longest life of a key that Azure makes for a user."""

_FIELDS = {"skoid": "SignedOid", "sktid": "SignedTid", "skt": "SignedStart", "ske": "SignedExpiry",
           "sks": "SignedService", "skv": "SignedVersion"}  # fmt: skip


class UserKey(NamedTuple):
    """A key that Azure made for a user, and when it ends in epoch seconds."""

    key: Key
    expires: float


class UrlSigner:
    """Signs URLs for one client; a user's key is asked for as seldom as it can be, since Azure limits it."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._user_key: UserKey | None = None

    def url(self, container: str, name: str, permissions: str, seconds: int, terms: UrlTerms) -> str:
        """A URL by which anybody may do what the permissions say, for so many seconds."""
        login = self._requests.login
        key = login.key or self._key_of_user(seconds)
        https = login.endpoint.startswith("https:")
        query = signed_query(key, container, name, permissions, seconds, https=https, terms=terms)
        return self._requests.url_of(container, name, query)

    def _key_of_user(self, seconds: int) -> Key:
        if seconds > URL_SECONDS_MAXIMUM:
            raise ValueError(
                f"expires_in_seconds without the account's key is at most {URL_SECONDS_MAXIMUM:,} (7 days), "
                f"not {seconds:,}"
            )
        if self._user_key is None or self._user_key.expires < time.time() + seconds:
            self._user_key = self._ask(max(seconds, URL_SECONDS_MAXIMUM // 7))
        return self._user_key.key

    def _ask(self, seconds: int) -> UserKey:
        expires = time.time() + seconds
        life = f"<Start>{stamp(time.time() - 900)}</Start><Expiry>{stamp(expires)}</Expiry>"
        query, document = "restype=service&comp=userdelegationkey", f"<KeyInfo>{life}</KeyInfo>".encode()
        headers = {"Content-Type": "application/xml"}
        asked = Request("Get User Delegation Key", "POST", "", None, query, headers, document)
        found = self._requests.document(asked, "UserDelegationKey")
        fields = {name: found.get(field) for name, field in _FIELDS.items()}
        return UserKey(Key(self._requests.login.account, read_key(found.get("Value")), fields), expires)
