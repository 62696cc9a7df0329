"""All contracts as one value, read from `contracts/` once.

Two halves: `parse_contracts` is pure and takes the files as bytes; `load_contracts` finds and reads
them. Nothing above needs a file again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tts_chaos._data import data_folder
from tts_chaos.contracts.answers import ApiError, ArticleError, PlainAnswer, WebhookEvent
from tts_chaos.contracts.openapi import decode_document, read_operations, read_webhooks
from tts_chaos.contracts.operation import Operation, Provenance
from tts_chaos.contracts.routing import Match, Router, Target
from tts_chaos.core.registry import nearest
from tts_chaos.errors import ContractError, UsageError

__all__ = ["EVIDENCE", "Contracts", "SigningVector", "load_contracts", "parse_contracts"]

T = TypeVar("T")

EVIDENCE = "evidence.json"
"""What runs proved of the contracts; no part of them."""


class SigningVector(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signature worked out in advance.

    Attributes:
        scheme: `v2`, `v1` or `webhook`.
        inputs: What is signed: `app_secret` and, for requests, `method`, `path`, `query` (pairs),
            `content_type`, `body`; for webhooks `app_key`, `raw_body`, `header`.
        string_to_sign: What enters the digest, without the secret around it; None for webhooks.
        signature: Expected lower-case hexadecimal digest.
        digest_published: Whether the platform's own documents print this digest.
        verified_by_implementations: How many independent implementations agree.
    """

    id: str
    scheme: str
    note: str
    inputs: dict[str, Any]
    string_to_sign: str | None
    signature: str
    digest_published: bool
    verified_by_implementations: int
    provenance: Provenance
    confidence: str


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    about: Any = None


class _ErrorsFile(_File, frozen=True, kw_only=True, forbid_unknown_fields=True):
    errors: tuple[ApiError, ...]
    plain_answers: tuple[PlainAnswer, ...]


class _ArticleFile(_File, frozen=True, kw_only=True, forbid_unknown_fields=True):
    errors: tuple[ArticleError, ...]


class _DeclinedFile(_File, frozen=True, kw_only=True, forbid_unknown_fields=True):
    declined: dict[str, str]


class _VectorsFile(_File, frozen=True, kw_only=True, forbid_unknown_fields=True):
    vectors: tuple[SigningVector, ...]


class _SurfaceFile(_File, frozen=True, kw_only=True, forbid_unknown_fields=True):
    api_host: str
    token_host: str
    categories: tuple[str, ...]
    versions: tuple[str, ...]
    provenance: Provenance
    confidence: str
    as_of: str


class Contracts:
    """Every operation, error and webhook event that is known.

    Attributes:
        operations: By id.
        errors: By code.
        plain_answers: Answers that are no envelope, by name.
        article_errors: The simplified codes, in the order of the file.
        webhooks: Events by type.
        declined: Operations that the twin knowingly does not serve, each with the reason.
        signing_vectors: Signatures worked out in advance.
        categories: First path segments that the API host knows.
        versions: Version segments in use.
        digest: SHA-256 over names and contents of all files; equal digests mean equal facts.
    """

    def __init__(
        self,
        *,
        operations: Mapping[str, Operation],
        errors: _ErrorsFile,
        article: _ArticleFile,
        webhooks: Mapping[int, WebhookEvent],
        declined: Mapping[str, str],
        vectors: _VectorsFile,
        surface: _SurfaceFile,
        digest: str,
    ) -> None:
        self.operations = operations
        self.errors: Mapping[int, ApiError] = _keyed(errors.errors, "code", "errors.json")
        self.plain_answers: Mapping[str, PlainAnswer] = _keyed(
            errors.plain_answers, "name", "errors.json"
        )
        self.article_errors = article.errors
        self.webhooks = webhooks
        self.declined = declined
        self.signing_vectors = vectors.vectors
        self.categories = frozenset(surface.categories)
        self.versions = frozenset(surface.versions)
        self.digest = digest
        self._router = Router(operations.values(), self.categories)
        self._article = {key: row for row in article.errors for key in row.replaces}

    def resolve(self, host: str, method: str, path: str) -> Target:
        """Return what `method` on `path` at `host` means, with the reason where it means nothing.

        Args:
            host: Lower-case host name without port.
            method: Upper-case verb.
            path: Path as sent, starting with `/`.
        """
        return self._router.resolve(host, method, path)

    def match(self, host: str, method: str, path: str) -> Match | None:
        """Return the operation that a request means, with its path values, or None."""
        return self._router.resolve(host, method, path).match

    def operation(self, id: str) -> Operation:
        """Return the operation called `id`.

        Raises:
            UsageError: If there is none; suggests the nearest id.
        """
        found = self.operations.get(id)
        if found is None:
            close = nearest(id, self.operations)
            hint = f" Did you mean {close!r}?" if close else ""
            raise UsageError(f"the contracts describe no operation {id!r}.{hint}")
        return found

    def versions_of(self, name: str) -> tuple[Operation, ...]:
        """Return every version of operation `name` (`order.get_order_detail`), oldest first."""
        found = [operation for operation in self.operations.values() if operation.name == name]
        return tuple(sorted(found, key=lambda operation: operation.version))

    def operations_answering(self, code: int) -> tuple[Operation, ...]:
        """Return the operations that are known to answer a business code, by id."""
        found = [row for row in self.operations.values() if code in row.errors.all]
        return tuple(sorted(found, key=lambda operation: operation.id))

    def article_error(self, code: int, variant: str = "") -> ArticleError | None:
        """Return the simplified row told instead of `code` (of its `variant`), or None."""
        return self._article.get(f"{code}:{variant}" if variant else str(code))

    def article_error_for(self, condition: str) -> ArticleError | None:
        """Return the simplified row for a condition that has no documented code, or None."""
        return self._article.get(condition)

    def webhook(self, name: str) -> WebhookEvent:
        """Return the event type called `name`.

        Raises:
            UsageError: If there is none; suggests the nearest name.
        """
        for event in self.webhooks.values():
            if event.name == name:
                return event
        close = nearest(name, (event.name for event in self.webhooks.values()))
        hint = f" Did you mean {close!r}?" if close else ""
        raise UsageError(f"there is no webhook event type {name!r}.{hint}")


