"""Names as storage URLs write them: what `ls` prints can be given back, and no URL silently means another object."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote

from obs_client.cli.failures import Failure
from obs_client.errors import AuthorizationError, ContainerNotFoundError, InvalidNameError

if TYPE_CHECKING:
    from obs_client.cli.address import Address
    from obs_client.client import ObjectStorageClient

_QUOTED = "%?#"
_PARTED = re.compile(r"[^\w/:.,@%+=~-]")
"""What a shell takes for more than a letter."""


def quoted(name: str) -> str:
    """A name as storage URLs write it: `%`, `?`, `#`, what cannot be printed and blanks at its edges are quoted."""
    end = len(name) - 1
    return "".join(
        quote(char, safe="", errors="surrogateescape")
        if char in _QUOTED or not char.isprintable() or (char == " " and at in (0, end))
        else char
        for at, char in enumerate(name)
    )


def url_of(address: Address, name: str, container: str | None = None) -> str:
    """The storage URL of an object or folder in the container of an address, with the options of its URL.

    Args:
        container: The container, where the address names none.
    """
    url, container = address.url, container or address.container_name()
    _, mark, query = address.text.partition("?")
    if url.alias is not None:
        start = quote(container, safe="") + "/" if url.alias.prefix is None else ""
        return f"{url.alias.name}://{start}{quoted(name.removeprefix(url.alias.prefix or ''))}{mark}{query}"
    if url.scheme == "file":
        return f"file://{quoted(url.root)}?{_in_query(query if address.path is None else '', container, name)}"
    store = url.root if url.scheme in ("http", "https") else f"{url.scheme}:/"
    return f"{store}/{quote(container, safe='')}/{quoted(name)}{mark}{query}"


def _in_query(query: str, container: str, name: str) -> str:
    """The options of a file URL by which a container of a root and a name in it are named: all names, possible paths
    or not."""
    others = [each for each in query.split("&") if each and each.partition("=")[0] not in ("container_name", "prefix")]
    prefix = [f"prefix={_in_option(name)}"] if name else []
    return "&".join([f"container_name={_in_option(container)}", *prefix, *others])


def _in_option(name: str) -> str:
    return quoted(name).replace("&", "%26").replace("+", "%2B")


def pasted(url: str) -> str:
    """A URL as a line on stdout: on a terminal in quotes where a shell would part it, so that it can be pasted back."""
    if sys.stdout is None or not sys.stdout.isatty():
        return url
    import shlex

    return shlex.quote(url) if _PARTED.search(url) else url


def check_written(client: ObjectStorageClient, address: Address, *, folders: bool = False) -> None:
    """Refuse a URL with `%` that means one name, if there is an object whose name is what the URL has as it stands.

    Such a URL was most likely made of a name that was printed, without quoting it. Asks the store only where the URL
    quotes something.

    Args:
        folders: What stands there may also be a folder.

    Raises:
        Failure: There is such an object or folder.
    """
    literal = address.literal
    if literal is None or not _is_there(client, literal, folders):
        return
    if address.name == literal.name:
        what, meant, other = "container", address.container_name(), literal.container_name()
    else:
        what, meant, other = "object", address.name, literal.name
        what = "folder" if folders else what
    raise Failure(
        f"{address.text} means the {what} {meant!r}, but there is one whose name is {other!r}",
        f"write {quoted(other)} for {other!r}, and {_quoted_more(meant)} for {meant!r}; ls --urls prints URLs",
    )


def _is_there(client: ObjectStorageClient, literal: Address, folders: bool) -> bool:
    container = literal.container_name()
    try:
        if not literal.name:
            return client.container_info(container) is not None
        if not literal.is_folder and client.object_info(literal.name, container) is not None:
            return True
        under = literal.under if folders or literal.is_folder else None
        return under is not None and next(client.object_iter(prefix=under, container_name=container), None) is not None
    except (AuthorizationError, ContainerNotFoundError, InvalidNameError):
        return False  # who may not list is refused so what is not there, too


def _quoted_more(name: str) -> str:
    """A name in a URL with one more character quoted than need be, so that the URL as it stands is no other's name."""
    for at, char in enumerate(name):
        if char not in "/" and quoted(char) == char:
            more = "".join(f"%{byte:02X}" for byte in char.encode())
            return quoted(name[:at]) + more + quoted(name[at + 1 :])
    return quoted(name)
