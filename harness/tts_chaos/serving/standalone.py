"""The twin on its own: platform, fault plane and record behind sockets, without a scenario.

twin = Standalone(Setup(orders=5)).start()
twin.connection.api_url          # http://localhost:41833
twin.arm(parse_fault(...))
twin.stop()
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.recordings import Exchange
from tts_chaos.core.clock import SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.core.history import History, Json, Record
from tts_chaos.core.secrets import SecretBook
from tts_chaos.engine.gateway import Gateway
from tts_chaos.engine.ports import OpenExchange
from tts_chaos.errors import FaultNotSupportedError, UsageError
from tts_chaos.faults.fault import Fault, Trigger, bounded
from tts_chaos.faults.plane import FaultPlane, Receipt
from tts_chaos.scenarios.model import FaultStep
from tts_chaos.scenarios.placeholders import read_placeholder
from tts_chaos.scenarios.shape import Place
from tts_chaos.serving.line import Line, Proxy, lacking, refusal, uses_proxy
from tts_chaos.serving.platform_server import PlatformServer
from tts_chaos.serving.real_clock import RealClock
from tts_chaos.serving.rolling_recorder import KEPT_RECORDS, RollingRecorder
from tts_chaos.serving.webhook_sender import WebhookSender, check_address
from tts_chaos.twin.lifting import region_told_by
from tts_chaos.twin.settings import TwinSettings
from tts_chaos.twin.twin import Twin
from tts_chaos.typing import ShopAccess, TwinConnection
from tts_chaos.wire.delivery import OutgoingWebhook
from tts_chaos.wire.message import ApiRequest

__all__ = ["Setup", "Standalone"]

FAULT_LIMIT_MS = 86_400_000
"""A fault that somebody armed and forgot ends after a day."""

ENDLESS = 2**62
"""A server has no number of requests after which it has run away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What to serve.

    Attributes:
        seed: Decides ids, keys and data.
        orders: Orders at the start.
        products: Products in each shop.
        shops: Authorised shops.
        regions: Region codes of the shops, repeated as needed.
        recorded: Exchanges to start from; generated data is left out then.
        profile: Error profile, `documented` or `article`.
        rotation: Whether a refresh kills the refresh token used.
        tls: Whether to speak TLS.
        history_limit: Records of the history that stay in memory, the newest ones.
        history_file: File to which every record is appended as a line of JSON, None for none. A
            reset goes on in the same file, with indices from 0 again.
        port: Port of the API host, 0 for a free one. Behind a proxy this is the port behind.
        token_port: Port of the token host, 0 for a free one.
    """

    seed: str = "0"
    orders: int = 25
    products: int = 8
    shops: int = 1
    regions: tuple[str, ...] = ("GB",)
    recorded: tuple[Exchange, ...] = ()
    profile: str = "documented"
    rotation: bool = True
    tls: bool = False
    history_limit: int = KEPT_RECORDS
    history_file: str | None = None
    port: int = 0
    token_port: int = 0


class _Stage:
    """One platform with everything around it; a reset makes a new one."""

    def __init__(self, setup: Setup, clock: RealClock, spool: BinaryIO | None) -> None:
        entropy = Entropy(setup.seed)
        secrets = SecretBook()
        self.clock = SkewedClock(clock)
        self.recorder = RollingRecorder(clock, kept=setup.history_limit, spool=spool)
        self.plane = FaultPlane(entropy.child("faults"))
        self.gateway = Gateway(
            clock=self.clock,
            plane=self.plane,
            recorder=self.recorder,
            secrets=secrets,
            call_limit=ENDLESS,
        )
        self.twin = Twin(
            clock=self.clock,
            entropy=entropy.child("twin"),
            contracts=load_contracts(),
            settings=TwinSettings(rotate_refresh_tokens=setup.rotation, profile=setup.profile),
            observe=self.gateway.on_change,
            declare_secret=secrets.add,
        )
        self.gateway.attach(self.twin)
        if setup.recorded:
            self.twin.populate(orders=0, products=0, regions=(region_told_by(setup.recorded),))
            self.twin.lift(setup.recorded)
            return
        self.twin.populate(
            orders=setup.orders,
            products=setup.products,
            shops=setup.shops,
            regions=setup.regions,
        )

    def acknowledge(self, delivery: OutgoingWebhook, status: int) -> None:
        """Tell the platform how a receiver answered."""
        with self.gateway.exclusive():
            self.twin.acknowledge(delivery.notification, delivery.shop, delivery.attempt, status)


class Standalone:
    """Implements `engine.ports.Door` over a platform that can be reset. Thread-safe.

    Args:
        setup: What to serve.
        proxy: A running fault proxy to stand behind, or None; belongs to this object afterwards.

    Raises:
        UsageError: If the setup makes no sense.
    """

    def __init__(self, setup: Setup, *, proxy: Proxy | None = None) -> None:
        self.setup = setup
        self._clock = RealClock()
        self._spool = _open_spool(setup.history_file)
        self._stage = _Stage(setup, self._clock, self._spool)
        self._server = PlatformServer(
            self, api_port=setup.port, token_port=setup.token_port, tls=setup.tls
        )
        self._line = Line(proxy, [self._server.entrances])
        self._mechanisms = {"proxy"} if proxy is not None else set()
        self._mechanisms |= {"entrance"} if setup.tls else set()
        self._ports: dict[str, int] = {}
        self._proxied: set[str] = set()
        self._sender: WebhookSender | None = None

    # -- life -----------------------------------------------------------------------------------

    def start(self) -> Standalone:
        """Listen; returns this object.

        Raises:
            BackendUnavailableError: If a port is in use.
        """
        try:
            self._server.start()
            for name, address in self._server.addresses.items():
                self._ports[name] = self._line.add(name, address)[1]
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Free ports, threads and files."""
        with ExitStack() as undo:
            if self._spool is not None:
                undo.callback(self._spool.close)
            undo.callback(self._server.stop)
            undo.callback(self._line.close)
            undo.callback(self.stop_webhooks)

    @property
    def twin(self) -> Twin:
        """The platform that is served now; a reset puts another in its place."""
        return self._stage.twin

    @property
    def failure(self) -> BaseException | None:
        """What went wrong inside the platform while serving, or None."""
        return self._server.failure

    @property
    def proxy_engine(self) -> str:
        """Fault proxy engine in front of the platform, "" for none."""
        return self._line.engine

    @property
    def connection(self) -> TwinConnection:
        """All that an integration needs, tokens as they are valid now."""
        with self._stage.gateway.exclusive():
            valid = self._stage.twin.credentials()
        scheme = "https" if self.setup.tls else "http"
        return TwinConnection(
            api_url=f"{scheme}://localhost:{self._ports['api']}",
            token_url=f"{scheme}://localhost:{self._ports['token']}",
            app_key=valid.app_key,
            app_secret=valid.app_secret,
            access_token=valid.access_token,
            refresh_token=valid.refresh_token,
            access_token_expires_at=valid.access_token_expires_at,
            refresh_token_expires_at=valid.refresh_token_expires_at,
            shops=[ShopAccess(s.id, s.cipher, s.region, s.name) for s in valid.shops],
            ca_file=self._server.ca_file,
            world="wire",
        )

    def reset(self) -> None:
        """Begin anew: state, history and keys of the seed; faults lifted, webhooks stopped."""
        self.stop_webhooks()
        self.lift_all()
        self._stage = _Stage(self.setup, self._clock, self._spool)

    # -- the platform ---------------------------------------------------------------------------

    def open(self, request: ApiRequest) -> OpenExchange:
        """Take a request in; see `engine.ports.Door`."""
        return self._stage.gateway.open(request)

    def ledger(self) -> Json:
        """Return the platform's truth, secrets as labels."""
        return self._stage.gateway.ledger()

    def history_since(self, index: int) -> bytes:
        """Return the records from `index` on as JSON Lines; the first tells what was dropped."""
        return History(self._stage.recorder.since(index)).to_json_lines()

    def begin(self) -> None:
        """Record every change of the platform's state from now on, as a scenario does."""
        self._stage.gateway.begin()

    def note(self, record: Record) -> None:
        """Put a record into the history, such as what an integration was seen to believe."""
        self._stage.recorder.add(record)

    def history(self) -> History:
        """Return the records that are still kept."""
        return self._stage.recorder.history()

    @property
    def calls(self) -> int:
        """Requests taken in so far."""
        return self._stage.gateway.calls

    def command(self, name: str, arguments: Mapping[str, Any]) -> Json:
        """Let a buyer, the platform or an operator do something.

        Raises:
            UsageError: If there is no such command, or an argument is wrong.
        """
        return self._stage.gateway.command(name, arguments)

    @property
    def clock(self) -> SkewedClock:
        """The platform's clock."""
        return self._stage.clock

    # -- faults ---------------------------------------------------------------------------------

    def arm(self, id: str, fault: Fault, trigger: Trigger) -> None:
        """Arm a fault, on the line where it belongs there.

        Raises:
            FaultNotSupportedError: If nothing here can realise it.
            UsageError: If the id is taken.
            InjectionError: If the proxy refuses.
        """
        problem = refusal(fault, trigger, mechanisms=self._mechanisms)
        if problem is not None:
            raise FaultNotSupportedError(problem)
        via_line = uses_proxy(fault, trigger) and not lacking(fault, self._mechanisms)
        self._stage.gateway.arm(id, fault, trigger, via_proxy=via_line, limit_ms=FAULT_LIMIT_MS)
        if via_line:
            self._proxied.add(id)
            self._line.arm(id, fault, bounded(trigger, FAULT_LIMIT_MS))

    def armed(self) -> tuple[FaultStep, ...]:
        """Return the faults that are armed now, oldest first."""
        with self._stage.gateway.exclusive():
            active = self._stage.gateway.plane.active()
        return tuple(FaultStep(id=x.id, fault=x.fault, trigger=x.trigger) for x in active)

    def shop_meant(self, placeholder: str, place: Place) -> str:
        """Return the id of the shop that `$shop` or `$shop:1` stands for.

        Raises:
            UsageError: If there is no such shop.
        """
        number = read_placeholder(placeholder, place).number
        shops = self.connection.shops
        if number >= len(shops):
            raise place.at("shop").error(
                f"there is no {placeholder}; $shop:0 to $shop:{len(shops) - 1} are authorised"
            )
        return shops[number].id

    def free_id(self, name: str) -> str:
        """Return `name`, or `name-2` and so on where faults of that id were armed before."""
        taken = {receipt.fault for receipt in self.receipts()}
        candidates = itertools.chain([name], (f"{name}-{n}" for n in itertools.count(2)))
        return next(candidate for candidate in candidates if candidate not in taken)

    def lift(self, id: str) -> None:
        """Lift a fault and verify that it is gone.

        Raises:
            UsageError: If none was armed under this id.
            InjectionError: If something of it is left.
        """
        self._stage.gateway.lift(id)
        if id in self._proxied:
            self._proxied.discard(id)
            self._line.lift(id)

    def lift_all(self) -> tuple[str, ...]:
        """Lift every fault; returns the ids."""
        ids = tuple(r.fault for r in self.receipts() if not r.lifted or r.fault in self._proxied)
        for id in ids:
            self.lift(id)
        return ids

    def receipts(self) -> tuple[Receipt, ...]:
        """Return what became of every fault armed since the start or the last reset."""
        return self._stage.gateway.receipts()

    # -- webhooks -------------------------------------------------------------------------------

    @property
    def webhooks(self) -> WebhookSender | None:
        """The sender at work, None where nobody receives."""
        return self._sender

    def start_webhooks(self, address: str) -> None:
        """Deliver webhooks to an address on loopback from now on, instead of any before.

        Raises:
            UsageError: If it is not one.
        """
        check_address(address)
        self.stop_webhooks()
        stage = self._stage
        self._sender = WebhookSender(
            stage.gateway, stage.acknowledge, stage.recorder, address
        ).start()

    def hasten_post(self, by_ms: int) -> None:
        """Let only the platform's post be so much later, so that retries come earlier."""
        self._stage.gateway.hasten_post(by_ms)

    def stop_webhooks(self) -> None:
        """Deliver no more."""
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.stop()


def _open_spool(path: str | None) -> BinaryIO | None:
    if path is None:
        return None
    try:
        return Path(path).open("ab")
    except OSError as error:
        raise UsageError(
            f"the history cannot be written to {path!r}: {error}; name a file in a folder that "
            "exists and can be written to"
        ) from error
