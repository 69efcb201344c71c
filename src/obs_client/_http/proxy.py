"""Where a request goes: the host and port of its URL, through the proxy that the process's environment names."""

from __future__ import annotations

import base64
import os
import re
import sys
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from obs_client.errors import ConfigurationError

_ORIGIN = re.compile(r"[a-z]+://[\w.:%\[\]-]+", re.ASCII | re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}


class Proxy(NamedTuple):
    """A forward proxy, spoken to without TLS.

    Attributes:
        authorization: A whole header line or "".
        variable: Of the environment, which names it; "": the system's settings do.
    """

    host: str
    port: int
    authorization: str = ""
    variable: str = ""

    def __repr__(self) -> str:
        return f"Proxy({self.host!r}, {self.port})"

    def __str__(self) -> str:
        return f"the proxy {self.host}:{self.port} ({self.variable or 'of the system'})"


class Route:
    """The way to a server; each is equal to itself alone.

    Attributes:
        authority: Host and port as `CONNECT` wants them, IPv6 in brackets.
        host_header: The same without the scheme's own port.
    """

    __slots__ = ("authority", "host", "host_header", "port", "proxy", "scheme")

    def __init__(
        self, scheme: str, host: str, port: int, authority: str, host_header: str, proxy: Proxy | None
    ) -> None:
        self.scheme: str = scheme
        self.host: str = host
        self.port: int = port
        self.authority: str = authority
        self.host_header: str = host_header
        self.proxy: Proxy | None = proxy

    @property
    def first_hop(self) -> tuple[str, int]:
        """Host and port of the first connection."""
        return (self.proxy.host, self.proxy.port) if self.proxy else (self.host, self.port)

    def target(self, path: str) -> str:
        """What a request names: the whole URL to a proxy that opens no tunnel, else the path."""
        return f"http://{self.host_header}{path}" if self.proxy and self.scheme == "http" else path

    @property
    def proxy_header(self) -> bytes:
        """The header line that each request needs for the proxy, or nothing: a tunnel is asked for only once."""
        return self.proxy.authorization.encode("ascii") if self.proxy and self.scheme == "http" else b""


def find_route(origin: str) -> Route:
    """The route to an origin such as `https://host:8443`.

    Raises:
        ValueError: It is no origin of HTTP, or holds credentials.
        ConfigurationError: The environment names a proxy that is not spoken here.
    """
    try:
        parts = urlsplit(origin)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        raise ValueError("the URL's host or port is broken") from None
    if scheme not in _PORTS or not host or not _ORIGIN.fullmatch(origin):
        raise ValueError("the URL must begin with http:// or https:// and a host, without credentials")
    port = _PORTS[scheme] if port is None else port
    bracketed = f"[{host}]" if ":" in host else host
    authority = f"{bracketed}:{port}"
    host_header = bracketed if port == _PORTS[scheme] else authority
    return Route(scheme, host, port, authority, host_header, _find_proxy(scheme, authority))


def _find_proxy(scheme: str, authority: str) -> Proxy | None:
    variables = {name.lower() for name in os.environ} - {"no_proxy"}
    if sys.platform != "darwin" and not any(name.endswith("_proxy") for name in variables):
        return None
    from urllib.request import getproxies, proxy_bypass  # slow to load, and seldom needed

    proxies = getproxies()
    kind = scheme if proxies.get(scheme) else "all"
    url = proxies.get(kind)
    return None if not url or proxy_bypass(authority) else _parse_proxy(url, _variable(f"{kind}_proxy"))


def _variable(name: str) -> str:
    """The variable as it is written in the environment; in small letters it goes first."""
    return next((each for each in (name, *os.environ) if each.lower() == name and os.environ.get(each)), "")


def _parse_proxy(url: str, variable: str) -> Proxy:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    # No word of the URL in the messages: it may hold a password.
    if not host:
        raise ConfigurationError(f"the environment's proxy ({variable}) is not a URL of the form http://host:port")
    if parts.scheme != "http":
        raise ConfigurationError(
            f"the environment's proxy ({variable}) is not spoken to by http://, the only kind supported"
        )
    return Proxy(host, port or 80, _authorization(parts.username, parts.password), variable)


def _authorization(user: str | None, password: str | None) -> str:
    if user is None:
        return ""
    secret = f"{unquote(user)}:{unquote(password or '')}".encode()
    return f"Proxy-Authorization: Basic {base64.b64encode(secret).decode('ascii')}\r\n"
