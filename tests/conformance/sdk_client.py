"""The package `tiktok-shop-api` at a desk: its own code signs, sends and parses; the twin answers.

Calls come as a contract words them and are turned into the package's typed arguments.
"""

from __future__ import annotations

import enum
import io
import types
import typing
from datetime import UTC, date, datetime
from typing import Any

import httpx
import time_machine
from tests.conformance.arguments import Arguments
from tests.conformance.sdk_catalogue import SdkOperation
from tests.support.shop_desk import Desk
from tiktok_shop_api import TikTokShop
from tiktok_shop_api.generated.types import File, Unset

from tts_chaos.twin.handled import Handled
from tts_chaos.wire.message import ApiRequest

__all__ = ["DeskTransport", "NotSayableError", "SdkClient", "to_keywords"]


class NotSayableError(Exception):
    """The package's types have no way to say the call."""


class DeskTransport(httpx.BaseTransport):
    """Carries the package's requests to a desk's twin.

    Attributes:
        handled: What the twin did with the last request, None before the first.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.handled: Handled | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        self.handled = self._desk.twin.handle(
            ApiRequest(
                method=request.method,
                scheme=request.url.scheme,
                host=request.url.host,
                path=path,
                query=query,
                headers=tuple((k.lower(), v) for k, v in request.headers.items()),
                body=request.read(),
            )
        )
        answer = self.handled.response
        return httpx.Response(answer.status, headers=list(answer.headers), content=answer.body)


class SdkClient:
    """The package's client, signed in at a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.transport = DeskTransport(desk)

    def call(self, sdk: SdkOperation, keywords: dict[str, Any]) -> Any:
        """Return the typed model of the answer.

        Raises:
            TikTokShopError: As the package tells a refusal, or an answer that it cannot parse.
        """
        credentials = self._desk.twin.credentials()
        with (
            time_machine.travel(self._desk.clock.now_ms() / 1000, tick=False),
            TikTokShop(
                credentials.app_key,
                credentials.app_secret,
                access_token=credentials.access_token,
                shop_cipher=self._desk.shop.cipher,
                transport=self.transport,
            ) as client,
        ):
            return getattr(getattr(client, sdk.group), sdk.method)(**keywords)


def to_keywords(sdk: SdkOperation, arguments: Arguments) -> dict[str, Any]:
    """Return a call's arguments in the package's types.

    Raises:
        NotSayableError: If the package demands what the call does not say, or has no name for it.
    """
    wanted: dict[str, Any] = (
        dict(zip(sdk.path_names, arguments.path.values(), strict=True)) | arguments.query
    )
    if arguments.files or arguments.body is not None:
        wanted["body"] = (arguments.body or {}) | arguments.files
    names = {name.removesuffix("_"): name for name in sdk.parameters}
    unknown = sorted(set(wanted) - set(names))
    if "body" in unknown and not wanted["body"]:
        del wanted["body"]
        unknown.remove("body")
    if unknown:
        raise NotSayableError(f"the package has no parameter {unknown[0]}")
    keywords = {names[k]: _typed(sdk.parameters[names[k]], v) for k, v in wanted.items()}
    absent = sorted(sdk.required - set(keywords))
    if absent:
        raise NotSayableError(f"the package demands {absent[0]}")
    return keywords


def _typed(hint: Any, value: Any) -> Any:
    """Return `value` as the package's type."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        (hint,) = [one for one in typing.get_args(hint) if one is not Unset]
    if typing.get_origin(hint) is list:
        (inner,) = typing.get_args(hint)
        items = value.split(",") if isinstance(value, str) else value
        return [_typed(inner, item) for item in items]
    if hint is date:
        return date.fromisoformat(value)
    if hint is datetime:
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _member(hint, value)
    if hasattr(hint, "from_dict"):
        return _model(hint, value)
    return value


def _member(kind: type[enum.Enum], value: Any) -> enum.Enum:
    try:
        return kind(value)
    except ValueError as error:
        raise NotSayableError(f"the package has no {kind.__name__} {value!r}") from error


def _model(kind: Any, value: dict[str, Any]) -> Any:
    plain = {k: v[1] if isinstance(v, tuple) else v for k, v in value.items()}
    try:
        model = kind.from_dict(plain)
    except KeyError as error:
        raise NotSayableError(f"{kind.__name__} demands {error.args[0]}") from error
    except ValueError as error:
        raise NotSayableError(str(error)) from error
    for name, part in value.items():
        if isinstance(part, tuple):
            file_name, content, media_type = part
            setattr(model, name, File(io.BytesIO(content), file_name, media_type))
    return model
