"""Generated requests to a platform, in process or over a socket: what may be answered, what not."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from tests.robustness.drafts import Drafter
from tests.robustness.mutations import AFTER_SIGNING, BEFORE_SIGNING
from tests.robustness.served import Client, can_travel

from tts_chaos.contracts.loader import Contracts, load_contracts
from tts_chaos.contracts.operation import Operation
from tts_chaos.contracts.validation import check_response
from tts_chaos.core.clock import ManualClock, SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.core.secrets import SecretBook
from tts_chaos.engine.gateway import Gateway
from tts_chaos.faults.plane import FaultPlane
from tts_chaos.serving.platform_server import PlatformServer
from tts_chaos.serving.rolling_recorder import RollingRecorder
from tts_chaos.twin.settings import TwinSettings
from tts_chaos.twin.twin import Twin
from tts_chaos.wire.delivery import Fate
from tts_chaos.wire.message import API_HOST, AUTH_HOST, ApiRequest, ApiResponse

__all__ = ["Findings", "refusal_miss", "send_generated"]

REQUESTS_PER_SHOP = 5_000
"""What was created stays, as it should; so a new shop begins now and then."""

HANG_S = 5.0
BORROWED = {"logistics": (11005004, 11050001)}
"""Codes of another domain that a domain answers with, as none of its own is known (assumed)."""

DECLINED = 501


@dataclass
class Findings:
    """What one run ended with.

    Attributes:
        requests: How many were answered.
        accepted: How many of them with code 0.
        codes: How often each code was answered.
        misses: What must not be, with the request that shows it.
        slowest_s: The longest answer.
    """

    requests: int = 0
    accepted: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)
    slowest_s: float = 0.0


class _Shop:
    """One platform, and drafts about what is in it."""

    def __init__(self, seed: int, contracts: Contracts, *, strict: bool) -> None:
        self.contracts = contracts
        clock = ManualClock()
        secrets = SecretBook()
        self.gateway = Gateway(
            clock=SkewedClock(clock),
            plane=FaultPlane(Entropy(seed)),
            recorder=RollingRecorder(clock),
            secrets=secrets,
            call_limit=2**62,
        )
        twin = Twin(
            clock=SkewedClock(clock),
            entropy=Entropy(seed),
            contracts=contracts,
            settings=TwinSettings(strict=strict),
            observe=self.gateway.on_change,
            declare_secret=secrets.add,
        )
        twin.populate(orders=12, products=6, shops=2, regions=("GB", "JP"))
        self.gateway.attach(twin)
        self.clock = clock
        self.rng = random.Random(seed)
        self.drafter = Drafter(twin, self.rng, clock.now_ms() // 1000)

    def ask(self, request: ApiRequest) -> ApiResponse | None:
        """Return the platform's answer."""
        opened = self.gateway.open(request)
        opened.conclude(Fate.ANSWERED)
        return opened.delivery.response

    def close(self) -> None:
        """End it; here there is nothing to end."""

    def draw(self) -> tuple[str, ApiRequest]:
        """Return a request and what is wrong with it."""
        draft, secret = self.drafter.draw(), self.drafter.credentials.app_secret
        kind = self.rng.random()
        if kind < 0.3:
            return "nothing", draft.signed(secret)
        if kind < 0.4:
            name = self.rng.choice(list(AFTER_SIGNING))
            return name, AFTER_SIGNING[name](draft.signed(secret), self.rng)
        names = self.rng.choices(list(BEFORE_SIGNING), k=1 if kind < 0.8 else 3)
        for name in names:
            draft = BEFORE_SIGNING[name](draft, self.rng)
        return ", ".join(names), draft.signed(secret)


class _ServedShop(_Shop):
    """The same platform behind a socket."""

    def __init__(self, seed: int, contracts: Contracts, *, strict: bool) -> None:
        super().__init__(seed, contracts, strict=strict)
        self._server = PlatformServer(self.gateway, tls=False).start()
        addresses = self._server.addresses
        self._clients = {
            API_HOST: Client(addresses["api"]),
            AUTH_HOST: Client(addresses["token"]),
        }

    def draw(self) -> tuple[str, ApiRequest]:
        """Return a request that can be written on a connection to one of the two hosts."""
        while True:
            wrong, request = super().draw()
            if request.host in self._clients and can_travel(request):
                return wrong, request

    def ask(self, request: ApiRequest) -> ApiResponse | None:
        """Return what the server writes."""
        response = self._clients[request.host].ask(request)
        if self._server.failure is not None:
            raise self._server.failure
        return response

    def close(self) -> None:
        """Free ports and connections."""
        for client in self._clients.values():
            client.close()
        self._server.stop()


