"""botocore as the witness of how requests to S3 look: it is really called, and what it would send is taken from it."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import botocore.session
from botocore.config import Config
from botocore.loaders import create_loader

ITS_OWN = ("amz-sdk-invocation-id", "amz-sdk-request", "content-length", "expect", "user-agent")
"""Headers that are about botocore itself, or that the transport adds."""


_LOADER = create_loader()
"""One for all sessions: it takes long to load the description of S3, which it keeps."""


class Sent(NamedTuple):
    """A request that was about to be sent; header names are in lower case."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def unsigned_headers(self) -> dict[str, str]:
        """Those that the request itself needs."""
        return {name: value for name, value in self.headers.items() if name not in (*ITS_OWN, *SIGNING)}


SIGNING = ("authorization", "host", "x-amz-content-sha256", "x-amz-date", "x-amz-s3session-token",
           "x-amz-security-token")  # fmt: skip


class _Captured(Exception):
    """Carries a request out of botocore before it is sent."""


def witness(
    region: str,
    endpoint_url: str | None = None,
    style: str | None = None,
    token: str | None = None,
    *,
    version: object = "s3v4",
    **config: Any,
) -> Any:
    """A client of botocore with the keys `id` and `secret`, configured as `S3Client` means it.

    Args:
        version: How it signs; None: as it likes, `botocore.UNSIGNED`: not at all.
    """
    session = botocore.session.Session()
    session.register_component("data_loader", _LOADER)
    session.set_credentials("id", "secret", token)
    s3: dict[str, Any] = {"payload_signing_enabled": False}
    if style:
        s3["addressing_style"] = style
    return session.create_client(
        "s3",
        region_name=region,
        endpoint_url=endpoint_url,
        config=Config(
            signature_version=version,
            parameter_validation=False,
            retries={"total_max_attempts": 1, "mode": "standard"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3=s3,
            **config,
        ),
    )


shared = functools.cache(witness)


def ask(client: Any, method: str, params: dict[str, Any]) -> Sent:
    """What a client of botocore would send for a call."""

    def take(request: Any, **_: Any) -> None:
        if not request.url.endswith("?session"):  # one for keys, which it needs to sign the other
            raise _Captured(request)

    client.meta.events.register_first("before-send.s3", take)
    try:
        getattr(client, method)(**params)
    except _Captured as captured:
        request = captured.args[0]
    finally:
        client.meta.events.unregister("before-send.s3", take)
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    return Sent(request.method, request.url, headers, _bytes(request.body))


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    return body if isinstance(body, bytes) else bytes(body.read())
