"""Signed URLs: what they may be about is checked, and what a request by them must carry is told."""

from __future__ import annotations

import dataclasses

from obs_client._engine.arguments import check_declared, check_size
from obs_client._engine.attributes import Headers
from obs_client._engine.border import Border
from obs_client.backend.values import UrlTerms
from obs_client.models import Capabilities, SignedUrl


def download_url(border: Border, container: str, name: str, seconds: int, terms: UrlTerms) -> SignedUrl:
    """A URL for GET."""
    _check("download_url", border, container, terms)
    return SignedUrl(border.object_generate_download_url(container, name, seconds, terms))


def upload_url(border: Border, container: str, name: str, seconds: int, terms: UrlTerms) -> SignedUrl:
    """A URL for PUT, with the headers that the store always wants, those of the terms, and those of this URL."""
    _check("upload_url", border, container, terms)
    url = border.object_generate_upload_url(container, name, seconds, terms)
    own = url.headers if isinstance(url, SignedUrl) else {}
    given = {name.title(): value for name, value in terms.headers.items()}
    return SignedUrl(url, {**dict(border.capabilities.upload_url_headers), **given, **own})


def capabilities_of(border: Border, container: str | None) -> Capabilities:
    """What a store can do, without signed URLs where there is nothing to sign them with."""
    found = border.capabilities
    if not (found.download_urls or found.upload_urls) or border.can_sign(container):
        return found
    return dataclasses.replace(
        found,
        download_urls=False,
        download_url_content_type=False,
        download_url_content_disposition=False,
        upload_urls=False,
        upload_url_content_type=False,
        upload_url_content_disposition=False,
        upload_url_size=False,
    )


def _check(kind: str, border: Border, container: str, terms: UrlTerms) -> None:
    """Refuse what is no header or size, and what this store binds no URL to."""
    Headers(content_type=terms.content_type, content_disposition=terms.content_disposition).check()
    check_size(terms.size)
    for field in ("content_type", "content_disposition", "size"):
        if getattr(terms, field) is not None:
            check_declared(f"{kind}_{field}", capabilities_of(border, container))
