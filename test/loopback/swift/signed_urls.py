"""Signed URLs: who has one needs no token for what it allows."""

from __future__ import annotations

import calendar
import hmac
import time
from urllib.parse import quote

from test.loopback.serving import Request, Response, http_date

from .place import Place
from .refusals import Refusal
from .state import State

_LENGTHS = {40: "sha1", 64: "sha256", 128: "sha512"}
_ALLOWING = {"HEAD": ("HEAD", "GET", "PUT", "POST")}


def is_signed(request: Request) -> bool:
    """Whether a request has a signature in its URL."""
    return "temp_url_sig" in request.query


def check(request: Request, place: Place, state: State) -> None:
    """Refuse a request that its signature does not allow."""
    signature = request.query["temp_url_sig"]
    expires = request.query.get("temp_url_expires", "")
    digest = _LENGTHS.get(len(signature), "")
    moment = int(expires) if expires.isdecimal() else _read(expires)
    methods = _ALLOWING.get(request.method, (request.method,))
    texts = [f"{method}\n{moment}\n{request.path}".encode() for method in methods]
    with state.lock:
        keys = _keys(place, state)
    right = digest in state.ways.digests and any(
        hmac.compare_digest(hmac.new(key.encode("latin-1"), text, digest).hexdigest(), signature)
        for key in keys
        for text in texts
    )
    if not right or moment < time.time() or not place.name:
        raise Refusal(state.ways.bad_url_status, "Temp URL invalid")


def veil(request: Request, place: Place, response: Response) -> Response:
    """The response to a signed URL: without metadata, and to be saved as a file."""
    if request.method in ("GET", "HEAD") and response.status < 300:
        kept = {name: value for name, value in response.headers.items() if not name.startswith("X-Object-Meta-")}
        name = place.name.rpartition("/")[2].encode("ascii", "replace").decode().replace('"', "")
        expires = request.query.get("temp_url_expires", "0")
        if expires.isdecimal():
            kept["Expires"] = http_date(int(expires))
        response.headers = {"Content-Disposition": f'attachment; filename="{name}"', **kept, **_told(request)}
    return response


def _told(request: Request) -> dict[str, str]:
    """The disposition that the URL asks for."""
    name = request.query.get("filename", "")
    if "inline" not in request.query and not name:
        return {}
    kind = "inline" if "inline" in request.query else "attachment"
    quoted = f"; filename=\"{quote(name, safe=' /')}\"; filename*=UTF-8''{quote(name)}" if name else ""
    return {"Content-Disposition": f"{kind}{quoted}"}


def _keys(place: Place, state: State) -> list[str]:
    account = state.account(place.account)
    container = account.containers.get(place.container)
    found = [account.headers.get(f"x-account-meta-temp-url-key{end}") for end in ("", "-2")]
    if container is not None:
        found += [container.headers.get(f"x-container-meta-temp-url-key{end}") for end in ("", "-2")]
    return [key for key in found if key]


def _read(text: str) -> int:
    try:
        return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return 0
