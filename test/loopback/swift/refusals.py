"""Errors of Swift: what an operation raises."""

from __future__ import annotations

from http import HTTPStatus


class Refusal(Exception):
    """A request that is refused.

    Args:
        text: The body of the response.
        headers: Of the response.
    """

    def __init__(self, status: int, text: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {text}")
        self.status = status
        self.text = text or f"<html><h1>{HTTPStatus(status).phrase}</h1></html>"
        self.headers = headers or {}


def absent() -> Refusal:
    """404."""
    return Refusal(404, "<html><h1>Not Found</h1><p>The resource could not be found.</p></html>")
