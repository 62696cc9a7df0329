"""Hands spans to OpenTelemetry: over HTTP to a collector, into a file, or onto the terminal.

Needs the extra `otel`, and imports its packages only when something is exported.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import tts_chaos
from tts_chaos.errors import BackendUnavailableError, ConfigError
from tts_chaos.reporting.telemetry.spans import Span

__all__ = ["CONSOLE", "check_target", "export_runs", "require_packages"]

EXTRA = "pip install 'pytest-tts-chaos[otel]'"
CONSOLE = "console"
FILE = "file:"
TRACES_PATH = "/v1/traces"
BATCH = 512
"""Spans in one request; a collector takes four megabytes unless told otherwise."""

WAIT_S = 10.0
"""How long a collector may take for one batch, tries included."""

MOST = 100_000
"""Events of one span: a run has as many calls at most, and nothing of it is left out."""


def require_packages() -> None:
    """See that the packages are there.

    Raises:
        BackendUnavailableError: If one is missing, with what to install.
    """
    try:
        import opentelemetry.exporter.otlp.proto.http.trace_exporter
        import opentelemetry.sdk.trace  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise BackendUnavailableError(
            f"--tts-otel needs the package {error.name}: {EXTRA}"
        ) from None


def check_target(target: str) -> None:
    """Refuse what nothing can be exported to.

    Raises:
        ConfigError: Naming what is expected.
    """
    if target == CONSOLE or (target.startswith(FILE) and len(target) > len(FILE)):
        return
    parts = urlsplit(target)
    if parts.scheme in ("http", "https") and parts.hostname:
        return
    raise ConfigError(
        f"--tts-otel: {target!r} is no place to export to; expected the address of a collector "
        "(http://127.0.0.1:4318), file:PATH, or console"
    )


def export_runs(
    runs: Sequence[Sequence[Span]], target: str, *, tell: Callable[[str], None] = print
) -> int:
    """Export each run as a trace of its own; returns how many spans were taken.

    Args:
        runs: The spans of each run, as `spans_of` returns them.
        target: As `check_target` takes it.
        tell: Is told each line for the terminal, where that is the target.

    Raises:
        BackendUnavailableError: If a package is missing, or the collector does not take them.
        ConfigError: If the target is none, or its file cannot be written.
    """
    check_target(target)
    require_packages()
    made = [span for run in runs for span in _as_sdk_spans(run)]
    if target == CONSOLE:
        for span in made:
            tell(span.to_json(indent=None))
    elif target.startswith(FILE):
        _write(made, Path(target.removeprefix(FILE)))
    else:
        _send(made, target)
    return len(made)


def _as_sdk_spans(run: Sequence[Span]) -> list[Any]:
    from opentelemetry import trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanLimits, TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    kept = InMemorySpanExporter()
    service = {"service.name": "tts-chaos", "service.version": tts_chaos.__version__}
    # Variables that thin out production's traces have no say here.
    provider = TracerProvider(
        sampler=ALWAYS_ON,
        resource=Resource.create(service),
        shutdown_on_exit=False,
        span_limits=SpanLimits(max_span_attributes=MOST, max_events=MOST),
    )
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("tts_chaos", tts_chaos.__version__)
    kinds = {
        "internal": trace.SpanKind.INTERNAL,
        "client": trace.SpanKind.CLIENT,
        "server": trace.SpanKind.SERVER,
    }
    contexts: dict[str, Any] = {"": trace.set_span_in_context(trace.INVALID_SPAN)}
    for span in run:
        made = tracer.start_span(
            span.name,
            context=contexts[span.parent],
            kind=kinds[span.kind],
            attributes=dict(span.attributes),
            start_time=_ns(span.begin_ms),
        )
        contexts[span.key] = trace.set_span_in_context(made)
        for event in span.events:
            made.add_event(event.name, dict(event.attributes), timestamp=_ns(event.at_ms))
        if span.status != "unset":
            code = trace.StatusCode.OK if span.status == "ok" else trace.StatusCode.ERROR
            made.set_status(trace.Status(code, span.message or None))
        made.end(_ns(span.end_ms))
    return list(kept.get_finished_spans())


def _ns(at_ms: int) -> int:
    return at_ms * 1_000_000


def _send(spans: Sequence[Any], target: str) -> None:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import SpanExportResult

    address = target if urlsplit(target).path.strip("/") else target.rstrip("/") + TRACES_PATH
    exporter = OTLPSpanExporter(endpoint=address, timeout=WAIT_S)
    sent = 0
    try:
        with _words_of_the_exporter() as said:
            for batch in _batches(spans):
                if exporter.export(batch) is not SpanExportResult.SUCCESS:
                    why = f": {said[-1]}" if said else ""
                    raise BackendUnavailableError(
                        f"--tts-otel: {address} took {sent} of {len(spans)} spans{why}; see that "
                        "a collector listens there for OTLP over HTTP"
                    )
                sent += len(batch)
    finally:
        exporter.shutdown()  # type: ignore[no-untyped-call]


def _batches(spans: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(spans), BATCH):
        yield spans[start : start + BATCH]


@contextmanager
def _words_of_the_exporter() -> Iterator[list[str]]:
    """Keep what the exporter would say in the midst of pytest's own output."""
    said: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger, keeper = logging.getLogger("opentelemetry"), Keeper()
    propagated = logger.propagate
    logger.addHandler(keeper)
    logger.propagate = False
    try:
        yield said
    finally:
        logger.removeHandler(keeper)
        logger.propagate = propagated


def _write(spans: Sequence[Any], file: Path) -> None:
    """Add lines in the form that OpenTelemetry's file exporter gives OTLP: one request a line."""
    from google.protobuf.json_format import MessageToDict
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

    lines = []
    for batch in _batches(spans):
        document = MessageToDict(encode_spans(batch), use_integers_for_enums=True)
        for resource in document["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    _write_ids_as_hexadecimal(span)
        lines.append(json.dumps(document, ensure_ascii=False) + "\n")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as written:
            written.writelines(lines)
    except OSError as error:
        raise ConfigError(
            f"--tts-otel: {file} cannot be written: {error.strerror or error}"
        ) from None


def _write_ids_as_hexadecimal(span: dict[str, Any]) -> None:
    """OTLP in JSON wants ids in hexadecimal, where protobuf's own JSON has Base64."""
    for key in ("traceId", "spanId", "parentSpanId"):
        if key in span:
            span[key] = base64.b64decode(span[key]).hex()
