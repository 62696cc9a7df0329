"""Plain Locust at the same server, with nothing of ours: the yardstick of the generator's speed."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from locust import FastHttpUser, constant, events, task

START: dict[str, float] = {}


class PlainUser(FastHttpUser):
    """Asks again and again."""

    wait_time = constant(0)

    @task
    def read(self) -> None:
        """Read stock."""
        self.client.get("/inventory/1", name="inventory.read")


HOOKS: Any = events


@HOOKS.test_start.add_listener
def _begin(**_: Any) -> None:
    START.update(cpu=time.process_time(), wall=time.perf_counter())


@HOOKS.test_stop.add_listener
def _end(environment: Any, **_: Any) -> None:
    used = time.process_time() - START["cpu"]
    told = {"cpu_s": used, "requests": environment.stats.total.num_requests}
    Path(os.environ["PLAIN_RESULT"]).write_text(json.dumps(told), encoding="utf-8")
