"""The twin: TikTok Shop's Open API and token host as one stateful, sans-IO value.

Bytes in, bytes out. State moves by requests (`handle`), by what buyers and the platform do
(`command`) and by time (`advance`); webhooks come out of `drain`. The twin owns no socket, reads no
clock but the one it was given, and draws from one seeded source: equal seeds and equal calls give
equal bytes. Not thread-safe; whoever serves several threads serialises calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tts_chaos.contracts.loader import Contracts
from tts_chaos.contracts.recordings import Exchange
from tts_chaos.core.clock import SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.core.history import Json
from tts_chaos.twin import catalogue as _catalogue  # noqa: F401 - registers every domain
from tts_chaos.twin.commands import run_command
from tts_chaos.twin.domains.authorization.entities import Account, Shop
from tts_chaos.twin.domains.authorization.lookup import the_app
from tts_chaos.twin.domains.authorization.tokens import newest_pair
from tts_chaos.twin.domains.event.entities import Subscription
from tts_chaos.twin.domains.event.operations import name_of
from tts_chaos.twin.following import run_followers
from tts_chaos.twin.handled import Credentials, Handled, Identity, ShopCredentials
from tts_chaos.twin.handler import TwinEnv
from tts_chaos.twin.ledger import make_ledger
from tts_chaos.twin.lifting import Lifted, lift_exchanges
from tts_chaos.twin.notifications import Outbox
from tts_chaos.twin.pipeline import Pipeline
from tts_chaos.twin.population import populate
from tts_chaos.twin.settings import TwinSettings
from tts_chaos.twin.store import Change, Store
from tts_chaos.twin.timers import Schedule
from tts_chaos.wire.delivery import OutgoingWebhook
from tts_chaos.wire.message import ApiRequest
from tts_chaos.wire.signing import attach_signature
from tts_chaos.wire.webhook import sign_webhook

__all__ = ["Credentials", "Handled", "Identity", "ShopCredentials", "Twin"]


class Twin:
    """A stand-in for TikTok Shop.

    Args:
        clock: The platform's clock; its offset is what `shift_clock` turns.
        entropy: Source of ids, secrets and invented data.
        contracts: What the API promises.
        settings: Switches; the documented behaviour if not given.
        observe: Called with every change of state, after it.
        declare_secret: Called with every secret and its label, before anything else sees it.

    Invariants: no call of a client moves time or draws from another stream than its own.
    """

    def __init__(
        self,
        *,
        clock: SkewedClock,
        entropy: Entropy,
        contracts: Contracts,
        settings: TwinSettings | None = None,
        observe: Callable[[Change], None] | None = None,
        declare_secret: Callable[[str, str], None] | None = None,
    ) -> None:
        self.settings = settings or TwinSettings()
        self.contracts = contracts
        self._observe = observe
        self._clock = clock
        self._entropy = entropy
        self._schedule = Schedule(self.settings)
        self._store = Store(self._note)
        self._env = TwinEnv(
            clock=clock,
            entropy=entropy.child("twin.ids"),
            store=self._store,
            settings=self.settings,
            contracts=contracts,
            emit=self._emit,
            declare_secret=declare_secret or _keep_quiet,
        )
        self._post_clock = SkewedClock(clock)
        self._outbox = Outbox(
            clock=clock,
            post_clock=self._post_clock,
            entropy=entropy.child("twin.webhooks"),
            sign=self.sign_webhook,
        )
        self._pipeline = Pipeline(self._env, contracts, entropy.child("twin.request-ids"))

    @property
    def env(self) -> TwinEnv:
        """What handlers and commands work with; for tests that look at entities."""
        return self._env

    def populate(
        self, *, orders: int, products: int, shops: int = 1, regions: Sequence[str] = ("GB",)
    ) -> None:
        """Fill the empty platform with seeded, believable data; must come first, and once.

        Args:
            orders: Orders in the main shop, in several states; further shops get a share.
            products: Products in each shop.
            shops: Shops of the one account.
            regions: Region codes of the shops, repeated as needed.

        Raises:
            UsageError: If a number or region makes no sense, or the platform is not empty.
        """
        populate(
            self._env,
            self.contracts,
            self._entropy.child("twin.population"),
            orders=orders,
            products=products,
            shops=shops,
            regions=regions,
        )

    def lift(self, exchanges: Sequence[Exchange]) -> Lifted:
        """Take what recorded exchanges tell, or presume, into the first shop.

        Populate first, with no orders and no products, in the market that
        `lifting.region_told_by` names.
        """
        shop = self._store.list(Shop)[0]
        return lift_exchanges(self._env, self.contracts, exchanges, shop.id)

    def credentials(self) -> Credentials:
        """Return the keys of the app and the newest tokens and shops of the first account."""
        app = the_app(self._store)
        account = self._store.list(Account)[0]
        pair = newest_pair(self._env, account.id)
        shops = (row for row in self._store.list(Shop) if row.account_id == account.id)
        return Credentials(
            app_key=app.app_key,
            app_secret=app.app_secret,
            access_token=pair.access_token,
            refresh_token=pair.refresh_token,
            access_token_expires_at=pair.access_expires_at_s,
            refresh_token_expires_at=pair.refresh_expires_at_s,
            shops=tuple(
                ShopCredentials(id=row.id, cipher=row.cipher, region=row.region, name=row.name)
                for row in shops
            ),
        )

    def identify(self, request: ApiRequest) -> Identity:
        """Return what a request asks for and which shop it addresses; no gates, no effects."""
        return self._pipeline.identify(request)

    def handle(self, request: ApiRequest) -> Handled:
        """Answer one request; what is due by time happens first."""
        self.advance()
        return self._pipeline.handle(request)

    def advance(self) -> None:
        """Let everything happen that is due by the platform's clock."""
        self._schedule.run_due(self._env, self._clock.now_ms())

    def next_due_ms(self) -> int | None:
        """Return the earliest instant, by the platform's clock, that `advance` or `drain` awaits.

        None where nothing is ever due.
        """
        instants = (self._schedule.next_due_ms(self._env), self.next_webhook_ms())
        return min((instant for instant in instants if instant is not None), default=None)

    def next_webhook_ms(self) -> int | None:
        """Return when the next delivery of a webhook is due, by the platform's clock, or None."""
        due_ms = self._outbox.next_due_ms()
        return None if due_ms is None else due_ms - self._post_clock.offset_ms

    def hasten_post(self, by_ms: int) -> None:
        """Let the platform's post, and nothing else, be so much later than the platform's clock.

        What waits for a retry is due so much earlier. Tokens, orders and the clock that answers and
        checks requests stay as they are, so that nobody has to wait half a day for a fifth attempt.

        Raises:
            ValueError: If `by_ms` is negative.
        """
        if by_ms < 0:
            raise ValueError(f"the post cannot go back by {-by_ms} ms")
        self._post_clock.offset_ms += by_ms

    def drain(self) -> tuple[OutgoingWebhook, ...]:
        """Return the webhook deliveries due now; each is in flight until acknowledged."""
        return self._outbox.drain()

    def acknowledge(self, notification: str, shop: str, attempt: int, status: int) -> None:
        """Take the receiver's HTTP status for a delivery; 0 where none came in time.

        Schedules the documented retry, or ends the notification.
        """
        self._outbox.acknowledge(notification, shop, attempt, status)

    def sign_anew(self, request: ApiRequest) -> ApiRequest:
        """Return `request` signed as its app would sign it now."""
        return attach_signature(request, the_app(self._store).app_secret)

    def sign_webhook(self, body: bytes, secret: str | None = None) -> str:
        """Return the `authorization` value with which the platform signs `body` now.

        Args:
            body: The bytes to be delivered.
            secret: What to sign with instead of the app's secret, for those who forge.
        """
        app = the_app(self._store)
        return sign_webhook(app.app_key, app.app_secret if secret is None else secret, body)

    def command(self, name: str, arguments: Mapping[str, Any]) -> Json:
        """Let a buyer, the platform or an operator do something.

        Args:
            name: A name of `handler.COMMANDS`.
            arguments: Keyword arguments.

        Returns:
            What the command returns, a JSON value.

        Raises:
            UsageError: If there is no such command, or it cannot be done with these arguments.
        """
        self.advance()
        return run_command(self._env, name, arguments)

    def ledger(self) -> dict[str, Json]:
        """Return the platform's truth: shops with orders, stock and shipments, and the tokens."""
        return make_ledger(self._env)

    def _note(self, change: Change) -> None:
        self._schedule.note(change)
        if self._observe is not None:
            self._observe(change)
        run_followers(self._env, change)

    def _emit(self, type: int, shop_id: str, data: dict[str, Any]) -> None:
        if self._store.get(Subscription, shop_id, name_of(type)) is not None:
            self._outbox.post(type, shop_id, data)


def _keep_quiet(_value: str, _label: str) -> None:
    """Stand in where nobody wants to know of secrets."""
