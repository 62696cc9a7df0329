"""What may go wrong, by the cause that an alert names, and what people do about it.

Steps are the same for every integration; names, times and what was rehearsed come from elsewhere.
A step has no number in its words: numbers are measured or given, never written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.faults.fault import CAUSES

__all__ = ["FAILURES", "Failure", "Step", "failure_of", "failures_of"]

DOCTOR = "tts-chaos doctor --against-real-platform --only {}"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do.

    Attributes:
        role: A field of `settings.Team`.
        do: What; words in back quotes are code.
        command: What is called for it, "" for nothing.
        check: How one sees that it is done.
    """

    role: str
    do: str
    command: str = ""
    check: str


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of trouble.

    Attributes:
        name: The cause that an alert names, or `program`.
        title: As people say it.
        signs: How it shows.
        rehearse: A bundled scenario that rehearses it.
        steps: What is done, in order.
    """

    name: str
    title: str
    signs: str
    rehearse: str
    steps: tuple[Step, ...]


def _look(family: str, says: str) -> Step:
    return Step(
        role="operator",
        do="Ask the doctor, with the credentials and from the machine of the integration.",
        command=DOCTOR.format(family),
        check=says,
    )


_CATCH_UP = Step(
    role="developer",
    do="Let the schedule run once more, and compare what the shop and the platform know of the "
    "time of the trouble.",
    check="No order of that time is missing or there twice, and stock agrees.",
)
_ALL = (
    Failure(
        name="credentials",
        title="Keys or tokens are refused",
        signs="Calls are refused as unauthorised; an alert names `credentials`.",
        rehearse="auth/wrong-app-key",
        steps=(
            _look(
                "credentials", "`credentials_accepted` names what is wrong: key, secret or token"
            ),
            Step(
                role="operator",
                do="Renew what is wrong in Partner Center: authorise the shop again, or issue a "
                "new secret. Put it into the sealed store, nowhere else.",
                check="`credentials_accepted` is silent",
            ),
            Step(
                role="operator",
                do="Give the integration the new values and let it take them up.",
                check="The next call is answered with success.",
            ),
            _CATCH_UP,
        ),
    ),
    Failure(
        name="permission",
        title="A permission or an address is missing",
        signs="Some calls are refused and others are not; an alert names `permission`.",
        rehearse="auth/missing-scope",
        steps=(
            _look("credentials", "`scopes_granted` names the scope"),
            Step(
                role="operator",
                do="Add the scope to the app, or the address to its list, and let the seller "
                "authorise again.",
                check="`scopes_granted` is silent",
            ),
            _CATCH_UP,
        ),
    ),
    Failure(
        name="endpoint",
        title="A wrong address",
        signs="Every call is answered as not found; an alert names `endpoint`.",
        rehearse="endpoint/wrong-path",
        steps=(
            _look("endpoint", "`addresses_spelt` names the wrong address and the right one"),
            Step(
                role="developer",
                do="Take back the last change of addresses, or write the right one.",
                check="`addresses_spelt` and `verbs_right` are silent",
            ),
            _CATCH_UP,
        ),
    ),
    Failure(
        name="network",
        title="The platform cannot be reached",
        signs="Connections are refused, reset or swallowed; an alert names `network`.",
        rehearse="network/blocked-for-an-hour",
        steps=(
            _look("network", "It says which of name, port, certificate and proxy is in the way"),
            Step(
                role="operator",
                do="Take back the last change of firewall, proxy or name server, or open the way "
                "to the platform's hosts.",
                check="`tcp_open`, `tls_trusted` and `answers_genuine` are silent",
            ),
            _CATCH_UP,
        ),
    ),
    Failure(
        name="clock",
        title="The clock is wrong",
        signs="Signed calls are refused for their timestamp; an alert names `clock`.",
        rehearse="clock/six-minutes-behind",
        steps=(
            _look("clock", "`clock_right` says by how much it is off"),
            Step(
                role="operator",
                do="Let the machine set its clock by a trusted source.",
                command="timedatectl set-ntp true",
                check="`clock_right` is silent",
            ),
            _CATCH_UP,
        ),
    ),
    Failure(
        name="version",
        title="A version of the API was retired",
        signs="Calls of one path are refused as outdated; an alert names `version`.",
        rehearse="endpoint/version-retired",
        steps=(
            _look("version", "`versions_current` names the version to move to"),
            Step(
                role="developer",
                do="See what else the new version changes, move to it, and release.",
                command="tts-chaos diff OLD NEW --scenarios changes",
                check="`versions_current` is silent, and the scenarios of the change pass",
            ),
            _CATCH_UP,
        ),
    ),
    Failure(
        name="rate_limit",
        title="The platform asks for fewer calls",
        signs="Calls are refused as too many; an alert names `rate_limit`.",
        rehearse="overload/quota-of-the-hour",
        steps=(
            Step(
                role="lead",
                do="Stop what can wait: exports, full reads, reports.",
                check="The number of calls falls.",
            ),
            Step(
                role="developer",
                do="See that waits grow and that `Retry-After` is obeyed; nothing is repeated "
                "by hand meanwhile.",
                check="The share of refused calls falls.",
            ),
            _CATCH_UP,
        ),
    ),
    Failure(
        name="outage",
        title="The platform is down",
        signs="Calls are answered as unavailable; an alert names `outage`.",
        rehearse="overload/outage-503",
        steps=(
            Step(
                role="lead",
                do="See in the platform's own notices whether it is known, and change nothing: "
                "the integration catches up by itself.",
                check="The notice is found, or the platform's support is asked.",
            ),
            Step(
                role="lead",
                do="Decide whether offers are paused, because stock that is sold elsewhere "
                "cannot be told.",
                check="The decision and its time are written down.",
            ),
            _CATCH_UP,
        ),
    ),
    Failure(
        name="slowness",
        title="The platform is slow",
        signs="Calls run into their time limits; an alert names `slowness`.",
        rehearse="slowness/slow-answers",
        steps=(
            _look("network", "It says whether the way there is slow as well"),
            Step(
                role="developer",
                do="See that writes whose answer was not awaited are looked up before they are "
                "repeated.",
                check="Nothing was booked twice.",
            ),
            _CATCH_UP,
        ),
    ),
    Failure(
        name="contract",
        title="Answers are not what they were",
        signs="Answers cannot be read, or say something new; an alert names `contract`.",
        rehearse="drift/status-unknown",
        steps=(
            Step(
                role="developer",
                do="Keep an answer without its secrets, and compare it with the contract.",
                command="tts-chaos verify FILE",
                check="The field that changed is named.",
            ),
            Step(
                role="developer",
                do="Read the new form, release, and read again what was left out.",
                check="The answer that was kept is read, and no order of that time is left out.",
            ),
            _CATCH_UP,
        ),
    ),
    Failure(
        name="mapping",
        title="A field is missing",
        signs="Orders or records are held back for want of a field; an alert names `mapping`.",
        rehearse="mapping/missing-contact",
        steps=(
            Step(
                role="developer",
                do="Ask the doctor which field no longer comes from where it came from.",
                command="tts-chaos doctor --offline --only mapping",
                check="`mapping_complete` names the field",
            ),
            Step(
                role="developer",
                do="Map the field anew, release, and send what was held back.",
                check="`mapping_complete` is silent, and nothing is held back any more",
            ),
            _CATCH_UP,
        ),
    ),
    Failure(
        name="webhook",
        title="Notices are late, lost, doubled or forged",
        signs="Orders are noticed late, or notices are refused; an alert names `webhook`.",
        rehearse="webhooks/forged",
        steps=(
            Step(
                role="developer",
                do="See whether the receiver answers, and whether it refuses what is not signed.",
                command="tts-chaos webhooks URL",
                check="Every genuine notice is taken, every forged one is refused.",
            ),
            Step(
                role="operator",
                do="See in Partner Center that the address is subscribed; while notices are "
                "missing, the schedule reads orders by itself.",
                check="A change of a test order is noticed.",
            ),
            _CATCH_UP,
        ),
    ),
    Failure(
        name="program",
        title="The integration itself ends",
        signs="Its process is gone, and nobody calls the platform.",
        rehearse="killed/while-syncing",
        steps=(
            Step(
                role="operator",
                do="Keep its last output, and start it again.",
                check="Its health is told as `ok`.",
            ),
            Step(
                role="developer",
                do="See that writes which were under way were done once, or are done now.",
                check="Nothing was booked twice, nothing is left waiting.",
            ),
            _CATCH_UP,
        ),
    ),
)

FAILURES: dict[str, Failure] = {failure.name: failure for failure in _ALL}
"""By name: every cause that an alert may name, and the end of the program itself."""

assert set(FAILURES) == {*CAUSES, "program"}, "a cause without steps, or steps without a cause"


def failures_of(run: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the failures that a run of a report rehearsed: those whose faults fired in it."""
    fired = (failure_of(row["name"]) for row in run.get("faults") or () if row["fired"])
    return tuple(dict.fromkeys(name for name in fired if name))


def failure_of(fault: str) -> str:
    """Return the failure that a fault of the catalogue makes; "" where it is not in it."""
    if fault not in FAULTS:
        return ""
    kind = FAULTS[fault]
    return "program" if kind.family == "program" else kind.cause
