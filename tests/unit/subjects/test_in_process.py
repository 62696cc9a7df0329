"""An object as an integration: what it can do, how it is called, what of its answers is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tts_chaos.errors import ConfigError, UsageError
from tts_chaos.subjects.in_process import InProcessSubject


class Shop:
    """Says with what it was called."""

    label = "not a method"

    def sync_orders(self) -> str:
        return "synced"

    def push_stock(self, changes: dict[str, int]) -> Any:
        return changes

    def deliver_webhook(self, headers: dict[str, str], body: bytes) -> Any:
        return [headers["a"], len(body)]

    def reconfigure(self, *, app_key: str = "", app_secret: str = "") -> Any:
        return {"app_key": app_key, "app_secret": app_secret}

    def orders(self) -> Any:
        return [{"id": "1", "total_amount": Decimal("9.90")}]


def _with(**methods: Callable[..., Any]) -> InProcessSubject:
    return InProcessSubject(type("Shop", (), methods)())


def test_the_known_methods_are_the_capabilities() -> None:
    assert InProcessSubject(Shop()).capabilities == {
        "sync_orders",
        "push_stock",
        "deliver_webhook",
        "reconfigure",
        "orders",
    }


def test_an_attribute_that_cannot_be_called_is_no_capability() -> None:
    integration = type("Shop", (), {"sync_orders": lambda self: None, "orders": []})()

    assert InProcessSubject(integration).capabilities == {"sync_orders"}


def test_arguments_go_in_the_documented_order_whatever_the_order_in_the_file() -> None:
    subject = InProcessSubject(Shop())

    assert subject.call("deliver_webhook", {"body": b"xyz", "headers": {"a": "b"}}) == ["b", 3]


def test_arguments_may_have_other_names_in_the_integration() -> None:
    subject = _with(push_stock=lambda self, quantities: quantities)

    assert subject.call("push_stock", {"changes": {"1": 2}}) == {"1": 2}


def test_new_settings_go_by_name() -> None:
    subject = InProcessSubject(Shop())

    assert subject.call("reconfigure", {"app_secret": "s", "app_key": "k"}) == {
        "app_key": "k",
        "app_secret": "s",
    }


def test_optional_parameters_of_its_own_do_no_harm() -> None:
    subject = _with(sync_orders=lambda self, *, full=False: full)

    assert subject.call("sync_orders", {}) is False


def test_an_answer_becomes_json_values() -> None:
    assert InProcessSubject(Shop()).call("orders", {}) == [{"id": "1", "total_amount": "9.90"}]


def test_what_an_action_returns_unasked_is_dropped_where_it_cannot_be_kept() -> None:
    subject = _with(sync_orders=lambda self: object())

    assert subject.call("sync_orders", {}) is None


@pytest.mark.parametrize("name", ["orders", "quote_checkout"])
def test_an_answer_that_was_asked_for_must_be_like_json(name: str) -> None:
    subject = _with(**{name: lambda self, *_: {1, 2}})

    with pytest.raises(UsageError, match=r"\$ is a set; .* return a sorted list"):
        subject.call(name, {"lines": []})


def test_an_async_method_gives_something_to_await() -> None:
    async def orders(self: object) -> list[str]:
        return ["1"]

    assert asyncio.run(_with(orders=orders).call("orders", {})) == ["1"]


def test_an_exception_goes_through_unchanged() -> None:
    error = ValueError("boom")

    def sync_orders(self: object) -> None:
        raise error

    with pytest.raises(ValueError, match="boom") as caught:
        _with(sync_orders=sync_orders).call("sync_orders", {})

    assert caught.value is error


def _fail_with(*errors: BaseException) -> InProcessSubject:
    """Return a subject that raised each of `errors` in a sync."""
    waiting = list(errors)

    def sync_orders(self: object) -> None:
        raise waiting.pop(0)

    subject = _with(sync_orders=sync_orders)
    for error in errors:
        with pytest.raises(type(error)):
            subject.call("sync_orders", {})
    return subject


def test_an_exception_is_kept_with_the_lines_that_raised_it() -> None:
    (kept,) = _fail_with(ValueError("boom")).exceptions

    assert kept.startswith("sync_orders():\nTraceback (most recent call last):\n")
    assert "raise waiting.pop(0)" in kept
    assert kept.endswith("ValueError: boom\n")


def test_an_exception_is_kept_without_lines_of_the_harness() -> None:
    (kept,) = _fail_with(ValueError("boom")).exceptions

    assert 'in_process.py", line' not in kept.replace(__file__, "")


def test_the_same_exception_is_kept_once() -> None:
    assert len(_fail_with(ValueError("boom"), ValueError("boom")).exceptions) == 1


def test_only_the_first_few_exceptions_are_kept() -> None:
    subject = _fail_with(*(ValueError(str(number)) for number in range(5)))

    assert [text.split("ValueError: ")[1] for text in subject.exceptions] == ["0\n", "1\n", "2\n"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), asyncio.CancelledError()])
def test_what_ends_a_call_from_outside_is_not_its_exception(error: BaseException) -> None:
    assert _fail_with(error).exceptions == ()


def test_the_exception_of_an_async_method_is_kept() -> None:
    async def sync_orders(self: object) -> None:
        raise OSError("gone")

    subject = _with(sync_orders=sync_orders)
    with pytest.raises(OSError, match="gone"):
        asyncio.run(subject.call("sync_orders", {}))

    assert subject.exceptions[0].endswith("OSError: gone\n")


UNUSABLE = {
    "nothing": (None, "returned None; end it with `return integration`"),
    "a-class": (Shop, "returned the class Shop itself; return an object of it"),
    "a-number": (3, "returned 'int', which has none of the methods the harness knows"),
    "a-near-miss": (
        type("Shop", (), {"sync_order": print})(),
        r"It has sync_order\(\) \(did you mean sync_orders\(\)\?\)",
    ),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_what_is_no_integration_is_refused(what: str) -> None:
    value, message = UNUSABLE[what]

    with pytest.raises(ConfigError, match=message):
        InProcessSubject(value)


def test_a_coroutine_in_place_of_an_integration_is_told_to_be_plain() -> None:
    async def make() -> Shop:
        return Shop()

    coroutine = make()
    with pytest.raises(ConfigError, match="is async; make it a plain fixture"):
        InProcessSubject(coroutine)
    coroutine.close()


MISFITS: dict[str, tuple[dict[str, Any], str]] = {
    "too-many-parameters": (
        {"sync_orders": lambda self, since: None},
        r"sync_orders\(since\) is called as sync_orders\(\): missing a required argument: 'since'",
    ),
    "too-few-parameters": (
        {"push_stock": lambda self: None},
        r"push_stock\(\) is called as push_stock\(changes\): too many positional arguments",
    ),
    "only-by-name": (
        {"ship": lambda self, *, order_id: None},
        r"ship\(\*, order_id\) is called as ship\(order_id\): too many positional arguments",
    ),
    "an-observation-with-a-parameter": (
        {"orders": lambda self, since: None},
        r"orders\(since\) is called as orders\(\)",
    ),
}


@pytest.mark.parametrize("what", MISFITS)
def test_a_method_that_cannot_be_called_is_refused_with_both_forms(what: str) -> None:
    methods, message = MISFITS[what]

    with pytest.raises(ConfigError, match=message):
        _with(**methods)


def test_all_methods_that_cannot_be_called_are_told_together() -> None:
    with pytest.raises(ConfigError, match=r"sync_orders\(since\) .*; orders\(since\) "):
        _with(sync_orders=lambda self, since: None, orders=lambda self, since: None)


def test_a_method_without_a_readable_signature_is_taken_as_it_is() -> None:
    integration = type("Shop", (), {"orders": staticmethod(dict)})()

    assert InProcessSubject(integration).call("orders", {}) == {}
