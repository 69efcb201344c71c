"""What an `S3Client` was told: checked without a request and without botocore; secrets are never shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from obs_client.backends.s3.endpoints import DEFAULT_REGION, is_plain_region
from obs_client.backends.s3.signing import FixedKeys
from obs_client.credentials import Credentials
from obs_client.errors import ConfigurationError

ADDRESSING_STYLES = ("path", "virtual", "auto")

_FILES = (("AWS_CONFIG_FILE", "~/.aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"))
_NOT_PLAIN = (
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_DEFAULT_PROFILE",
    "AWS_PROFILE",
    "AWS_SECURITY_TOKEN",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
)
"""Variables of the environment that say more than keys, a region and an endpoint."""


class Choices(NamedTuple):
    """What a client asks of its server, beyond the way to it.

    Attributes:
        checksums: Use S3's checksums everywhere, or nowhere; None: as is right for the endpoint.
        conditional_writes: The server supports conditions of writes; None: as is right for the endpoint.
        conditional_deletes: The server keeps conditions of deletions; None: as is right for the endpoint.
        atomic_conditions: Of several writers under one condition one is told yes; None: as is right for the endpoint.
        sign_payload: Signatures cover bodies; None: as the profile says.
        requester_pays: Agree to pay for each request.
        storage_class, encryption, kms_key_id: Of new objects.
    """

    checksums: bool | None = None
    conditional_writes: bool | None = None
    conditional_deletes: bool | None = None
    atomic_conditions: bool | None = None
    sign_payload: bool | None = None
    requester_pays: bool = False
    storage_class: str | None = None
    encryption: str | None = None
    kms_key_id: str | None = None

    @property
    def object_headers(self) -> dict[str, str]:
        """The headers of new objects for these choices."""
        encryption = "aws:kms" if self.kms_key_id is not None and self.encryption is None else self.encryption
        given = {
            "x-amz-storage-class": self.storage_class,
            "x-amz-server-side-encryption": encryption,
            "x-amz-server-side-encryption-aws-kms-key-id": self.kms_key_id,
        }
        return {name: value for name, value in given.items() if value is not None}


class Settings(NamedTuple):
    """How to reach a store; a region or endpoint that is None is left to the environment and botocore.

    Attributes:
        keys: The caller's mapping, or the environment where it says more than botocore takes from it.
        given: The caller gave a mapping: nothing of the environment, of profiles or of roles is used.
        profile: The one that is used, and nothing of the environment; None: the environment says which.
    """

    region: str | None
    endpoint_url: str | None
    keys: Credentials
    given: bool
    verify: bool | str
    timeout: float
    addressing_style: str | None
    choices: Choices
    profile: str | None = None

    @property
    def anonymous(self) -> bool:
        """Whether requests are sent unsigned."""
        return self.keys.anonymous

    def find_region(self) -> str | None:
        """The region by argument, mapping or environment; a profile may name one too."""
        return self.region or self.keys.get("AWS_REGION", "AWS_DEFAULT_REGION")

    def find_endpoint(self) -> str | None:
        """The endpoint by argument, mapping or environment; a profile may name one too."""
        if self.endpoint_url or (self.keys.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") or "").lower() == "true":
            return self.endpoint_url
        return self.keys.get("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")

    def told_endpoint(self) -> str | None:
        """The endpoint that botocore is told: by argument or mapping; it looks at the environment by itself.

        There a profile may say that all that is configured is to be ignored.
        """
        return self.find_endpoint() if self.given else self.endpoint_url

    def find_verify(self) -> bool | str:
        """The path of a CA file, or whether certificates are checked; a bundle is the process's, unlike keys."""
        if self.verify is not True:
            return self.verify
        return self.keys.get("AWS_CA_BUNDLE") or os.environ.get("AWS_CA_BUNDLE") or True

    def is_plain(self) -> bool:
        """Whether keys, region and endpoint are all here; else botocore is asked, which knows profiles and services."""
        if self.profile is not None:
            return False
        amazon = self.find_endpoint() is None
        if amazon and os.environ.get("AWS_S3_US_EAST_1_REGIONAL_ENDPOINT"):
            return False
        if amazon and not is_plain_region(self.find_region() or DEFAULT_REGION):
            return False
        return self.given or self._is_plain_environment()

    def _is_plain_environment(self) -> bool:
        if not (self.keys.secret("AWS_ACCESS_KEY_ID") and self.keys.secret("AWS_SECRET_ACCESS_KEY")):
            return False
        files = (os.environ.get(variable) or path for variable, path in _FILES)
        return not any(map(os.environ.get, _NOT_PLAIN)) and not any(map(os.path.exists, map(os.path.expanduser, files)))

    def fixed_keys(self) -> FixedKeys:
        """The keys of the mapping, or of the environment."""
        get = self.keys.get
        return FixedKeys(get("AWS_ACCESS_KEY_ID") or "", get("AWS_SECRET_ACCESS_KEY") or "", get("AWS_SESSION_TOKEN"))

    def __reduce__(self) -> tuple[Any, ...]:
        # With the caller's own keys, secret ones too: the copy could not work elsewhere without.
        return check, (
            self.region,
            self.endpoint_url,
            self.keys.given() if self.given else None,
            self.verify,
            self.timeout,
            self.addressing_style,
            self.choices,
            self.profile,
        )


def check(
    region: str | None,
    endpoint_url: str | None,
    credentials: Mapping[str, str] | None,
    verify: bool | str,
    timeout: float,
    addressing_style: str | None,
    choices: Choices,
    profile: str | None = None,
) -> Settings:
    """The settings, if they make sense.

    Raises:
        ConfigurationError: They do not; the message says which.
    """
    _check_text("region", region)
    _check_text("endpoint_url", endpoint_url)
    _check_text("profile", profile)
    if profile is not None and credentials is not None:
        raise ConfigurationError(
            "a profile and credentials exclude each other: a profile replaces all of them; use one of the two"
        )
    if addressing_style not in (None, *ADDRESSING_STYLES):
        raise ConfigurationError(f"addressing_style is one of {', '.join(ADDRESSING_STYLES)}, not {addressing_style!r}")
    if not isinstance(timeout, (int, float)) or isinstance(timeout, bool):
        raise TypeError(f"timeout must be a number of seconds, not {type(timeout).__name__}")
    if not timeout > 0:
        raise ConfigurationError(f"timeout must be more than 0 seconds, not {timeout}")
    if not isinstance(verify, (bool, str)):
        raise TypeError(f"verify must be a bool or the path of a CA file, not {type(verify).__name__}")
    keys = Credentials(credentials if profile is None else {"AWS_PROFILE": profile}, "AWS_")
    given = credentials is not None
    if given and not keys.anonymous:
        keys.require("access to S3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    settings = Settings(region, endpoint_url, keys, given, verify, float(timeout), addressing_style, choices, profile)
    _check_endpoint(settings.find_endpoint())
    return settings


def _check_text(name: str, value: object) -> None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    if value is not None and not value.strip():
        raise ConfigurationError(f"{name} is empty; leave it out, or None, for the environment's")


def _check_endpoint(endpoint: str | None) -> None:
    if endpoint is None:
        return
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        given = "" if "@" in endpoint else f", not {endpoint!r}"  # what stands before an @ may be a secret
        raise ConfigurationError(f"the S3 endpoint URL must read http://host:port or https://host:port{given}")
    if parts.username or parts.password:
        raise ConfigurationError("the S3 endpoint URL must not contain credentials; pass them as credentials=...")
    if parts.query or parts.fragment:
        raise ConfigurationError("the S3 endpoint URL must hold no '?' or '#'")
