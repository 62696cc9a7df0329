"""Generated webhooks do not break the reference's receiver, and no order of them misleads it.

Schemathesis draws payloads of all event types; they come over a real socket to its HTTP front door,
signed, mutated, broken and forged. Then the webhooks of five changes of one order arrive in each of
their orders. An integration that believes them shows that the orders can be told apart.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
import time
from pathlib import Path

from tests.quality.zoo.orders_broken import BelievesWebhooks
from tests.support.reference_receiver import KEYS, reference_receiver
from tests.support.webhook_orders import play_orders

from tts_chaos.core.verdict import Outcome
from tts_chaos.reference.factory import make_reference
from tts_chaos.serving.receiver_trial import TrialReport, try_receiver


def main() -> int:
    """Run, print, return 0 where nothing broke and the believer was found out."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--examples", type=int, default=10)
    parser.add_argument("--events", type=int, default=5)
    options = parser.parse_args()
    started = time.perf_counter()
    report = _trial(options.examples)
    kept = play_orders(make_reference, options.events)
    believed = play_orders(BelievesWebhooks, options.events)
    misled = [name for name, outcome in kept.items() if outcome is not Outcome.PASSED]
    broken = [name for name, outcome in believed.items() if outcome is not Outcome.PASSED]
    for name in misled:
        print(f"the reference is misled by the order {name}: {kept[name]}")
    print(f"an integration that believes webhooks is misled by {len(broken)} of {len(believed)}")
    print(
        f"{report.sent.total()} generated webhooks of {report.events} types: "
        f"{len(report.failures)} wrong answers; {len(kept) - len(misled)} of {len(kept)} wrong "
        f"orders of {options.events} webhooks mislead nobody, "
        f"{time.perf_counter() - started:.0f} s"
    )
    return 1 if report.failures or misled or not broken else 0


def _trial(examples: int) -> TrialReport:
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.redirect_stderr(io.StringIO()),
        reference_receiver(Path(folder)) as address,
    ):
        report = try_receiver(address, KEYS, examples=examples, seed=7)
    for failure in report.failures:
        print(failure)
    for answer, count in sorted(report.statuses.items()):
        print(f"  {answer}: {count}")
    return report


if __name__ == "__main__":
    sys.exit(main())
