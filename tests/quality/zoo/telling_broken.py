"""Integrations that tell nobody, too late, the wrong thing, or that all is well."""

from __future__ import annotations

from typing import Any

from tests.quality.zoo.base import Connector
from tests.quality.zoo.manners import Json
from tests.quality.zoo.registry import broken, broken_reference

from tts_chaos.reference.connector import ReferenceIntegration

__all__: list[str] = []

# -- alert_raised ---------------------------------------------------------------------------------


@broken("alert_raised.no_alert", "auth/wrong-app-key", "network/blocked-for-an-hour")
class TellsNobody(Connector):
    """Logs errors and tells nobody."""

    def alert(self, cause: str, message: str) -> None:
        self.open_alerts.add(cause)


@broken("calls_logged.call_unlogged", "observability/calls-are-logged")
class LogsNothing(Connector):
    """Keeps no log of its calls."""

    def note(self, call: str, outcome: str) -> None:
        pass


@broken("calls_logged.call_unlogged", "observability/outage-is-logged-and-told")
class LogsWhatWentWell(Connector):
    """Logs a call only once it was answered with success."""

    def note(self, call: str, outcome: str) -> None:
        if outcome == "ok":
            super().note(call, outcome)


@broken("no_secret_leaks.secret_in_output", "observability/calls-are-logged")
class LogsItsToken(Connector):
    """Logs each call with the access token that it carried, where only an operator reads it."""

    def note(self, call: str, outcome: str) -> None:
        super().note(call, f"{outcome} with {self.state['tokens']['access_token']}")


@broken("calls_logged.failure_unlogged", "observability/refusal-is-logged-and-told")
class LogsWithoutTheAnswer(Connector):
    """Logs each call and not what came of it."""

    def note(self, call: str, outcome: str) -> None:
        super().note(call, "was made")


@broken("alert_raised.wrong_cause", "clock/three-minutes-ahead", "endpoint/version-retired")
class BlamesCredentials(Connector):
    """Takes every refusal for wrong credentials."""

    def alert(self, cause: str, message: str) -> None:
        super().alert("credentials", "the platform refuses us")


@broken("alert_raised.wrong_cause", "overload/outage-503")
class TakesOutageForQuota(Connector):
    """Takes a 503 for a limit of its own calls."""

    def meaning_of_status(self, status: int) -> tuple[str, str]:
        return ("rate_limit", "wait") if status == 503 else super().meaning_of_status(status)


@broken("alert_raised.alert_late", "network/blocked-for-an-hour")
class TellsLate(Connector):
    """Raises an alert only when six syncs in a row have failed."""

    def alert(self, cause: str, message: str) -> None:
        times = self.__dict__.setdefault("times", [])
        times.append(cause)
        if len(times) >= 6:
            super().alert(cause, message)


@broken_reference("alert_raised.no_alert", "auth/keys-rotated", "endpoint/wrong-host-404")
def tells_the_log_only(reference: ReferenceIntegration) -> None:
    """Writes alerts to the log and nowhere else."""
    journal = reference._journal

    def log(cause: str, subject: str, message: str) -> None:
        journal.warn("trouble", cause=cause, subject=subject, message=message)

    reference._alerts.report = log  # type: ignore[method-assign]


# -- degraded_reads -------------------------------------------------------------------------------


@broken("degraded_reads.read_failed", "overload/outage-503")
class ReadsThrough(Connector):
    """Asks the platform whenever its orders are read."""

    def orders(self) -> Any:
        self.sync_orders()
        return super().orders()


@broken("degraded_reads.health_says_ok", "overload/outage-503", "network/blocked-for-an-hour")
class IsAlwaysWell(Connector):
    """Says that all is well as long as its process lives."""

    def health(self) -> Json:
        return {"status": "ok"}


@broken_reference("degraded_reads.health_says_ok", "overload/outage-503")
def is_well_while_it_lives(reference: ReferenceIntegration) -> None:
    """Says that all is well as long as its process lives."""
    reference.health = lambda: {"status": "ok"}  # type: ignore[method-assign]
