"""Which account, container and object a request is for."""

from __future__ import annotations

import dataclasses
import re

from test.loopback.serving import Request

from .refusals import Refusal, absent
from .ways import Ways


@dataclasses.dataclass(frozen=True)
class Place:
    """A place; empty names: it is of none."""

    account: str
    container: str = ""
    name: str = ""

    @property
    def kind(self) -> str:
        """What it is a place of."""
        return "object" if self.name else "container" if self.container else "account"


def place_of(request: Request, ways: Ways, only_account: str) -> Place:
    """The place of a request.

    Args:
        only_account: The account where paths name none.
    """
    pattern = re.escape(ways.account_path).replace(re.escape("{account}"), "(?P<account>[^/]+)")
    match = re.match(pattern + r"(?:/|$)", request.raw_path)
    if match is None:
        raise absent()
    path = request.path[len(re.sub("/$", "", match[0])) :].removeprefix("/")
    container, _, name = path.partition("/")
    account = match.groupdict().get("account") or only_account
    if "\0" in path:
        raise Refusal(412, "Invalid UTF8 or contains NULL")
    return Place(account, container, name)


def split(path: str) -> tuple[str, str]:
    """Container and object of a path without its account."""
    container, _, name = path.removeprefix("/").partition("/")
    if not container or not name:
        raise Refusal(412, "the header must be of the form <container name>/<object name>")
    return container, name
