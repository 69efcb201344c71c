"""What is asked of botocore: sessions, clients, requests, signatures; only this file imports it, when called."""

from __future__ import annotations

import functools
import os
import threading
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from obs_client.backends.s3.direct import Request
from obs_client.backends.s3.logs import redact_signing
from obs_client.backends.s3.settings import Settings
from obs_client.backends.s3.signing import Keys, Signature
from obs_client.errors import ConfigurationError

if TYPE_CHECKING:
    from obs_client.backend.body import Body

USER_AGENT = "obs_client"
DEFAULT_REGION = "us-east-1"

_PLAIN_AUTH = ("v4", "s3v4")

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

_taken = threading.local()


def make_client(settings: Settings, region: str | None) -> Any:
    """A client of botocore for the settings; `region` goes before theirs.

    Raises:
        ConfigurationError: botocore is not installed, or finds no credentials.
    """
    try:
        import botocore
        import botocore.config
        import botocore.exceptions
        import botocore.session
    except ImportError as error:
        raise ConfigurationError(f"S3 needs the package boto3: pip install boto3 ({error})") from error
    redact_signing()
    keys = settings.keys
    try:
        session = botocore.session.Session(session_vars=_KEEP_OUT if settings.given else None)
        if settings.given and not keys.anonymous:
            session.set_credentials(*(keys.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                                                  "AWS_SESSION_TOKEN")))  # fmt: skip
        elif not settings.anonymous and session.get_credentials() is None:
            raise ConfigurationError(
                "no credentials for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give "
                "credentials={...}; an empty mapping (in a URL anonymous=true) is anonymous access"
            )
        client = session.create_client(
            "s3",
            region_name=region or settings.find_region() or session.get_config_variable("region") or DEFAULT_REGION,
            endpoint_url=settings.find_endpoint(),
            config=_config(settings),
        )
        client.meta.events.register_first("before-call.s3", _take)
        return client
    except (botocore.exceptions.BotoCoreError, ValueError) as error:
        if _may_pass(error):
            raise
        raise ConfigurationError(f"S3 is not configured: {type(error).__name__}: {error}") from error


def _config(settings: Settings) -> Any:
    from botocore import UNSIGNED
    from botocore.config import Config

    style = settings.addressing_style or ("path" if settings.find_endpoint() else "auto")
    return Config(
        signature_version=UNSIGNED if settings.anonymous else "s3v4",
        user_agent=USER_AGENT,
        parameter_validation=False,
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=settings.timeout,
        read_timeout=settings.timeout,
        # Together, never one alone: else each body would be read once more for its SHA-256. Digests are our own.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": style, "payload_signing_enabled": False},
        ignore_configured_endpoint_urls=True if settings.given else None,
    )


class Prepared(NamedTuple):
    """What the vendor makes of a call: the request, and who is to sign it how."""

    request: Request
    operation: str
    context: dict[str, Any]
    signer: Any

    @property
    def signature(self) -> Signature | None:
        """Our own way to sign it, None if it is not plain: only the vendor knows then how to sign."""
        signing = self.context.get("signing", {})
        odd = "identity_cache" in signing or "request_credentials" in signing
        if odd or self.signer.signature_version != "s3v4" or self.context.get("auth_type") not in _PLAIN_AUTH:
            return None
        region = signing.get("region") or self.signer.region_name
        return Signature(region, signing.get("signing_name", "s3"), functools.partial(_find_keys, self.signer))

    def sign(self, headers: dict[str, str], body: Body | bytes | None) -> Request:
        """The request as the vendor signs it, with these headers and this body."""
        from botocore.awsrequest import AWSRequest

        signed = AWSRequest(self.request.method, self.request.url, headers, body or b"")
        signed.context = self.context
        self.signer.sign(self.operation, signed)
        return self.request._replace(url=signed.url, headers=dict(signed.headers.items()))


def prepare(client: Any, operation: str, params: dict[str, Any]) -> Prepared:
    """The request of a call of the vendor's client, which is not sent.

    Raises:
        ConfigurationError: A handler or stub of the user's answered in place of a server.
    """
    _taken.wanted = True
    try:
        getattr(client, operation)(**params)
        prepared: Prepared | None = getattr(_taken, "prepared", None)
    finally:
        _taken.__dict__.clear()
    if prepared is None:
        raise ConfigurationError(f"a handler of `native` answers {operation} itself; use a client of boto3's for it")
    return prepared


def _take(*, model: Any, params: Any, request_signer: Any, context: Any, **_: Any) -> Any:
    """Answer botocore's event `before-call.s3` in place of a server; None leaves the user's own calls alone."""
    if not getattr(_taken, "wanted", False):
        return None
    request = Request(params["method"], params["url"], dict(params["headers"].items()), params["body"] or None)
    _taken.prepared = Prepared(request, model.name, context, request_signer)
    return _Nothing, {}


def _find_keys(signer: Any) -> Keys:
    """The vendor's credentials as they are now; it renews those that are about to end."""
    keys: Keys | None = signer.get_auth_instance("s3", "", "s3v4").credentials
    if keys is None:
        from botocore.exceptions import NoCredentialsError

        raise NoCredentialsError
    return keys


class _Nothing:
    """The least that botocore takes for an answer."""

    status_code = 200
    content = b""
    headers: ClassVar[dict[str, str]] = {}


def error_of(client: Any, operation: str, answered: dict[str, Any]) -> Exception:
    """The vendor's exception for an answer that is an error."""
    kind = client.exceptions.from_code(answered["Error"]["Code"])
    error: Exception = kind(answered, client.meta.method_to_api_mapping[operation])
    return error


def _may_pass(error: Exception) -> bool:
    """Whether making the client failed on the way to a credentials service."""
    from botocore.exceptions import HTTPClientError, MetadataRetrievalError

    return isinstance(error, (HTTPClientError, MetadataRetrievalError))
