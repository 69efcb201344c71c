"""The requests of a login over the library's own transport.

The one of `requests` takes an answer whose head breaks off for a whole one: half a storage URL is another account's.
"""

from __future__ import annotations

import io
from typing import Any, cast

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from obs_client._http.pool import HttpPool

ANSWER_LIMIT = 16 * 1024 * 1024
"""Bytes; the catalogue of a large cloud has some hundred thousand."""


class LoginAdapter(BaseAdapter):
    """What a session of `requests` sends by. Certificates, timeouts and proxies are the pool's business."""

    def __init__(self, verify: bool | str, timeout: float) -> None:
        super().__init__()
        self._pool = HttpPool(verify=verify, timeout=timeout, connections=0)

    def send(self, request: requests.PreparedRequest, *_arguments: Any, **_options: Any) -> requests.Response:
        """The whole answer, whatever its status.

        Raises:
            OSError: There is none; see `HttpPool.request`.
        """
        # A login's values are text, its body is short: the types of `requests` are for everything that can be sent.
        body = cast("str | bytes | None", request.body)
        headers = cast("dict[str, str]", {**request.headers, "Accept-Encoding": "identity"})
        answer = self._pool.request(
            request.method or "", request.url or "", headers, body.encode() if isinstance(body, str) else body
        )
        response = requests.Response()
        response.raw = io.BytesIO(answer.read(ANSWER_LIMIT))
        response.status_code, response.reason = answer.status, answer.reason
        response.headers = CaseInsensitiveDict(answer.headers)
        response.url, response.request = request.url or "", request
        return response

    def close(self) -> None:
        self._pool.close()
