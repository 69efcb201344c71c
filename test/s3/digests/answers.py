"""Answers of S3 as readers of their headers see them."""

from __future__ import annotations

from typing import Any, cast

from obs_client._http.answer import HttpAnswer
from obs_client._http.head import Head, HttpHeaders


def answer_with(headers: dict[str, str], status: int = 200) -> HttpAnswer:
    """An answer of no content with these headers, their names in lower case."""
    return HttpAnswer(Head(status, "OK", HttpHeaders(headers), True), 0, cast("Any", None), lambda _: None)
