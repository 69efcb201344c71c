"""What an `S3Client` was told: checked without a request and without the SDK; secrets are never shown."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from obs_client.credentials import Credentials
from obs_client.errors import ConfigurationError

ADDRESSING_STYLES = ("path", "virtual", "auto")

_VENDOR_HOSTS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonaws.eu")


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """How to reach a store; a region or endpoint that is None is left to the environment and the SDK.

    Attributes:
        keys: The caller's mapping, or the environment where it says more than the SDK takes from it.
        given: The caller gave a mapping: nothing of the environment, of profiles or of roles is used.
    """

    region: str | None
    endpoint_url: str | None
    keys: Credentials
    given: bool
    verify: bool | str
    timeout: float
    addressing_style: str | None

    @property
    def anonymous(self) -> bool:
        """Whether requests go out unsigned."""
        return self.keys.anonymous

    def find_region(self) -> str | None:
        """The region by argument, mapping or environment; a profile may name one too."""
        return self.region or self.keys.get("AWS_REGION", "AWS_DEFAULT_REGION")

    def find_endpoint(self) -> str | None:
        """The endpoint by argument, mapping or environment; a profile may name one too."""
        return self.endpoint_url or self.keys.get("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")

    def find_verify(self) -> bool | str:
        """The path of a CA file, or whether certificates are checked; a bundle is the process's, unlike keys."""
        if self.verify is not True:
            return self.verify
        return self.keys.get("AWS_CA_BUNDLE") or os.environ.get("AWS_CA_BUNDLE") or True

    def __reduce__(self) -> tuple[Any, ...]:
        # With the caller's own keys, secret ones too: the copy could not work elsewhere without.
        return check, (
            self.region,
            self.endpoint_url,
            self.keys.given(),
            self.verify,
            self.timeout,
            self.addressing_style,
        )


def check(
    region: str | None,
    endpoint_url: str | None,
    credentials: Mapping[str, str] | None,
    verify: bool | str,
    timeout: float,
    addressing_style: str | None,
) -> Settings:
    """The settings, if they make sense.

    Raises:
        ConfigurationError: They do not; the message says which.
    """
    _check_text("region", region)
    _check_text("endpoint_url", endpoint_url)
    if addressing_style not in (None, *ADDRESSING_STYLES):
        raise ConfigurationError(f"addressing_style is one of {', '.join(ADDRESSING_STYLES)}, not {addressing_style!r}")
    if not isinstance(timeout, (int, float)) or isinstance(timeout, bool):
        raise TypeError(f"timeout must be a number of seconds, not {type(timeout).__name__}")
    if not timeout > 0:
        raise ConfigurationError(f"timeout must be more than 0 seconds, not {timeout}")
    if not isinstance(verify, (bool, str)):
        raise TypeError(f"verify must be a bool or the path of a CA file, not {type(verify).__name__}")
    keys = Credentials(credentials, "AWS_")
    given = credentials is not None
    if given and not keys.anonymous:
        keys.require("access to S3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    settings = Settings(region, endpoint_url, keys, given, verify, float(timeout), addressing_style)
    _check_endpoint(settings.find_endpoint())
    return settings


def is_vendor(endpoint: str) -> bool:
    """Whether a URL is one of Amazon's own."""
    host = (urlsplit(endpoint).hostname or "").lower()
    return host.endswith(_VENDOR_HOSTS)


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
        raise ConfigurationError("the S3 endpoint URL must hold no credentials; give them by credentials=...")
    if parts.query or parts.fragment:
        raise ConfigurationError("the S3 endpoint URL must hold no '?' or '#'")
