"""Spans and metrics of OpenTelemetry, one for each request to a server. Needs the extra `otel`: its API alone.

    from obs_client import ClientOptions
    from obs_client.telemetry import observe

    options = ClientOptions(observe=observe)

A span is the child of the span in which its request began, also in a worker's thread. Names and units are those of
OpenTelemetry's conventions for HTTP clients, but without a URL: spans and metrics hold no names of objects, unless
`Telemetry(names=True)` is asked for them, and no secrets in any case. Stores in
memory and files make no requests.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from opentelemetry import metrics, trace

from obs_client.models import RequestRecord

__all__ = ["Telemetry", "observe"]

Attributes = dict[str, str | int]

ANSWERS = frozenset((404, 409, 412, 416))
"""Refusals that are answers to a question: that something is absent, there already, or another version."""

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Bounds of the histogram, as the conventions advise."""

LIBRARY = "obs_client"


class Telemetry:
    """An observer of requests for `ClientOptions.observe`.

    It gives each request a span named by its method, and counts `http.client.request.duration` (a histogram, in
    seconds), `obs_client.retries` and `obs_client.io` (bytes of bodies, in both directions).

    Args:
        names: Let spans have the path, which holds the names of container and object, and the texts of errors.
        tracer_provider, meter_provider: None: the process's own.
    """

    def __init__(
        self,
        *,
        names: bool = False,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self.names = names
        self._providers = tracer_provider, meter_provider
        self._tracer = trace.get_tracer(LIBRARY, tracer_provider=tracer_provider)
        meter = metrics.get_meter(LIBRARY, meter_provider=meter_provider)
        self._duration = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="Time of a request, with that of its body",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._retries = meter.create_counter(
            "obs_client.retries", unit="{request}", description="Requests that were a further try of their call"
        )
        self._io = meter.create_counter("obs_client.io", unit="By", description="Bytes of bodies")

    def __reduce__(self) -> tuple[Callable[[], Telemetry], tuple[()]]:
        tracer_provider, meter_provider = self._providers
        make = functools.partial(
            Telemetry, names=self.names, tracer_provider=tracer_provider, meter_provider=meter_provider
        )
        return make, ()

    def __call__(self, record: RequestRecord) -> None:
        """Make a span of a request that has ended, and count it."""
        common = _attributes_of(record)
        self._make_span(record, common)
        self._duration.record(record.milliseconds / 1000.0, common)
        place = {"server.address": common["server.address"]}
        if record.attempt > 1:
            self._retries.add(1, place)
        for direction, count in (("transmit", record.sent), ("receive", record.received)):
            if count:
                self._io.add(count, {**place, "network.io.direction": direction})

    def _make_span(self, record: RequestRecord, common: Attributes) -> None:
        began = int(record.began * 1e9)
        attributes = {**common, **_further_attributes_of(record), **({"url.path": record.path} if self.names else {})}
        span = self._tracer.start_span(
            record.method, kind=trace.SpanKind.CLIENT, attributes=attributes, start_time=began
        )
        if "error.type" in common:
            span.set_status(trace.StatusCode.ERROR, record.error if self.names else None)
        span.end(began + int(record.milliseconds * 1e6))


def observe(record: RequestRecord) -> None:
    """Tell the process's own providers of a request: `ClientOptions(observe=observe)`."""
    _shared()(record)


@functools.cache
def _shared() -> Telemetry:
    return Telemetry()


def _attributes_of(record: RequestRecord) -> Attributes:
    """Those of the span and of the metrics: each has few values."""
    address, port = _address_of(record.host)
    attributes: Attributes = {"http.request.method": record.method, "server.address": address}
    if port is not None:
        attributes["server.port"] = port
    if record.status is not None:
        attributes["http.response.status_code"] = record.status
    if record.error is not None:
        attributes["error.type"] = record.error.partition(":")[0]
    elif record.status is None or (record.status >= 400 and record.status not in ANSWERS):
        attributes["error.type"] = str(record.status or "_OTHER")
    return attributes


def _further_attributes_of(record: RequestRecord) -> Attributes:
    """Those of the span alone."""
    attributes: Attributes = {
        "http.request.body.size": record.sent,
        "http.response.body.size": record.received,
    }
    if record.attempt > 1:
        attributes["http.request.resend_count"] = record.attempt - 1
    if record.request_id:
        attributes["obs_client.request_id"] = record.request_id
    return attributes


def _address_of(host: str) -> tuple[str, int | None]:
    """The name, and the port where it is not the usual one."""
    name, _, port = host.rpartition(":")
    is_port = port.isdecimal() and (":" not in name or name.endswith("]"))
    return (name.strip("[]"), int(port)) if is_port else (host.strip("[]"), None)
