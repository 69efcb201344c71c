"""The examples of the page on connections; the one that makes spans is tried on a server."""

from __future__ import annotations

import dataclasses
import sys
from types import SimpleNamespace
from typing import Any, cast

import pytest

from obs_client import S3Client
from test.docs.pages import blocks, run_blocks, text_of
from test.loopback.s3_double import CREDENTIALS, Failure, Ways, s3_double

EXAMPLES = blocks(text_of("connections.md"))


def test_the_examples_of_the_page_run() -> None:
    run_blocks([block for block in EXAMPLES if "opentelemetry" not in block])


class Tracer:
    """What the example uses of OpenTelemetry's tracer; as a span it keeps what it was told."""

    def __init__(self) -> None:
        self.spans: list[dict[str, Any]] = []

    def start_span(self, name: str, *, kind: object, attributes: dict[str, Any], start_time: int) -> Tracer:
        self.spans.append({"name": name, "kind": kind, "began": start_time, **attributes})
        return self

    def set_status(self, status: object, description: str | None) -> None:
        self.spans[-1] |= {"status": status, "why": description}

    def end(self, end_time: int) -> None:
        self.spans[-1]["seconds"] = (end_time - self.spans[-1]["began"]) / 1e9


def test_the_example_makes_spans_of_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the names of OpenTelemetry's API, which the tests do not install."""
    tracer = Tracer()
    trace = SimpleNamespace(
        get_tracer=lambda name: tracer,
        SpanKind=SimpleNamespace(CLIENT="client"),
        StatusCode=SimpleNamespace(ERROR="error"),
    )
    monkeypatch.setitem(sys.modules, "opentelemetry", cast("Any", SimpleNamespace(trace=trace)))
    names: dict[str, Any] = {}
    run_blocks([block for block in EXAMPLES if "opentelemetry" in block], names)
    busy = s3_double(Ways(failures=(Failure("PutObject", 503),)))
    options = dataclasses.replace(names["options"], first_pause=0.001)
    with busy as server, S3Client("box", endpoint_url=server.url, credentials=CREDENTIALS, options=options) as client:
        client.container_create("box")
        client.object_write("name", b"content")
    first, second = [span for span in tracer.spans if span["url.path"] == "/box/name"]
    assert (first["http.response.status_code"], first["status"]) == (503, "error")
    assert (second["http.response.status_code"], second["http.request.resend_count"]) == (200, 1)
    assert second["http.request.body.size"] == 7
    assert "status" not in second
    assert all(0.0 < span["seconds"] < 10.0 and span["kind"] == "client" for span in tracer.spans)
