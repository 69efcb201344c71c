"""What is asked of botocore; only this file imports it, when it is called.

That is: credentials of profiles, roles and single sign-on, which it renews; where requests go if that is not plain, as
for access points, FIPS endpoints, or by the settings of a profile; and its own client, for what this library has not.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs

from obs_client._http.kit.calls.told import ToldRequests
from obs_client._http.kit.fork import ForkLock
from obs_client.backends.s3.endpoints import DEFAULT_REGION, EXPRESS_ENDS, Route, is_amazon
from obs_client.backends.s3.errors import S3Error
from obs_client.backends.s3.settings import Settings
from obs_client.backends.s3.signing import UNSIGNED_PAYLOAD, FixedKeys, Keys, Signature
from obs_client.errors import (
    ConfigurationError,
    InvalidNameError,
    NotSupportedError,
    ObjectStorageClientError,
    TemporaryError,
)

USER_AGENT = "obs_client"

_SESSION_TOKEN = "X-Amz-S3session-Token"  # noqa: S105 - the name of a header
_NAME = "name"
_SPARE_SECONDS = 60.0
"""Keys of a session are used no longer than this before their end."""


def _is_true(value: object) -> bool:
    return str(value).lower() == "true"


_KEEP_OUT: dict[str, tuple[None, None, Any, None]] = {
    "profile": (None, None, None, None),
    "region": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
    "ca_bundle": (None, None, None, None),
    "use_fips_endpoint": (None, None, None, None),
    "use_dualstack_endpoint": (None, None, None, None),
}
"""Session variables that a mapping of keys replaces: nothing of the environment or of profiles is mixed in."""

_OF_PROFILE: dict[str, tuple[str, None, Any, Any]] = {
    "region": ("region", None, None, None),
    "ca_bundle": ("ca_bundle", None, None, None),
    "use_fips_endpoint": ("use_fips_endpoint", None, None, _is_true),
    "use_dualstack_endpoint": ("use_dualstack_endpoint", None, None, _is_true),
}
"""Session variables of a profile that was named: the environment says nothing of them."""


class Sdk:
    """botocore with the settings of a client: one session, and a client for each region; all made when first used."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = ForkLock()
        self._session: Any = None
        self._told = ToldRequests()
        self._clients: dict[tuple[str | None, bool], Any] = {}
        self._sessions: dict[str, _SessionKeys] = {}

    def client(self, region: str | None = None, *, express: bool = False) -> Any:
        """botocore's client.

        Args:
            region: None: the configured one.
            express: For containers of S3 Express, whose sessions it knows only if it chooses signatures by itself.

        Raises:
            ConfigurationError: botocore is not installed, finds no credentials, or takes no such setting.
            TemporaryError: A service of credentials did not answer.
        """
        found = self._clients.get((region, express))
        if found is None:
            with self._lock, _translated(self._told):
                found = self._clients.get((region, express)) or self._make(region, express)
                self._clients[region, express] = found
        return found

    def keys(self) -> Keys:
        """The credentials as they are now; those that are about to end are renewed."""
        self.client()
        with _translated(self._told):
            found = self._session.get_credentials()
            keys: Keys = found.get_frozen_credentials()
        return keys

    def renew_keys(self) -> bool:
        """Look for credentials from the start again; False: there are no others than those that were used last."""
        if self._settings.given:
            return False
        used, had_sessions = self.keys(), bool(self._sessions)
        with self._lock:
            self._session = None
            self._clients.clear()
            self._sessions.clear()
        found = self.keys()
        return had_sessions or (found.access_key, found.token) != (used.access_key, used.token)

    def signs_payload(self) -> bool:
        """Whether the profile says that signatures cover bodies."""
        self.client()
        return str(self._profile().get("payload_signing_enabled")).lower() == "true"

    def find_verify(self) -> bool | str:
        """The path of a CA file, or whether certificates are checked; a profile may name one too."""
        self.client()
        return self._verify()

    def _verify(self) -> bool | str:
        settings = self._settings
        found = settings.find_verify()
        of_profile: str | None = self._session.get_config_variable("ca_bundle")
        first = settings.verify is True if settings.profile else found is True
        return of_profile or found if first else found

    def route(self, operation: str, container: str | None, region: str | None = None) -> Route:
        """Where an operation on a container goes, and how it is signed: as in the URL that botocore signs for it.

        Raises:
            InvalidNameError: There can be no such container.
        """
        if (
            container
            and container.endswith(EXPRESS_ENDS)
            and (found := self._session_route(operation, container, region))
        ):
            return found
        client = self.client(region)
        url, query = _signed_url(client, operation, container, self._told)
        if container and is_multi_region(container):
            return Route(url, _Asymmetric(self.keys, client.meta.config), "*")
        if "X-Amz-Credential" not in query:
            return Route(url, None, str(client.meta.region_name))
        signed_in, service = _scope_of(query)
        return Route(url, Signature(signed_in, service, self.keys), signed_in)

    def _session_route(self, operation: str, container: str, region: str | None) -> Route | None:
        """The route of what S3 Express answers to the keys of a session only; None: others are right, as for copies."""
        client = self.client(region, express=True)
        url, query = _signed_url(client, operation, container, self._told)
        if _SESSION_TOKEN not in query:
            return None
        keys = self._sessions.setdefault(container, _SessionKeys(client, container, self._told))
        signed_in, service = _scope_of(query)
        return Route(url, Signature(signed_in, service, keys, _SESSION_TOKEN), signed_in)

    def _make(self, region: str | None, express: bool) -> Any:
        settings = self._settings
        session = self._session = self._session or self._make_session()
        if not settings.anonymous and session.get_credentials() is None:
            raise ConfigurationError(
                "no credentials for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give "
                "profile=... or credentials={...}; an empty mapping (in a URL anonymous=true) is anonymous access"
            )
        given = self._told_endpoint() is not None
        made = self._create(region, self._style(amazon=not given), express)
        if given or is_amazon(made.meta.endpoint_url):
            return made
        return self._create(region, self._style(amazon=False), express)  # by its profile it is for another endpoint

    def _make_session(self) -> Any:
        """A session that tells of its requests, also of those for keys: of STS, and of single sign-on."""
        made = _make_session(self._settings)
        made.register("before-send", self._begin)
        made.register("response-received", self._end)
        return made

    def _begin(self, request: Any, **_event: Any) -> None:
        body = request.body if isinstance(request.body, (bytes, str)) else b""
        self._told.begin(request.method, request.url, len(body))

    def _end(self, response_dict: Any, exception: Any, **_event: Any) -> None:
        if response_dict is None:
            self._told.fail(exception)
        else:
            body = response_dict.get("body")
            received = len(body) if isinstance(body, bytes) else 0
            self._told.end(response_dict["status_code"], response_dict["headers"], received)

    def _style(self, *, amazon: bool) -> str:
        """How containers are addressed: by option, by profile, or as is right for the endpoint.

        For Amazon's that is `virtual`, which falls back to `path` as `auto` does; but by `auto` botocore signs URLs of
        all regions for the endpoint in us-east-1.
        """
        style = self._settings.addressing_style or self._profile().get("addressing_style")
        return style if style in ("path", "virtual") else "virtual" if amazon else "path"

    def _told_endpoint(self) -> str | None:
        """The endpoint that botocore is told; it looks at the environment by itself, but not for a profile."""
        settings = self._settings
        if settings.profile is None or settings.endpoint_url:
            return settings.told_endpoint()
        scoped = self._session.get_scoped_config()
        if _is_true(scoped.get("ignore_configured_endpoint_urls")):
            return None
        services = self._session.full_config.get("services", {}).get(scoped.get("services"), {})
        own = services.get("s3")
        found = own.get("endpoint_url") if isinstance(own, dict) else None
        url: str | None = found or scoped.get("endpoint_url")
        return url

    def _profile(self) -> dict[str, Any]:
        """What the profile says of S3."""
        found = {} if self._settings.given else self._session.get_scoped_config().get("s3")
        return found if isinstance(found, dict) else {}

    def _create(self, region: str | None, style: str, express: bool) -> Any:
        settings, session = self._settings, self._session
        return session.create_client(
            "s3",
            region_name=region or settings.find_region() or session.get_config_variable("region") or DEFAULT_REGION,
            endpoint_url=self._told_endpoint(),
            verify=None if self._verify() is True else self._verify(),
            config=_config(settings, style, express),
        )


