"""Tokens of a login that end: renewed once for all threads, sent with requests; and the package that a login needs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from obs_client._http.answer import HttpAnswer
from obs_client._http.kit.fork import ForkLock
from obs_client.credentials import Secret
from obs_client.errors import ConfigurationError

MARGIN = 120.0
"""Seconds before its end from which on a token is taken for ended: requests last, and clocks differ."""


class Token(NamedTuple):
    """A token, and when it ends in epoch seconds."""

    value: Secret
    expires: float


class Tokens:
    """The token of one login.

    Args:
        fetch: Logs in; called by one thread at a time.
    """

    def __init__(self, fetch: Callable[[], Token]) -> None:
        self._fetch = fetch
        self._token: Token | None = None
        self._lock = ForkLock()

    def current(self) -> Secret:
        """A token that is valid for a while."""
        token = self._token
        if token is None or token.expires - time.time() < MARGIN:
            token = self._renewed(token)
        return token.value

    def renew(self, refused: Secret) -> Secret:
        """Another token than one that the store refused."""
        token = self._token
        return self._renewed(token).value if token and token.value == refused else self.current()

    def _renewed(self, stale: Token | None) -> Token:
        with self._lock:
            if self._token is None or self._token is stale:
                self._token = self._fetch()
            return self._token


def send_with_token(
    tokens: Tokens | None, send: Callable[[Secret | None], HttpAnswer], is_refused: Callable[[HttpAnswer], bool]
) -> HttpAnswer:
    """The answer to a request, whatever it is; a token that is refused is renewed, and the request sent again, once.

    Args:
        tokens: None: the request carries no token.
        send: Sends the request with a token; called again, it sends all of it again.
        is_refused: Whether an answer says that the token was not taken.
    """
    if tokens is None:
        return send(None)
    token = tokens.current()
    answer = send(token)
    if not is_refused(answer):
        return answer
    answer.close()
    return send(tokens.renew(token))


def missing_package(package: str, extra: str, purpose: str) -> ConfigurationError:
    """The error for a vendor's package that is not installed, and that only an extra of this library installs."""
    return ConfigurationError(
        f"{purpose} needs the package {package}, which is not installed", hint=f"pip install 'obs_client[{extra}]'"
    )
