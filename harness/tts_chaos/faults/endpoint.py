"""The integration talks to the wrong place: a mistyped host, path or verb, a retired version.

The request is rewritten on its way, so the answer is what the mistyped address would give, in any
language and without touching the integration's settings; lifting it is the operator correcting the
address.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from tts_chaos.faults.effect import AlterAnswer, Effect, Moment, PlatformCommand, RewriteRequest
from tts_chaos.faults.fault import Fault, Trigger, register_fault
from tts_chaos.wire.message import ApiRequest, ApiResponse

__all__ = ["HostWrong", "PathWrong", "PlainHttp", "VerbWrong", "VersionRetired"]

_API_ONLY = Trigger(host="api")


class _Misdirected(Fault, frozen=True, kw_only=True):
    """Requests go to another address than the Open API's.

    Attributes:
        told_as: Status of the answer. Both are told of in the article; 404 is what the platform's
            facts state for unknown paths, 400 is `assumed`.
    """

    family: ClassVar[str] = "endpoint"
    cause: ClassVar[str] = "endpoint"
    default_trigger: ClassVar[Trigger] = _API_ONLY

    told_as: Literal[404, 400] = 404

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Send the request elsewhere, and give the answer the wanted status."""
        return (RewriteRequest(change=self.misdirect), AlterAnswer(change=self._with_status))

    def misdirect(self, request: ApiRequest) -> ApiRequest:
        """Return the request as the mistyped address would carry it."""
        raise AssertionError("a subclass says where to")

    def _with_status(self, response: ApiResponse) -> ApiResponse:
        return msgspec.structs.replace(response, status=self.told_as)


@register_fault
class HostWrong(_Misdirected, frozen=True, kw_only=True):
    """A mistyped host answers instead of the Open API. Source: article, row 7.

    Attributes:
        wrong_host: The host typed by mistake.
    """

    name: ClassVar[str] = "host_wrong"
    summary: ClassVar[str] = "the host name of the API was mistyped"

    wrong_host: str = "api.tiktokshop.com"

    def misdirect(self, request: ApiRequest) -> ApiRequest:
        """Return the same request for the wrong host."""
        return msgspec.structs.replace(request, host=self.wrong_host)


@register_fault
class PathWrong(_Misdirected, frozen=True, kw_only=True):
    """A mistyped path is called on the right host. Source: article, row 7.

    Attributes:
        wrong_path: The path typed by mistake.
    """

    name: ClassVar[str] = "path_wrong"
    summary: ClassVar[str] = "the path of the API was mistyped"

    wrong_path: str = "/v1/orders"

    def misdirect(self, request: ApiRequest) -> ApiRequest:
        """Return the same request for the wrong path."""
        return msgspec.structs.replace(request, path=self.wrong_path)


@register_fault
class VersionRetired(Fault, frozen=True, kw_only=True):
    """The version of an operation is no longer served. Source: protocol facts, section 8.

    Attributes:
        retired: Operation id, id without version, or `order.*`.
    """

    name: ClassVar[str] = "version_retired"
    family: ClassVar[str] = "endpoint"
    cause: ClassVar[str] = "version"
    summary: ClassVar[str] = "the API version in use was retired"

    retired: str

    def begin(self) -> tuple[PlatformCommand, ...]:
        """Retire the version."""
        return (PlatformCommand(name="retire_version", arguments={"operation": self.retired}),)

    def end(self) -> tuple[PlatformCommand, ...]:
        """Serve the version again."""
        return (PlatformCommand(name="reinstate_version", arguments={"operation": self.retired}),)


@register_fault
class VerbWrong(Fault, frozen=True, kw_only=True):
    """Requests come with a verb that the path does not take.

    The API host tells 36009010 (documented; under which status is assumed), the token host a text
    that is no envelope (recorded). Source: protocol facts, section 8.

    Attributes:
        wrong_verb: The verb sent by mistake.
    """

    name: ClassVar[str] = "verb_wrong"
    family: ClassVar[str] = "endpoint"
    cause: ClassVar[str] = "endpoint"
    summary: ClassVar[str] = "the verb of a call is wrong"
    default_trigger: ClassVar[Trigger] = _API_ONLY

    wrong_verb: Literal["GET", "POST", "PUT", "DELETE", "PATCH"] = "PATCH"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Let the platform see the other verb."""
        return (RewriteRequest(change=self.misdirect),)

    def misdirect(self, request: ApiRequest) -> ApiRequest:
        """Return the same request with the wrong verb."""
        return msgspec.structs.replace(request, method=self.wrong_verb)


@register_fault
class PlainHttp(Fault, frozen=True, kw_only=True):
    """Requests come without TLS, as when `http://` is configured or a proxy strips TLS.

    They are refused since 2026-06-17 (documented); how is not, so the edge answers as for a path
    that it does not route (assumed). Source: protocol facts, section 3.
    """

    name: ClassVar[str] = "plain_http"
    family: ClassVar[str] = "endpoint"
    cause: ClassVar[str] = "endpoint"
    summary: ClassVar[str] = "calls reach the platform over plain http"
    default_trigger: ClassVar[Trigger] = _API_ONLY

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Let the platform see a request without TLS."""
        return (RewriteRequest(change=_without_tls),)


def _without_tls(request: ApiRequest) -> ApiRequest:
    return msgspec.structs.replace(request, scheme="http")
