"""Tokens of a login that end: renewed once for all threads; and the vendor's package that the login needs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from obs_client._http.kit.fork import ForkLock
from obs_client.errors import ConfigurationError

MARGIN = 120.0
"""Seconds before its end from which on a token is taken for ended: requests last, and clocks differ."""


class Token(NamedTuple):
    """A token, and when it ends in epoch seconds."""

    value: str
    expires: float

    def __repr__(self) -> str:
        return "Token(***)"


class Tokens:
    """The token of one login.

    Args:
        fetch: Logs in; called by one thread at a time.
    """

    def __init__(self, fetch: Callable[[], Token]) -> None:
        self._fetch = fetch
        self._token: Token | None = None
        self._lock = ForkLock()

    def current(self) -> str:
        """A token that is valid for a while."""
        token = self._token
        if token is None or token.expires - time.time() < MARGIN:
            token = self._renewed(token)
        return token.value

    def renew(self, refused: str) -> str:
        """Another token than one that the store refused."""
        token = self._token
        return self._renewed(token).value if token and token.value == refused else self.current()

    def _renewed(self, stale: Token | None) -> Token:
        with self._lock:
            if self._token is None or self._token is stale:
                self._token = self._fetch()
            return self._token


def missing_package(package: str, extra: str, purpose: str) -> ConfigurationError:
    """The error for a vendor's package that is not installed, and that only an extra of this library installs."""
    return ConfigurationError(
        f"{purpose} needs the package {package}, which is not installed", hint=f"pip install 'obs_client[{extra}]'"
    )
