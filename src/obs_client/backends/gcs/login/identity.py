"""Who logs in: a service account by its key, or what google-auth makes of a file, gcloud's login or the machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from obs_client._http.kit.calls.tokens import Token, missing_package
from obs_client._http.kit.fork import ForkLock
from obs_client.backends.gcs.login.sending import Sender
from obs_client.credentials import Credentials, forget_frames
from obs_client.errors import ConfigurationError

if TYPE_CHECKING:
    from obs_client.backends.gcs.login.key import ServiceAccount
    from obs_client.backends.gcs.login.library import Library

FILE = "GOOGLE_APPLICATION_CREDENTIALS"
KEY = ("GOOGLE_SERVICE_ACCOUNT_KEY", "GOOGLE_CREDENTIALS")
ADVICE = (
    f"set {FILE} to the path of a key file, or {KEY[0]} to its JSON, or run "
    "`gcloud auth application-default login`; credentials={} (in a URL anonymous=true) reads public data"
)

_ACTING = ("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT")
_BY_GCLOUD = "application_default_credentials.json"
_UNIVERSE = "googleapis.com"


class Identity:
    """Finds out who logs in when that is asked for first, once for all threads."""

    def __init__(self, credentials: Credentials, verify: bool | str, timeout: float) -> None:
        self._credentials = credentials
        self._sender = Sender(verify, timeout)
        self._lock = ForkLock()
        self._found: ServiceAccount | Library | None = None

    def account(self) -> ServiceAccount | Library:
        """Who it is, always the same.

        Raises:
            ConfigurationError: Nobody, or a package is not installed.
        """
        with self._lock:
            if self._found is None:
                self._found = self._find()
            return self._found

    def token(self) -> Token:
        """A new token.

        Raises:
            ConfigurationError: As `account`.
            AuthorizationError, TemporaryError: There is no token.
        """
        return self.account().token()

    def close(self) -> None:
        """Close idle connections."""
        self._sender.close()

    def _find(self) -> ServiceAccount | Library:
        acting = self._credentials.get(*_ACTING)
        try:
            info = self._info()
            if info and info.get("type") == "service_account" and not acting and _is_usual(info):
                from obs_client.backends.gcs.login.key import ServiceAccount

                return ServiceAccount(info, self._sender)
            try:
                from obs_client.backends.gcs.login.library import make
            except ImportError as error:
                raise missing_package("google-auth", "gcs", "a login to Google") from error
            return make(info, acting, self._sender, ADVICE)
        except (OSError, ValueError) as error:
            forget_frames(error)
            raise ConfigurationError(f"there is no login to Google: {error}", hint=ADVICE) from None

    def _info(self) -> dict[str, Any] | None:
        """The content of the key or file that is named, or of gcloud's login; None: the machine's own is asked for."""
        if text := self._credentials.secret(*KEY):
            return _json_of(text.reveal(), f"what {KEY[0]} holds")
        if path := self._credentials.get(FILE):
            return _json_of(_read(path), path)
        given = self._credentials.given() is not None
        folder = self._credentials.get("CLOUDSDK_CONFIG") or (None if given else _gcloud_folder())
        if folder and (path := os.path.join(folder, _BY_GCLOUD)) and os.path.isfile(path):
            return _json_of(_read(path), path)
        if given:
            raise ValueError(f"no key and no file is named in {self._credentials.source}")
        return None


def _gcloud_folder() -> str:
    """Where gcloud keeps its login, if `CLOUDSDK_CONFIG` does not say so."""
    if os.name == "nt":
        return os.path.join(os.environ.get("APPDATA", ""), "gcloud")
    return os.path.expanduser("~/.config/gcloud")


def _is_usual(info: dict[str, Any]) -> bool:
    """Whether an account is of Google's own cloud: tokens of others are made otherwise."""
    return bool(info.get("universe_domain", _UNIVERSE) == _UNIVERSE)


def _read(path: str) -> str:
    with open(os.path.expanduser(path), encoding="utf-8") as file:
        return file.read()


def _json_of(text: str, what: str) -> dict[str, Any]:
    import json

    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ValueError(f"{what} is not a key file: it contains no JSON object")  # noqa: TRY004 - of a text
    return found
