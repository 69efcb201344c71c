"""Spans and metrics of requests: how they nest, what they hold, and what they do not."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import pickle
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from obs_client import ClientOptions, ObjectStorageClientError, RequestRecord, S3Client
from obs_client.aio import AsyncClient
from obs_client.telemetry import Telemetry, observe
from test.loopback.s3_double import CREDENTIALS, Failure, S3Double, Ways, s3_double

PART = 5 * 1024 * 1024
RECORD = RequestRecord(
    "GET", "127.0.0.1:9000", "/box/name", "list-type=2", 200, "R1", 1, 0, 5, 20.0, 10.0, 1_700_000_000.5, None
)


class Seen:
    """What a process was told of, and its providers."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.spans_by = TracerProvider()
        self.spans_by.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        self.metrics_by = MeterProvider([self.reader])
        self.tracer = self.spans_by.get_tracer("test")

    def telemetry(self, names: bool = False) -> Telemetry:
        """An observer that tells them."""
        return Telemetry(names=names, tracer_provider=self.spans_by, meter_provider=self.metrics_by)

    def spans(self, name: str) -> list[ReadableSpan]:
        """The spans of a name that have ended."""
        return [span for span in self.exporter.get_finished_spans() if span.name == name]

    def points(self, name: str) -> list[Any]:
        """What was measured under a name, by attributes."""
        data = self.reader.get_metrics_data()
        assert data
        found = [metric for each in data.resource_metrics for scope in each.scope_metrics for metric in scope.metrics]
        return [point for metric in found if metric.name == name for point in metric.data.data_points]


@pytest.fixture
def seen() -> Iterator[Seen]:
    made = Seen()
    yield made
    made.spans_by.shutdown()
    made.metrics_by.shutdown()


@pytest.fixture
def server() -> Iterator[S3Double]:
    with s3_double(Ways(part_minimum=1, failures=(Failure("UploadPart", 503),))) as running:
        yield running


def client_of(server: S3Double, telemetry: Telemetry) -> S3Client:
    options = ClientOptions(part_size=PART, workers=3, first_pause=0.001, observe=telemetry)
    client = S3Client("box", endpoint_url=server.url, credentials=CREDENTIALS, checksums=False, options=options)
    client.container_create("box")
    return client


def parents(spans: list[ReadableSpan]) -> set[int | None]:
    return {span.parent.span_id if span.parent else None for span in spans}


def attributes(span: ReadableSpan) -> Mapping[str, Any]:
    assert span.attributes is not None
    return span.attributes


def test_requests_of_worker_threads_are_children_of_the_callers_span(seen: Seen, server: S3Double) -> None:
    with client_of(server, seen.telemetry()) as client:
        seen.exporter.clear()
        with seen.tracer.start_as_current_span("outer") as outer:
            client.object_upload(io.BytesIO(bytes(3 * PART)), "large")
            assert client.object_read("large") == bytes(3 * PART)
        puts = seen.spans("PUT")
        assert len(puts) == 4
        assert parents([*puts, *seen.spans("POST"), *seen.spans("GET")]) == {outer.get_span_context().span_id}
        retried = [span for span in puts if "http.request.resend_count" in attributes(span)]
        failed = [span for span in puts if span.status.status_code is StatusCode.ERROR]
        assert len(retried) == len(failed) == 1
        assert attributes(failed[0])["error.type"] == "503"
        assert attributes(retried[0])["http.response.status_code"] == 200
        assert attributes(retried[0])["http.request.body.size"] == PART


def test_a_body_that_is_read_later_is_a_child_of_where_it_was_asked_for(seen: Seen, server: S3Double) -> None:
    with client_of(server, seen.telemetry()) as client:
        client.object_write("small", b"content")
        with seen.tracer.start_as_current_span("opening") as opening:
            file = client.object_open("small")
            file.read(1)
        with seen.tracer.start_as_current_span("another"):
            file.read()
            file.close()
        assert parents(seen.spans("GET")) == {opening.get_span_context().span_id}


