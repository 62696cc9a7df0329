"""An OpenAPI document of `contracts/openapi/` becomes operations and webhook events. Pure.

Reads the subset of OpenAPI 3.1 that the folder uses: query and path parameters, one JSON or
multipart request body, the answer 200, webhooks with one JSON body, references below
`#/components/`, and the `x-tts-*` keys described in `contracts/README.md`. Anything else is
refused, so that a fact written under a misspelt key is not lost in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tts_chaos.contracts.answers import WebhookEvent
from tts_chaos.contracts.operation import CipherRule, Operation
from tts_chaos.errors import ContractError
from tts_chaos.wire.message import AUTH_HOST

__all__ = [
    "COMMON_PARAMETERS",
    "decode_document",
    "parse_openapi",
    "read_operations",
    "read_webhooks",
]

COMMON_PARAMETERS = frozenset(
    {"app_key", "timestamp", "sign", "shop_cipher", "category_asset_cipher"}
)
"""Parameters that the gateway itself takes, on any operation of the API host.

Source: protocol facts, section 3 (documented).
"""

_VERBS = frozenset({"get", "post", "put", "delete", "patch"})
_OPERATION_KEYS = frozenset(
    {
        "operationId",
        "summary",
        "tags",
        "parameters",
        "requestBody",
        "responses",
        "security",
        "x-tts-provenance",
        "x-tts-fields",
        "x-tts-cipher",
        "x-tts-scopes",
        "x-tts-scopes-provenance",
        "x-tts-errors",
        "x-tts-paginated",
        "x-tts-superseded-by",
        "x-tts-sunset",
        "x-tts-notes",
    }
)
_WEBHOOK_KEYS = frozenset(
    {
        "operationId",
        "summary",
        "tags",
        "parameters",
        "requestBody",
        "responses",
        "security",
        "x-tts-provenance",
        "x-tts-event",
    }
)


def parse_openapi(document: bytes, *, path: str) -> list[Operation]:
    """Return the operations of one document in the order of the file.

    Args:
        document: The file's bytes.
        path: Name of the file, for messages.

    Raises:
        ContractError: If the file is no JSON, or a key is missing, unknown or of the wrong type;
            names file and key.
    """
    return read_operations(decode_document(document, path=path), path=path)


def decode_document(document: bytes, *, path: str) -> dict[str, Any]:
    """Return one document's root object.

    Raises:
        ContractError: If the file is no JSON object.
    """
    try:
        return msgspec.json.decode(document, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise ContractError(f"not a JSON object: {error}", path=path) from error


def read_operations(root: dict[str, Any], *, path: str) -> list[Operation]:
    """Return the operations of a decoded document; arguments and errors as `parse_openapi`."""
    return list(_Reader(root, path).operations())


def read_webhooks(root: dict[str, Any], *, path: str) -> list[WebhookEvent]:
    """Return the webhook events of a decoded document, in the order of the file.

    Raises:
        ContractError: As for `parse_openapi`.
    """
    return list(_Reader(root, path).webhooks())


class _Reader:
    """Walks one document and knows where it is, for messages."""

    def __init__(self, root: dict[str, Any], path: str) -> None:
        self._root = root
        self._path = path

    def operations(self) -> Iterator[Operation]:
        """Yield each operation."""
        host = self._host()
        for path, verbs in self._mapping(self._root, "paths", "$").items():
            for verb, value in verbs.items():
                key = f"$.paths[{path!r}].{verb}"
                if verb not in _VERBS:
                    raise self._error(
                        f"{verb!r} is no verb; expected one of {_listed(_VERBS)}", key
                    )
                yield self._operation(host, path, verb, value, key)

    def webhooks(self) -> Iterator[WebhookEvent]:
        """Yield each webhook event."""
        for name, verbs in self._root.get("webhooks", {}).items():
            key = f"$.webhooks[{name!r}].post"
            yield self._webhook(name, self._mapping(verbs, "post", key.removesuffix(".post")), key)

    def _webhook(self, name: str, value: dict[str, Any], key: str) -> WebhookEvent:
        self._refuse_unknown(value, _WEBHOOK_KEYS, key)
        origin = self._mapping(value, "x-tts-provenance", key)
        envelope = self._body(value, key).get("body_schema") or {}
        properties = self._mapping(envelope, "properties", f"{key}.requestBody")
        fields = {
            **self._mapping(value, "x-tts-event", key),
            "name": name,
            "trigger": value.get("summary"),
            "data_schema": properties.get("data"),
            "provenance": origin.get("source"),
            "confidence": origin.get("confidence"),
        }
        if fields.get("type") != properties.get("type", {}).get("const"):
            raise self._error("x-tts-event.type and the body's type differ", key)
        try:
            return msgspec.convert(fields, WebhookEvent)
        except msgspec.ValidationError as error:
            raise self._error(str(error), key) from error

    def _operation(
        self, host: str, path: str, verb: str, value: dict[str, Any], key: str
    ) -> Operation:
        self._refuse_unknown(value, _OPERATION_KEYS, key)
        fields = self._facts(value, key)
        fields.update(self._body(value, key))
        fields.update(
            id=value.get("operationId"),
            method=verb.upper(),
            path=path,
            host=host,
            summary=value.get("summary", ""),
            parameters=self._parameters(value, key, is_token_call=host == AUTH_HOST),
            response_schema=self._response(value, key),
            is_token_call=host == AUTH_HOST,
        )
        return self._checked(fields, key)

    def _facts(self, value: dict[str, Any], key: str) -> dict[str, Any]:
        origin = self._mapping(value, "x-tts-provenance", key)
        return {
            "provenance": origin.get("source"),
            "confidence": origin.get("confidence"),
            "fields": value.get("x-tts-fields", {}),
            "cipher": value.get("x-tts-cipher"),
            "category_cipher": self._category_cipher(value, key),
            "scopes": value.get("x-tts-scopes", []),
            "scopes_provenance": value.get("x-tts-scopes-provenance", "documented"),
            "errors": value.get("x-tts-errors", {}),
            "is_paginated": "x-tts-paginated" in value,
            "superseded_by": value.get("x-tts-superseded-by", ""),
            "retired": value.get("x-tts-sunset", {}).get("date", ""),
            "notes": value.get("x-tts-notes", []),
        }

    def _category_cipher(self, value: dict[str, Any], key: str) -> CipherRule:
        """Return the rule for `category_asset_cipher`, which its parameter alone states."""
        for number, entry in enumerate(value.get("parameters", [])):
            parameter = self._resolve(entry, f"{key}.parameters[{number}]")
            if parameter.get("name") == "category_asset_cipher":
                return CipherRule.REQUIRED if parameter.get("required") else CipherRule.OPTIONAL
        return CipherRule.REFUSED

    def _checked(self, fields: dict[str, Any], key: str) -> Operation:
        try:
            operation = msgspec.convert(fields, Operation)
        except msgspec.ValidationError as error:
            raise self._error(str(error), key) from error
        if len(operation.id.split(".")) != 3:
            raise self._error(
                f"operationId {operation.id!r} is not of the form <domain>.<version>.<verb_noun>",
                key,
            )
        return operation

    def _parameters(
        self, value: dict[str, Any], key: str, *, is_token_call: bool
    ) -> list[dict[str, Any]]:
        found = []
        for number, entry in enumerate(value.get("parameters", [])):
            where = f"{key}.parameters[{number}]"
            parameter = self._resolve(entry, where)
            if parameter.get("in") == "path":
                continue
            name = parameter.get("name")
            if name in COMMON_PARAMETERS and not is_token_call:
                continue
            found.append(
                {
                    "name": name,
                    "required": parameter.get("required", False),
                    "schema": self._mapping(parameter, "schema", where),
                }
            )
        return found

    def _body(self, value: dict[str, Any], key: str) -> dict[str, Any]:
        body = value.get("requestBody")
        if body is None:
            return {}
        content = self._mapping(body, "content", f"{key}.requestBody")
        if len(content) != 1:
            raise self._error("expected exactly one media type", f"{key}.requestBody.content")
        media_type, media = next(iter(content.items()))
        return {
            "body_required": body.get("required", False),
            "body_schema": self._resolve(media.get("schema", {}), f"{key}.requestBody"),
            "content_type": media_type,
        }

    def _response(self, value: dict[str, Any], key: str) -> dict[str, Any] | None:
        answer = self._mapping(value, "responses", key).get("200", {})
        media = answer.get("content", {}).get("application/json", {})
        schema = media.get("schema")
        return None if schema is None else self._resolve(schema, f"{key}.responses")

    def _resolve(self, value: dict[str, Any], key: str) -> dict[str, Any]:
        reference = value.get("$ref")
        if reference is None:
            return value
        node: Any = self._root
        for part in str(reference).removeprefix("#/").split("/"):
            node = node.get(part) if isinstance(node, dict) else None
        if not isinstance(node, dict):
            raise self._error(f"reference {reference!r} leads nowhere", key)
        return node

    def _refuse_unknown(self, value: dict[str, Any], known: frozenset[str], key: str) -> None:
        unknown = sorted(set(value) - known)
        if unknown:
            raise self._error(f"unknown key {unknown[0]!r}", key)

    def _host(self) -> str:
        servers = self._root.get("servers")
        try:
            url = servers[0]["url"]  # type: ignore[index]
        except (TypeError, IndexError, KeyError) as error:
            raise self._error("expected one server with a url", "$.servers") from error
        return str(url).removeprefix("https://")

    def _mapping(self, parent: dict[str, Any], name: str, key: str) -> dict[str, Any]:
        value = parent.get(name)
        if not isinstance(value, dict):
            raise self._error(f"expected an object, got {value!r:.40}", f"{key}.{name}")
        return value

    def _error(self, problem: str, key: str) -> ContractError:
        return ContractError(problem, path=self._path, key=key)


def _listed(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))
