"""All logins but a service account's own key: by google-auth."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Mapping
from typing import Any

import google.auth
from google.auth import exceptions, iam, impersonated_credentials

from obs_client._http.kit.calls.tokens import Token
from obs_client.backends.gcs.login.key import SCOPE
from obs_client.backends.gcs.login.sending import Sender
from obs_client.credentials import Secret, forget_frames
from obs_client.errors import AuthorizationError, TemporaryError

CLOUD_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_ROLE = "it needs the role roles/iam.serviceAccountTokenCreator on that account"


def make(info: Mapping[str, Any] | None, acting: str | None, sender: Sender, hint: str) -> Library:
    """The login that a file describes, or the machine's own; `acting`: for another account.

    Raises:
        ValueError: There is none.
    """
    # Who acts for another account asks IAM for its tokens, and for that needs more than the storage.
    scopes = [CLOUD_SCOPE if acting else SCOPE]
    try:
        made, base, project = _described(info, scopes) if info else _of_the_machine(scopes, sender)
    except exceptions.GoogleAuthError as error:
        raise ValueError(str(error)) from error
    if acting:
        made, base = impersonated_credentials.Credentials(made, acting, [SCOPE]), made
    return Library(made, base, project, sender, hint)


def _of_the_machine(scopes: list[str], sender: Sender) -> tuple[Any, Any, str | None]:
    """The account that a machine of Google's runs as, by its metadata server."""
    made, project = google.auth.default(scopes=scopes, request=sender)
    return made, made.with_scopes([CLOUD_SCOPE]), project


def _described(info: Mapping[str, Any], scopes: list[str]) -> tuple[Any, Any, str | None]:
    """The credential of a file by the class that is for its type, the one by which it acts, and the project."""
    project = info.get("project_id") or info.get("quota_project_id")
    if info.get("type") != "impersonated_service_account":
        return _credential_of(info, scopes), None, project
    target = re.search(r"/([^/]+):generateAccessToken", str(info.get("service_account_impersonation_url")))
    source = info.get("source_credentials")
    if target is None or not isinstance(source, dict):
        raise ValueError("it acts for an account, and lacks source_credentials or service_account_impersonation_url")
    base = _credential_of(source, [CLOUD_SCOPE])
    made = impersonated_credentials.Credentials(base, target[1], [SCOPE], delegates=info.get("delegates"))
    return made, base, project


def _credential_of(info: Mapping[str, Any], scopes: list[str]) -> Any:
    kind, source = info.get("type"), info.get("credential_source") or {}
    if kind == "service_account":
        from google.oauth2 import service_account

        return service_account.Credentials.from_service_account_info(info, scopes=scopes)
    if kind == "authorized_user":
        from google.oauth2.credentials import Credentials as User

        return User.from_authorized_user_info(info)  # as far as the user agreed: other scopes are refused
    if kind == "external_account_authorized_user":
        from google.auth.external_account_authorized_user import Credentials as Workforce

        return Workforce.from_info(info)
    if kind == "external_account":
        from google.auth import aws, identity_pool, pluggable

        home: Any = pluggable if "executable" in source else aws if "environment_id" in source else identity_pool
        return home.Credentials.from_info(info, scopes=scopes)
    raise ValueError(f"its type {kind!r} is none that is known")


class Library:
    """A login by a credential of google-auth.

    Args:
        made: The credential.
        base: The one that may ask IAM to sign for the account of `made`; None: nothing is signed.
        hint: What to set where there is no token.
    """

    def __init__(self, made: Any, base: Any, project: str | None, sender: Sender, hint: str) -> None:
        self.project = project
        self._made, self._base, self._sender, self._hint = made, base, sender, hint

    def token(self) -> Token:
        """A new token.

        Raises:
            AuthorizationError, TemporaryError: There is none.
        """
        made = self._made
        try:
            made.refresh(self._sender)
        except (exceptions.GoogleAuthError, OSError, AttributeError, KeyError, TypeError, ValueError) as error:
            passing = _is_passing(error)
            forget_frames(error)
            kind = TemporaryError if passing else AuthorizationError
            raise kind(f"Google has no token for this login: {error}", hint="" if passing else self._hint) from error
        ends = float("inf") if made.expiry is None else made.expiry.replace(tzinfo=dt.UTC).timestamp()
        return Token(Secret(made.token), max(ends, time.time()))

    def credential(self) -> Any:
        """That of google-auth, always the same."""
        return self._made

    @property
    def can_sign(self) -> bool:
        """Whether `signer` gives something."""
        return self._base is not None

    def signer(self) -> Signer | None:
        """What signs in the name of a service account, by IAM's signBlob over our own transport; or None."""
        if self._base is None:
            return None
        if self._made.service_account_email == "default":  # the machine's account, whose name comes with a token
            self.token()
        email = self._made.service_account_email
        return Signer(email, iam.Signer(self._sender, self._base, email))


class Signer:
    """Signs by a key that Google keeps."""

    def __init__(self, email: str, signer: Any) -> None:
        self.email = email
        self._signer = signer

    def sign(self, message: bytes) -> bytes:
        """The signature of a message.

        Raises:
            AuthorizationError, TemporaryError: There is none.
        """
        try:
            return bytes(self._signer.sign(message))
        except (exceptions.GoogleAuthError, KeyError, TypeError, ValueError) as error:
            # It says TransportError of a refusal too.
            refused = isinstance(error, exceptions.GoogleAuthError) and not isinstance(error.__cause__, OSError)
            passing = not refused or "exhausted" in str(error)
            forget_frames(error)
            kind = TemporaryError if passing else AuthorizationError
            raise kind(f"Google signs nothing for {self.email}: {error}", hint=_ROLE) from error


def _is_passing(error: BaseException) -> bool:
    """Whether an error may be another the next time.

    google-auth does not look at what it is answered: a portal's page, or half an answer, shows as any error.
    """
    known = isinstance(error, exceptions.GoogleAuthError)
    transport = isinstance(error, exceptions.TransportError) or isinstance(error.__cause__, exceptions.TransportError)
    return not known or transport or bool(getattr(error, "retryable", False))