def test_asynchronous_calls_are_children_of_their_tasks_span(seen: Seen, server: S3Double) -> None:
    async def task(client: AsyncClient, number: int) -> tuple[int, int]:
        with seen.tracer.start_as_current_span(f"task {number}") as span:
            await client.object_write(f"object {number}", bytes(number + 1))
            return number, span.get_span_context().span_id

    async def main() -> dict[int, int]:
        async with AsyncClient(client_of(server, seen.telemetry())) as client:
            seen.exporter.clear()
            return dict(await asyncio.gather(*(task(client, number) for number in range(5))))

    tasks = asyncio.run(main())
    sent = {int(attributes(span)["http.request.body.size"]) - 1: span for span in seen.spans("PUT")}
    assert {number: span.parent.span_id for number, span in sent.items() if span.parent} == tasks


def test_spans_hold_no_names_and_no_secrets(seen: Seen, server: S3Double) -> None:
    with client_of(server, seen.telemetry()) as client:
        client.object_write("private/name.txt", b"content")
        assert client.object_info("private/absent.txt") is None
        assert [entry.name for entry in client.object_iter(prefix="private/")] == ["private/name.txt"]
        with pytest.raises(ObjectStorageClientError):
            client.object_read("private/absent.txt")
    text = "".join(span.to_json() for span in seen.exporter.get_finished_spans())
    data = seen.reader.get_metrics_data()
    assert data
    text += data.to_json()
    for hidden in ("private", "box", "txt", *CREDENTIALS.values()):
        assert hidden not in text
    assert "127.0.0.1" in text
    assert all(span.status.status_code is StatusCode.UNSET for span in seen.spans("HEAD")), "absence is an answer"


def test_names_are_told_if_they_are_asked_for(seen: Seen) -> None:
    failed = dataclasses.replace(RECORD, status=None, error="BrokenAnswer: the response to box/name broke off")
    for names in (False, True):
        seen.telemetry(names)(failed)
    without, with_names = seen.spans("GET")
    assert "url.path" not in attributes(without)
    assert attributes(with_names)["url.path"] == "/box/name"
    assert without.status.description is None
    assert with_names.status.description == failed.error
    assert attributes(without)["error.type"] == "BrokenAnswer"


@pytest.mark.parametrize(
    ("status", "failure"),
    [(200, None), (304, None), (404, None), (412, None), (403, "403"), (500, "500"), (None, "_OTHER")],
)
def test_a_span_fails_where_the_request_did(seen: Seen, status: int | None, failure: str | None) -> None:
    seen.telemetry()(dataclasses.replace(RECORD, status=status))
    (span,) = seen.spans("GET")
    assert (span.status.status_code is StatusCode.ERROR) is (failure is not None)
    assert attributes(span).get("error.type") == failure


@pytest.mark.parametrize(
    ("host", "address", "port"),
    [("h.example", "h.example", None), ("h:90", "h", 90), ("[::1]:90", "::1", 90), ("[::1]", "::1", None)],
)
def test_a_span_says_where_and_when(seen: Seen, host: str, address: str, port: int | None) -> None:
    seen.telemetry()(dataclasses.replace(RECORD, host=host))
    (span,) = seen.spans("GET")
    assert (attributes(span)["server.address"], attributes(span).get("server.port")) == (address, port)
    assert attributes(span)["obs_client.request_id"] == "R1"
    assert span.start_time == 1_700_000_000_500_000_000
    assert span.end_time == span.start_time + 20_000_000


def test_requests_are_counted(seen: Seen) -> None:
    telemetry = seen.telemetry()
    for record in (RECORD, dataclasses.replace(RECORD, attempt=2, sent=7), dataclasses.replace(RECORD, method="PUT")):
        telemetry(record)
    durations = {
        point.attributes["http.request.method"]: point for point in seen.points("http.client.request.duration")
    }
    assert (durations["GET"].count, durations["PUT"].count) == (2, 1)
    assert durations["GET"].sum == pytest.approx(0.04)
    assert durations["GET"].explicit_bounds[0] == 0.005
    (retries,) = seen.points("obs_client.retries")
    assert retries.value == 1
    moved = {point.attributes["network.io.direction"]: point.value for point in seen.points("obs_client.io")}
    assert moved == {"transmit": 7, "receive": 15}


def test_a_pickled_client_goes_on_telling() -> None:
    for observer in (observe, Telemetry(names=True)):
        again = pickle.loads(pickle.dumps(ClientOptions(observe=observer)))
        again.observe(RECORD)
    assert again.observe.names
    assert pickle.loads(pickle.dumps(observe)) is observe