class _SessionKeys:
    """The keys of a container of S3 Express: those of a session, which botocore asks for."""

    def __init__(self, client: Any, container: str, told: ToldRequests) -> None:
        self._told = told
        self._client = client
        self._container = container
        self._kept: tuple[Keys, float] | None = None

    def __call__(self) -> Keys:
        kept = self._kept
        if kept is None or time.time() > kept[1] - _SPARE_SECONDS:
            with _translated(self._told):
                found = self._client.create_session(Bucket=self._container)["Credentials"]
            keys = FixedKeys(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
            kept = self._kept = keys, found["Expiration"].timestamp()
        return kept[0]


class _Asymmetric:
    """Signature Version 4A, for access points of several regions: by botocore and awscrt, in whatever they make of it.

    It takes elliptic curves, which Python's standard library does not have.
    """

    def __init__(self, find_keys: Callable[[], Keys], config: Any) -> None:
        self._find_keys = find_keys
        self._config = config

    def sign(self, method: str, url: str, headers: dict[str, str], payload: str = UNSIGNED_PAYLOAD) -> None:
        from botocore.auth import AUTH_TYPE_MAPS
        from botocore.awsrequest import AWSRequest

        if "s3v4a" not in AUTH_TYPE_MAPS:
            raise ConfigurationError("access points of several regions need the package awscrt: pip install awscrt")
        request = AWSRequest(method, url, headers, b"")
        request.context = {"client_config": self._config}
        AUTH_TYPE_MAPS["s3v4a"](self._find_keys(), "s3", "*").add_auth(request)
        headers.update(request.headers.items())

    def presign(self, method: str, url: str, seconds: int, headers: Mapping[str, str]) -> str:
        raise NotSupportedError("URLs of access points of several regions cannot be signed")


class _Redaction(logging.Filter):
    """Leaves of a record only what it is about."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.args:
            record.msg, record.args = str(record.msg).partition("%")[0] + "***", None
        return True


_redaction = _Redaction()


def _redact_signing() -> None:
    """Let botocore's logger of signatures show no values any more, for all of this process.

    At DEBUG it shows session tokens, and all that a signed URL is made of. To do it twice is to do it once.
    """
    logging.getLogger("botocore.auth").addFilter(_redaction)


def _make_session(settings: Settings) -> Any:
    try:
        import botocore.session
    except ImportError as error:
        raise ConfigurationError(f"S3 needs the package boto3 here: pip install boto3 ({error})") from error
    _redact_signing()
    outside = _KEEP_OUT if settings.given else _OF_PROFILE if settings.profile else None
    session = botocore.session.Session(session_vars=outside, profile=settings.profile)
    if settings.given and not settings.anonymous:
        session.set_credentials(*settings.fixed_keys())
    return session


def _config(settings: Settings, style: str, express: bool) -> Any:
    from botocore import UNSIGNED
    from botocore.config import Config

    return Config(
        signature_version=UNSIGNED if settings.anonymous else None if express else "s3v4",
        user_agent=USER_AGENT,
        parameter_validation=False,
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=settings.timeout,
        read_timeout=settings.timeout,
        # Together, never one alone: else each body would be read once more for its SHA-256. Digests are our own.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": style, "payload_signing_enabled": False},
        ignore_configured_endpoint_urls=True if settings.given or settings.profile else None,
    )


def _signed_url(
    client: Any, operation: str, container: str | None, told: ToldRequests
) -> tuple[str, dict[str, list[str]]]:
    """A URL without the name of an object at its end, and its query."""
    methods = client.meta.method_to_api_mapping
    method = next(name for name, known in methods.items() if known == operation)
    params = {} if container is None else {"Bucket": container}
    takes = client.meta.service_model.operation_model(operation).input_shape.members
    if "Key" in takes:
        params["Key"] = _NAME
    with _translated(told):
        signed = str(client.generate_presigned_url(method, Params=params))
    url, _, query = signed.partition("?")
    return url.removesuffix(_NAME) if "Key" in takes else url, parse_qs(query)


def _scope_of(query: dict[str, list[str]]) -> tuple[str, str]:
    """The region and the service that a signed URL is for."""
    region, service = query["X-Amz-Credential"][0].split("/")[-3:-1]
    return region, service


def is_multi_region(container: str) -> bool:
    """Whether an access point is of several regions: its ARN names none."""
    return container.startswith("arn:") and container.split(":")[3] == ""


@contextlib.contextmanager
def _translated(told: ToldRequests) -> Iterator[None]:
    """Raise typed errors for botocore's own; ours go through.

    Args:
        told: Where none had an answer, what fails for now is a first contact.
    """
    try:
        yield
    except ObjectStorageClientError:
        raise
    except Exception as error:
        made = _translation(error)
        if made is None:
            raise
        if isinstance(made, TemporaryError):
            made.first_contact = not told.has_answer
        raise made from error


def _translation(error: Exception) -> Exception | None:
    from botocore import exceptions

    text = str(error) or type(error).__name__
    if isinstance(error, exceptions.ClientError):
        return S3Error.of_response(error.operation_name, error.response)
    passing = (exceptions.HTTPClientError, exceptions.ConnectionError, exceptions.CredentialRetrievalError,
               exceptions.MetadataRetrievalError)  # fmt: skip
    if isinstance(error, passing) and not isinstance(error, exceptions.SSLError):
        return TemporaryError(f"no credentials for S3 now: {text}")
    if isinstance(error, exceptions.ParamValidationError):
        return InvalidNameError(text)
    if isinstance(error, (exceptions.BotoCoreError, ValueError)):
        return ConfigurationError(f"S3 is not configured: {text}")
    return None
