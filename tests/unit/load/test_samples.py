"""The record: rows of fixed length, unrounded."""

from __future__ import annotations

from pathlib import Path

from tts_chaos.load.samples import OPERATIONS, OUTCOMES, ROW, Sample, pack, read_samples, unpack


def test_a_row_comes_back_as_it_was() -> None:
    row = pack("orders.ship", "no_answer", 3, 0.25, 12.3456789012, 0.000123456789)

    assert list(unpack(row)) == [
        Sample(
            operation="orders.ship",
            outcome="no_answer",
            worker=3,
            late_s=0.25,
            due_s=12.3456789012,
            latency_s=0.000123456789,
        )
    ]


def test_half_a_row_at_the_end_is_left_out() -> None:
    row = pack("orders.list", "ok", 0, 0.0, 1.0, 0.1)

    assert len(list(unpack(row + row[:10]))) == 1


def test_records_of_several_processes_are_one_in_order(tmp_path: Path) -> None:
    for number, due_s in enumerate((2.0, 1.0)):
        row = pack("orders.list", "ok", number, 0.0, due_s, 0.1)
        (tmp_path / f"samples-{number}.bin").write_bytes(row)

    assert [s.worker for s in read_samples(tmp_path.glob("*.bin"))] == [1, 0]


def test_the_format_holds() -> None:
    assert (ROW.size, OPERATIONS[0], OPERATIONS[6], OUTCOMES[0], OUTCOMES[4]) == (
        24, "checkout.quote", "orders.ship", "ok", "wrong",
    )  # fmt: skip
