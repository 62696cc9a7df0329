"""HdrHistograms of a record, in the log format that their tools read; merging loses nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogWriter

from tts_chaos.load.samples import Sample

__all__ = ["FIGURES", "LONGEST_MICROS", "histogram_of", "histograms_of", "write_log"]

LONGEST_MICROS = 3_600_000_000
FIGURES = 3


def histogram_of(samples: Iterable[Sample]) -> HdrHistogram:
    """Return a histogram of latencies in microseconds, of those that went well."""
    histogram = HdrHistogram(1, LONGEST_MICROS, FIGURES)
    for sample in samples:
        if sample.outcome == "ok":
            micros = max(1, round(sample.latency_s * 1e6))
            histogram.record_value(min(micros, LONGEST_MICROS))
    return histogram


def histograms_of(samples: Iterable[Sample]) -> dict[str, HdrHistogram]:
    """Return a histogram for each operation."""
    rows: dict[str, list[Sample]] = {}
    for sample in samples:
        rows.setdefault(sample.operation, []).append(sample)
    return {operation: histogram_of(mine) for operation, mine in sorted(rows.items())}


def write_log(samples: Iterable[Sample], path: Path, *, began_unix_s: float, for_s: float) -> None:
    """Write a histogram log, one tagged histogram for each operation."""
    with path.open("w", encoding="utf-8") as file:
        writer = HistogramLogWriter(file)
        writer.output_log_format_version()
        # The library's own line for this calls a method that does not exist.
        file.write(f"#[StartTime: {began_unix_s:.3f} (seconds since epoch)]\n")
        writer.output_legend()
        for operation, histogram in histograms_of(samples).items():
            histogram.set_tag(operation)
            histogram.set_start_time_stamp(began_unix_s * 1000)
            histogram.set_end_time_stamp((began_unix_s + for_s) * 1000)
            writer.output_interval_histogram(histogram, began_unix_s, began_unix_s + for_s)
