"""Azure's signatures: of requests by an account's key (SharedKey), and of URLs for others (SAS).

By the pages "Authorize with Shared Key", "Create a service SAS" and "Create a user delegation SAS". The tests compare
them with azure-storage-blob's.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hmac
import time
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

from obs_client._http.kit.calls.queries import query_of
from obs_client.backend.values import NO_TERMS, UrlTerms
from obs_client.errors import ConfigurationError

VERSION = "2021-12-02"
"""Of the protocol, for requests and SAS alike; Azurite knows it, and the service keeps old ones."""

_SIGNED = ("", "", "length", "content-md5", "content-type", "", "", "if-match", "if-none-match", "", "range")
"""What is signed by its place; in those without a name stand headers that are never sent here."""

_ORDER = str.maketrans({"-": None, "_": " "})
"""How names of headers are ordered by the service: no `-` counts, and `_` goes before digits."""


class Key(NamedTuple):
    """What signs: an account's own key, or one that the service made for a user.

    Attributes:
        fields: What a user's key adds to a SAS, by the names in its query; in the order in which they are signed.
    """

    account: str
    value: bytes
    fields: Mapping[str, str] = {}

    def __repr__(self) -> str:
        return f"Key({self.account!r}, ***)"

    def sign(self, text: str) -> str:
        """The signature of a text."""
        return base64.b64encode(hmac.digest(self.value, text.encode(), "sha256")).decode()


def read_key(text: str) -> bytes:
    """An account's key as the portal shows it.

    Raises:
        ConfigurationError: It is none.
    """
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ConfigurationError("the account's key is incomplete: it must be base64") from None


def authorization(key: Key, method: str, path: str, query: str, headers: Mapping[str, str], size: int) -> str:
    """The header `Authorization` of a request whose other headers and URL are sent as they are."""
    placed, named = _layout(tuple(headers))
    given = {"length": str(size or ""), "": "", **headers}
    fields = [method, *[given[name] for name in placed], *[f"{lower}:{given[name]}" for lower, name in named]]
    text = "\n".join([*fields, _resource(key.account, path, query)])
    return f"SharedKey {key.account}:{key.sign(text)}"


def signed_query(
    key: Key,
    container: str,
    name: str,
    permissions: str,
    seconds: float,
    *,
    https: bool,
    terms: UrlTerms = NO_TERMS,
) -> str:
    """The query (SAS) by which anybody may do with an object what `permissions` say, for so many seconds.

    Args:
        terms: What is answered in place of the object's own type and disposition.
    """
    protocol = "https" if https else ""
    ends = stamp(time.time() + seconds)
    pairs: dict[str, str | None] = {
        "sp": permissions,
        "se": ends,
        "spr": protocol,
        "sv": VERSION,
        "sr": "b",
        "rscd": terms.content_disposition,
        "rsct": terms.content_type,
    }
    place = f"/blob/{key.account}/{container}/{name}"
    # Not used are: a begin, a stored policy, an address, a snapshot, an encryption scope, further headers of answers.
    own = [*key.fields.values(), "", "", ""] if key.fields else [""]
    told = ("", "", "", terms.content_disposition or "", "", "", terms.content_type or "")
    text = "\n".join([permissions, "", ends, place, *own, "", protocol, VERSION, "b", *told])
    given = {**pairs, **key.fields, "sig": key.sign(text)}
    return query_of(*((name, value or None) for name, value in given.items()))


def stamp(moment: float) -> str:
    """A time as Azure writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


@functools.lru_cache(maxsize=256)
def _layout(names: tuple[str, ...]) -> tuple[list[str], list[tuple[str, str]]]:
    """Which of these headers stand in the signed places, "" for none, and which follow by name, in lower case too."""
    lowered = {name.lower(): name for name in names}
    placed = [name if name in ("", "length") else lowered.get(name, "") for name in _SIGNED]
    follow = [(lower, name) for lower, name in lowered.items() if lower.startswith("x-ms-")]
    return placed, sorted(follow, key=lambda pair: pair[0].translate(_ORDER))


def _resource(account: str, path: str, query: str) -> str:
    lines = [f"/{account}{path}"]
    if query:
        pairs = sorted(pair.partition("=")[::2] for pair in query.split("&"))
        lines += [f"{name.lower()}:{unquote(value)}" for name, value in pairs]
    return "\n".join(lines)
