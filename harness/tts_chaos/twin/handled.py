"""What the twin tells whoever drives it, beside the bytes for the client."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tts_chaos.wire.message import ApiResponse

__all__ = ["Basis", "Credentials", "Handled", "Identity", "ShopCredentials"]


class ShopCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """How one authorised shop is addressed."""

    id: str
    cipher: str
    region: str
    name: str


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """All a client needs. Instants in Unix seconds; the main shop comes first."""

    app_key: str
    app_secret: str
    access_token: str
    refresh_token: str
    access_token_expires_at: int
    refresh_token_expires_at: int
    shops: tuple[ShopCredentials, ...]

    def __repr__(self) -> str:
        """Return a text without secrets."""
        return f"Credentials(app_key={self.app_key!r}, shops={self.shops!r}, secrets hidden)"


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What a request asks for: id of the operation and of the shop, "" where unknown."""

    operation: str
    shop: str


class Basis(StrEnum):
    """What an answer rests on.

    Answers from state are the platform's as far as is known. The others are the twin's own doing,
    and carry their value in the header `x-tts-twin`, so that nobody takes them for more.
    """

    STATE = ""
    CONTRACT = "generated-from-contract"
    COMMAND = "refused-by-command"
    DECLINED = "declined"

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The header that tells the client; none for answers from state."""
        return (("x-tts-twin", self.value),) if self.value else ()


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, and what is known about it.

    Attributes:
        response: The answer.
        operation: Id of the operation, "" where the path is none.
        shop: Id of the shop addressed, or "".
        code: Documented code of the answer, 0 for success, None where it is no envelope. The
            simplified profile tells another code in the answer itself.
        message: Message of the refusal, "" for success.
        committed: Whether a handler ran to its end.
        basis: What the answer rests on.
        diagnosis: What the client did wrong, in words, where it is known; never sent.
        notes: What a stricter platform might have refused, and fields nobody knows.
    """

    response: ApiResponse
    operation: str = ""
    shop: str = ""
    code: int | None = None
    message: str = ""
    committed: bool = False
    basis: Basis = Basis.STATE
    diagnosis: str = ""
    notes: tuple[str, ...] = ()