def send_generated(
    count: int,
    *,
    seed: int,
    served: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Findings:
    """Send `count` requests, valid and mutated, to strict and lenient platforms in turn.

    Args:
        count: How many.
        seed: Decides them.
        served: Whether they go over a socket, and not straight to the platform.
        progress: Called with the number sent so far, now and then.
    """
    contracts, findings = load_contracts(), Findings()
    make = _ServedShop if served else _Shop
    for first in range(0, count, REQUESTS_PER_SHOP):
        round = first // REQUESTS_PER_SHOP
        shop = make(seed + round, contracts, strict=round % 2 == 0)
        if progress:
            progress(first)
        try:
            for number in range(first, min(first + REQUESTS_PER_SHOP, count)):
                # More than the limits of requests per second would allow otherwise.
                shop.clock.advance(50)
                _send(shop, findings, number)
        finally:
            shop.close()
    return findings


def _send(shop: _Shop, findings: Findings, number: int) -> None:
    wrong, request = shop.draw()
    begin_s = time.perf_counter()
    try:
        miss = _miss(shop, request, shop.ask(request), findings)
    except Exception as error:  # noqa: BLE001 - a crash is what is looked for
        miss = f"{type(error).__name__}: {error}"
    spent_s = time.perf_counter() - begin_s
    findings.requests += 1
    findings.slowest_s = max(findings.slowest_s, spent_s)
    if spent_s > HANG_S:
        miss = miss or f"took {spent_s:.1f} s"
    if miss:
        findings.misses.append(
            f"request {number} ({wrong}): {request.method} {request.path[:200]} "
            f"{request.body[:300]!r}: {miss[:400]}"
        )


def _miss(
    shop: _Shop, request: ApiRequest, response: ApiResponse | None, findings: Findings
) -> str:
    """Return what is wrong with an answer, "" for nothing."""
    if response is None:
        return "no answer"
    if request.method == "HEAD" and not response.body:
        return ""
    try:
        envelope = msgspec.json.decode(response.body)
    except msgspec.DecodeError:
        known = {(row.http_status, row.body) for row in shop.contracts.plain_answers.values()}
        told = (response.status, response.body.decode())
        return "" if told in known else f"an answer that no contract names: {told}"
    code = envelope["code"]
    findings.codes[code] += 1
    if response.status >= 500:
        is_declined = (response.status, code) == (DECLINED, DECLINED)
        return "" if is_declined else f"status {response.status}, code {code}"
    id = shop.gateway.platform.identify(request).operation
    operation = shop.contracts.operations.get(id)
    if code == 0:
        findings.accepted += 1
        assert operation is not None
        found = check_response(operation, envelope)
        return f"outside its contract: {found[0]}" if found else ""
    return refusal_miss(shop.contracts, operation, response.status, code)


def refusal_miss(contracts: Contracts, operation: Operation | None, status: int, code: int) -> str:
    """Return what is wrong with a refusal, "" for nothing.

    The gateway may refuse any call; a business code must be one of the operation, or of its domain:
    lists of single operations are known to be incomplete.
    """
    row = contracts.errors.get(code)
    if row is None:
        return f"code {code}, which no contract lists"
    is_token_call = operation is not None and operation.is_token_call
    statuses = {row.status, *(variant.http_status or row.status for variant in row.variants)}
    if status not in ({*statuses, 200} if is_token_call else statuses):
        return f"code {code} under status {status}, documented: {sorted(statuses)}"
    if row.category == "gateway":
        return ""
    if operation is None:
        return f"code {code} of {row.category}, where no operation was asked for"
    domain = operation.id.partition(".")[0]
    own = {domain, "token_host" if is_token_call else ""}
    known = {*operation.errors.all, *BORROWED.get(domain, ())}
    if code in known or row.category in own:
        return ""
    return f"code {code} of {row.category} by {operation.id}, whose contract does not list it"
