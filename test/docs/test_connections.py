"""The examples of the page on connections; the one for OpenTelemetry is tried on a server."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from obs_client import S3Client, telemetry
from test.docs.pages import blocks, run_blocks, text_of
from test.loopback.s3_double import CREDENTIALS, s3_double

EXAMPLES = blocks(text_of("connections.md"))


def test_the_examples_of_the_page_run() -> None:
    run_blocks(EXAMPLES)


def test_the_example_makes_spans_of_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    process_own = telemetry.Telemetry(tracer_provider=provider)
    monkeypatch.setattr(telemetry, "_shared", lambda: process_own)
    names: dict[str, Any] = {}
    run_blocks([block for block in EXAMPLES if "telemetry" in block], names)
    options = names["options"]
    with (
        s3_double() as server,
        S3Client("box", endpoint_url=server.url, credentials=CREDENTIALS, options=options) as client,
    ):
        client.container_create("box")
        client.object_write("name", b"content")
    sizes = [dict(span.attributes or {})["http.request.body.size"] for span in exporter.get_finished_spans()]
    assert sizes[-1] == 7
    assert exporter.get_finished_spans()[-1].name == "PUT"
