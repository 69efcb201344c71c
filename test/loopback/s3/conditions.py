"""Conditions of reads, writes and copies, as far as the server keeps them."""

from __future__ import annotations

import calendar
import time
from collections.abc import Mapping

from .refusals import Refusal, no_such_key, not_implemented, precondition_failed
from .state import Stored
from .ways import Keeping, Ways

_COPY_SOURCE = "x-amz-copy-source-"


def check_read(headers: Mapping[str, str], stored: Stored, weak: bool) -> None:
    """Refuse a GET or HEAD whose condition does not hold: 412, or 304."""
    if (wanted := headers.get("if-match")) and not _fits(wanted, stored.etag):
        raise precondition_failed("If-Match")
    since = headers.get("if-unmodified-since")
    if since and not wanted and int(stored.modified) > _seconds(since):
        raise precondition_failed("If-Unmodified-Since")
    known = headers.get("if-none-match")
    since = headers.get("if-modified-since")
    if (known and _fits(known, stored.etag)) or (since and not known and int(stored.modified) <= _seconds(since)):
        tag = f'W/"{stored.etag}"' if weak else f'"{stored.etag}"'
        raise Refusal(304, "NotModified", headers={"ETag": tag})


def check_write(headers: Mapping[str, str], stored: Stored | None, key: str, keeping: Keeping, ways: Ways) -> None:
    """Refuse a write whose condition does not hold."""
    wanted, absent = headers.get("if-match"), headers.get("if-none-match")
    if keeping == "ignore" or not (wanted or absent):
        return
    if keeping == "refuse":
        raise not_implemented("If-Match" if wanted else "If-None-Match")
    if absent and absent != "*":
        raise not_implemented("If-None-Match")
    if absent and stored is not None:
        raise precondition_failed("If-None-Match")
    if wanted and stored is None:
        raise no_such_key(key) if ways.if_match_absent == 404 else precondition_failed("If-Match")
    if wanted and stored is not None and not _fits(wanted, stored.etag, quoted=ways.if_match_quoted):
        raise precondition_failed("If-Match")


def check_source(headers: Mapping[str, str], stored: Stored, keeping: Keeping) -> None:
    """Refuse a copy whose source is not as it must be."""
    conditions = {name.removeprefix(_COPY_SOURCE): headers[name] for name in headers if name.startswith(_COPY_SOURCE)}
    conditions.pop("range", None)
    if not conditions or keeping == "ignore":
        return
    if keeping == "refuse":
        raise not_implemented(_COPY_SOURCE + next(iter(conditions)))
    try:
        check_read(conditions, stored, weak=False)
    except Refusal as error:
        raise precondition_failed("x-amz-copy-source") from error


def _fits(wanted: str, etag: str, *, quoted: bool = True) -> bool:
    """Whether a tag is among those of a condition; a weak one is none: it never fits.

    Args:
        quoted: A tag in quotes is the same as without.
    """
    if not quoted:
        return wanted in (etag, "*")
    return any(each.strip().strip('"') in (etag, "*") for each in wanted.split(","))


def _seconds(date: str) -> int:
    return calendar.timegm(time.strptime(date, "%a, %d %b %Y %H:%M:%S GMT"))
