"""What is asked of botocore: sessions, clients, signatures. The only file that imports it, and only when called."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from obs_client.backends.s3_settings import Settings
from obs_client.errors import ConfigurationError

if TYPE_CHECKING:
    from obs_client.body import Body

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
    keys = settings.keys
    try:
        session = botocore.session.Session(session_vars=_KEEP_OUT if settings.given else None)
        if settings.given and not keys.anonymous:
            session.set_credentials(*(keys.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                                                  "AWS_SESSION_TOKEN")))  # fmt: skip
        elif not settings.anonymous and session.get_credentials() is None:
            raise ConfigurationError(
                "no credentials for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give "
                "credentials={...}; an empty mapping is anonymous access"
            )
        return session.create_client(
            "s3",
            region_name=region or settings.find_region() or session.get_config_variable("region") or DEFAULT_REGION,
            endpoint_url=settings.find_endpoint(),
            config=_config(settings),
        )
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


def sign(operation: str, params: Any, signer: Any, context: Any, body: Body | bytes | None) -> dict[str, str]:
    """The headers of a request, signed by the vendor's signer; `params` is what `before-call` gives."""
    from botocore.awsrequest import AWSRequest

    request = AWSRequest(params["method"], params["url"], params["headers"], body or b"")
    request.context = context
    signing = context.get("signing", {})
    if (
        context.get("auth_type") in _PLAIN_AUTH
        and "identity_cache" not in signing
        and signer.signature_version == "s3v4"
    ):
        # As `sign` would do, without its events, of which none concerns a plain request.
        region = signing.get("region") or signer.region_name
        signer.get_auth_instance(signing.get("signing_name", "s3"), region, "s3v4").add_auth(request)
    else:
        signer.sign(operation, request)
        params["url"] = request.url
    return dict(request.headers.items())


def _may_pass(error: Exception) -> bool:
    """Whether making the client failed on the way to a credentials service."""
    from botocore.exceptions import HTTPClientError, MetadataRetrievalError

    return isinstance(error, (HTTPClientError, MetadataRetrievalError))
