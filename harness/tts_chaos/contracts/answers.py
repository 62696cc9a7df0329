"""What the API says besides success: error rows, answers that are no envelope, webhook events.

Values only; the files that hold them are read by `contracts.loader`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tts_chaos.contracts.operation import Provenance

__all__ = ["ApiError", "ArticleError", "ErrorVariant", "PlainAnswer", "WebhookEvent"]


class ErrorVariant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of several refusals that share a code and differ by their message."""

    name: str
    meaning: str
    retryable: bool
    reaction: str
    provenance: Provenance
    confidence: str
    http_status: int | None = None
    message: str | None = None


class ApiError(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One code of the envelope.

    Attributes:
        code: The number, 0 for success.
        category: `gateway`, `token_host`, `success`, or the domain that answers it.
        meaning: What it says, in our words.
        retryable: Whether the same call may succeed later with nothing but a new timestamp and
            signature.
        reaction: What a client should do: `none`, `back_off`, `refresh`, `reauthorise`, `reread`
            (read the entity again, then decide), `fix_request`, `fix_clock`, `give_up` or
            `ask_a_person`.
        http_status: None where no source says one.
        http_confidence: How well `http_status` is known.
        message: Text on the wire, for codes where clients match on words.
        older_messages: Wordings of earlier years, some still told.
        variants: Refusals that share the code.
    """

    code: int
    category: str
    meaning: str
    retryable: bool
    reaction: str
    provenance: Provenance
    confidence: str
    http_status: int | None = None
    http_confidence: str = "low"
    message: str | None = None
    older_messages: tuple[str, ...] = ()
    variants: tuple[ErrorVariant, ...] = ()

    @property
    def status(self) -> int:
        """HTTP status to answer with.

        Source: assumed where `http_status` is None: 400 from the gateway, 200 for a business code
        (protocol facts, section 4: "business errors mostly with HTTP 200").
        """
        if self.http_status is not None:
            return self.http_status
        return 400 if self.category == "gateway" else 200

    def variant(self, name: str) -> ErrorVariant:
        """Return the refusal called `name`.

        Raises:
            KeyError: If the code has none of that name.
        """
        for variant in self.variants:
            if variant.name == name:
                return variant
        known = ", ".join(v.name for v in self.variants) or "none"
        raise KeyError(f"code {self.code} has no variant {name!r}; known: {known}")


class PlainAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer that is no envelope, told by the edge in front of the API."""

    name: str
    http_status: int
    content_type: str
    body: str
    meaning: str
    provenance: Provenance
    confidence: str


class ArticleError(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A simplified code that some gateways in front of the platform tell instead.

    `replaces` lists documented codes, `<code>` or `<code>:<variant>`, and the condition
    `token_missing`.
    """

    code: int
    http_status: int
    message: str
    meaning: str
    replaces: tuple[str, ...]
    provenance: str
    confidence: str
    name: str = ""


class WebhookEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One type of webhook.

    Attributes:
        type: Number on the wire.
        name: Name of the event type, as used to subscribe where `subscribable`.
        subscribable: Whether the event API takes its name.
        owner_field: Field that says whom it is about: `shop_id`, `seller_open_id` or
            `creator_open_id`.
        trigger: When it is sent.
        data_schema: JSON Schema of `$.data`; it requires nothing, as no source lists required
            fields.
        name_provenance: How well `name` is known.
        legacy: Whether it belongs to the retired API.
    """

    type: int
    name: str
    subscribable: bool
    owner_field: str
    trigger: str
    data_schema: dict[str, Any]
    provenance: Provenance
    confidence: str
    name_provenance: Provenance = Provenance.DOCUMENTED
    legacy: bool = False
    notes: tuple[str, ...] = ()

    @property
    def data_fields(self) -> tuple[str, ...]:
        """Names of the fields of `$.data`."""
        return tuple(self.data_schema.get("properties", {}))
