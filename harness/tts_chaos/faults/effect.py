"""What a fault can ask for: a closed vocabulary that every mechanism understands or declines.

A fault never acts. It names effects; the gateway applies those that concern requests, answers and
the platform's state, and an injector realises those that concern connections.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import msgspec

from tts_chaos.core.entropy import Entropy
from tts_chaos.wire.delivery import Connection, OutgoingWebhook
from tts_chaos.wire.message import ApiRequest, ApiResponse

__all__ = [
    "ENTRANCE_KINDS",
    "PASSED_BY_REQUESTS",
    "RESOLVER_KINDS",
    "TUNNEL_KINDS",
    "UDP_KINDS",
    "AlterAnswer",
    "AnswerInstead",
    "ApplyLater",
    "BreakConnection",
    "Effect",
    "Moment",
    "PlatformCommand",
    "RepeatRequest",
    "RewriteRequest",
    "SlowAnswer",
    "Toxic",
    "WebhookMoment",
]


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """What a fault may look at when a matching request arrives.

    Attributes:
        request: The request as it arrived.
        operation: Id of the API operation, or "" where the path is none.
        shop: Id of the shop addressed, or "".
        now_ms: The instant.
        hits: How often this fault fired before, from 0.
        since_ms: Time since the fault set in.
        entropy: The fault's own stream of chance.
    """

    request: ApiRequest
    operation: str
    shop: str
    now_ms: int
    hits: int
    entropy: Entropy
    since_ms: int = 0


class PlatformCommand(msgspec.Struct, frozen=True, kw_only=True):
    """Change the platform's state by one of the twin's commands."""

    name: str
    arguments: dict[str, Any] = {}


class RewriteRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Let the platform see another request than was sent (a mistyped host or path).

    Attributes:
        change: Returns what the platform sees.
        signed_anew: Whether the signature is made to fit again: for what the platform itself makes
            of a request, while what happens on the way breaks the signature.
    """

    change: Callable[[ApiRequest], ApiRequest]
    signed_anew: bool = False


class RepeatRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Let the platform handle the request several times.

    Attributes:
        times: How often, 2 or more.
        answer: Which of its answers travels on.
    """

    times: int = 2
    answer: Literal["first", "last"] = "last"


class ApplyLater(msgspec.Struct, frozen=True, kw_only=True):
    """Let the platform handle the request when the client has long been told otherwise.

    Only for a request that another effect of the same fault keeps from the platform for now.
    """

    delay_ms: int


class AnswerInstead(msgspec.Struct, frozen=True, kw_only=True):
    """Answer without asking the platform; nothing is committed."""

    response: ApiResponse


class AlterAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Change the platform's answer on its way; whatever it did stays done."""

    change: Callable[[ApiResponse], ApiResponse]


class SlowAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Let the answer travel late, in drips, or in part. Fields as in `wire.delivery.Delivery`."""

    delay_ms: int = 0
    drip_bytes: int = 0
    drip_interval_ms: int = 0
    stall_after_bytes: int | None = None
    cut_after_bytes: int | None = None
    cut_head_after_bytes: int | None = None
    cut_by: Literal["close", "reset"] = "close"


class BreakConnection(msgspec.Struct, frozen=True, kw_only=True):
    """Let no answer arrive.

    Attributes:
        connection: What the connection does instead.
        after_commit: Whether the platform handles the request first (its effect stays, its answer
            is lost).
    """

    connection: Connection
    after_commit: bool = False


ENTRANCE_KINDS = frozenset(
    {
        "certificate_expired",
        "certificate_not_yet_valid",
        "certificate_self_signed",
        "certificate_wrong_name",
        "tls_too_old",
        "tls_absent",
        "name_dropped",
        "name_reset",
    }
)
"""Kinds of toxics that the platform's own sockets realise, before any request is read."""

RESOLVER_KINDS = frozenset({"name_unknown", "name_elsewhere"})
"""Kinds of toxics that the look-up of names realises."""

TUNNEL_KINDS = frozenset({"tunnel_answered"})
"""Kinds of toxics that a proxy realises which is asked for tunnels (CONNECT)."""

UDP_KINDS = frozenset({"udp_dropped"})
"""Kinds of toxics that the platform's UDP ports realise, where it is served over HTTP/3."""

PASSED_BY_REQUESTS = frozenset({"name_unknown"}) | TUNNEL_KINDS | UDP_KINDS
"""Kinds of toxics past which a request went that arrives at all: what meets them brings none, and
is counted where they act."""


class Toxic(msgspec.Struct, frozen=True, kw_only=True):
    """The same trouble at the level of bytes, for what stands between client and platform.

    `kind` is a Toxiproxy toxic type, `down` for a proxy that refuses connections, `unreachable` for
    one whose port swallows every attempt to connect; or one of `ENTRANCE_KINDS`,
    `RESOLVER_KINDS`, `TUNNEL_KINDS` or `UDP_KINDS`. `stream` is `downstream` (answers) or
    `upstream` (requests).
    """

    kind: str
    attributes: dict[str, int] = {}
    stream: str = "downstream"


Effect: TypeAlias = (
    PlatformCommand
    | RewriteRequest
    | RepeatRequest
    | ApplyLater
    | AnswerInstead
    | AlterAnswer
    | SlowAnswer
    | BreakConnection
)


class WebhookMoment(msgspec.Struct, frozen=True, kw_only=True):
    """What a fault may use when webhooks are about to be delivered.

    Attributes:
        now_ms: The instant.
        entropy: The fault's own stream of chance.
        sign: Signs a body as the platform would, returning the `authorization` value.
        sign_as: The same with another secret in place of the app's.
        past: What the platform sent before, oldest first, each with the instant.
    """

    now_ms: int
    entropy: Entropy
    sign: Callable[[bytes], str]
    sign_as: Callable[[str, bytes], str]
    past: tuple[tuple[int, OutgoingWebhook], ...] = ()
