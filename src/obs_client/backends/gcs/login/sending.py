"""What google-auth sends by (its `transport.Request`): our own transport, with its proxies and certificates."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from obs_client._http.pool import HttpPool
from obs_client.credentials import forget_frames

_LIMIT = 16 * 1024 * 1024


class Reply:
    """An answer as google-auth reads it."""

    def __init__(self, status: int, headers: Any, data: bytes) -> None:
        self.status: int = status
        self.headers: Any = headers
        self.data: bytes = data


class Sender:
    """Sends the requests of a login; nothing of them is left in an error."""

    def __init__(self, verify: bool | str, timeout: float) -> None:
        self._verify, self._timeout = verify, timeout
        self._pool = HttpPool(verify=verify, timeout=timeout, connections=1)

    def close(self) -> None:
        """Close idle connections."""
        self._pool.close()

    def send(self, url: str, method: str, body: Any, headers: Any, timeout: float | None = None) -> Reply:
        """The answer, whatever its status; `OSError` if there is none."""
        data = body.encode() if isinstance(body, str) else body
        # google-auth's probe of the machine's own login service is to fail fast.
        short = HttpPool(verify=self._verify, timeout=timeout) if timeout and timeout < self._timeout else None
        try:
            whole = url if urlsplit(url).path else f"{url}/"
            answer = (short or self._pool).request(method, whole, {**(headers or {})}, data)
            return Reply(answer.status, answer.headers, answer.read(_LIMIT))
        except OSError as error:
            forget_frames(error)
            raise
        finally:
            if short:
                short.close()

    def __call__(
        self, url: str, method: str = "GET", body: Any = None, headers: Any = None, timeout: Any = None, **_: Any
    ) -> Reply:
        """As `send`, with google-auth's own error."""
        from google.auth import exceptions

        try:
            return self.send(url, method, body, headers, timeout)
        except OSError as error:
            raise exceptions.TransportError(str(error)) from error