def parse_contracts(files: Mapping[str, bytes]) -> Contracts:
    """Return the contracts that `files` state.

    Args:
        files: Contents by path relative to the folder, with forward slashes.

    Raises:
        ContractError: If a file is missing or wrong; names file and key.
    """
    operations, webhooks = _read_documents(files)
    errors = _decode(files, "errors.json", _ErrorsFile)
    declined = _decode(files, "declined.json", _DeclinedFile).declined
    _check_codes(operations, {row.code for row in errors.errors})
    _check_declined(declined, operations)
    return Contracts(
        operations=operations,
        errors=errors,
        article=_decode(files, "article-errors.json", _ArticleFile),
        webhooks=webhooks,
        declined=declined,
        vectors=_decode(files, "signing-vectors.json", _VectorsFile),
        surface=_decode(files, "surface.json", _SurfaceFile),
        digest=_digest(files),
    )


def _read_documents(
    files: Mapping[str, bytes],
) -> tuple[dict[str, Operation], dict[int, WebhookEvent]]:
    operations: dict[str, Operation] = {}
    webhooks: dict[int, WebhookEvent] = {}
    for path in sorted(name for name in files if name.startswith("openapi/")):
        root = decode_document(files[path], path=path)
        for operation in read_operations(root, path=path):
            if operation.id in operations:
                raise ContractError(f"operation {operation.id!r} is described twice", path=path)
            operations[operation.id] = operation
        for event in read_webhooks(root, path=path):
            if event.type in webhooks:
                raise ContractError(f"webhook type {event.type} is described twice", path=path)
            webhooks[event.type] = event
    return operations, webhooks


def _check_codes(operations: Mapping[str, Operation], known: set[int]) -> None:
    for operation in operations.values():
        for code in operation.errors.all:
            if code not in known:
                raise ContractError(
                    f"operation {operation.id!r} answers code {code}; expected a row for it",
                    path="errors.json",
                    key="$.errors",
                )


def _check_declined(declined: Mapping[str, str], operations: Mapping[str, Operation]) -> None:
    for id, reason in declined.items():
        key = f"$.declined[{id!r}]"
        if id not in operations:
            close = nearest(id, operations)
            hint = f"; did you mean {close!r}?" if close else ""
            raise ContractError(
                f"no operation is called {id!r}{hint}", path="declined.json", key=key
            )
        if len(reason.split()) < 4:
            raise ContractError("expected a reason in words", path="declined.json", key=key)


def load_contracts(folder: Path | None = None) -> Contracts:
    """Return the contracts in `folder`, read once per folder and process.

    Args:
        folder: A folder laid out like `contracts/`; None for the one that comes with the package.

    Raises:
        ContractError: If a file is missing or wrong; names file and key.
    """
    return _shipped() if folder is None else _load(folder.resolve())


@lru_cache(maxsize=1)
def _shipped() -> Contracts:
    """Return those of the package, without a look at the disk for each run."""
    return _load(data_folder("contracts").resolve())


@lru_cache(maxsize=8)
def _load(folder: Path) -> Contracts:
    named = (path for path in folder.glob("*.json") if path.name != EVIDENCE)
    paths = [*named, *folder.glob("openapi/*.json")]
    if not paths:
        raise ContractError("holds no contract; expected openapi/*.json", path=str(folder))
    return parse_contracts({p.relative_to(folder).as_posix(): p.read_bytes() for p in paths})


def _decode(files: Mapping[str, bytes], path: str, kind: type[T]) -> T:
    if path not in files:
        raise ContractError("the file is missing", path=path)
    try:
        return msgspec.json.decode(files[path], type=kind)
    except msgspec.ValidationError as error:
        # The message ends in "- at `$.key`".
        problem, _, key = str(error).partition(" - at ")
        raise ContractError(problem, path=path, key=key.strip("`")) from error
    except msgspec.DecodeError as error:
        raise ContractError(f"not JSON: {error}", path=path) from error


def _keyed(rows: tuple[Any, ...], attribute: str, path: str) -> dict[Any, Any]:
    keyed: dict[Any, Any] = {}
    for row in rows:
        key = getattr(row, attribute)
        if key in keyed:
            raise ContractError(f"{attribute} {key!r} is listed twice", path=path)
        keyed[key] = row
    return keyed


def _digest(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.encode() + b"\0" + hashlib.sha256(files[path]).digest())
    return digest.hexdigest()
