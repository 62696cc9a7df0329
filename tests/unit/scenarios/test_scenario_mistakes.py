"""Each mistake in a scenario file is told with its place, what was expected, and a way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tts_chaos.errors import ScenarioError
from tts_chaos.scenarios.loader import parse_scenario

HEAD = 'title = "t"\ndescription = "d"\nwhy = "w"\n'
ACT = '[[method]]\naction = "sync_orders"\n'
FAULT = '[[method]]\nfault = "token_expired"\n'
WAIT = "[[method]]\nwait_ms = 1000\n"
LIFT = '[[method]]\nlift = "token_expired"\n'


def _refusal(text: str) -> ScenarioError:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, id="area/name", path="chaos/area/name.toml")
    return caught.value


def _table(rows: Mapping[str, Sequence[str]]) -> Any:
    """Return rows of (text, key, words) as parameters with sentences for ids."""
    return pytest.mark.parametrize(
        ("text", "key", "words"), list(rows.values()), ids=[id.replace(" ", "-") for id in rows]
    )


def _step(lines: str) -> str:
    return f"{HEAD}[[method]]\n{lines}\n{ACT}"


def _section(name: str, lines: str) -> str:
    return f"{HEAD}{ACT}[{name}]\n{lines}\n"


WORDS = {
    "a top level key is misspelt": (f'{HEAD}tag = ["x"]\n{ACT}', "$.tag", "'tags'"),
    "a section is misspelt": (_section("recovry", "rto_ms = 1"), "$.recovry", "'recovery'"),
    "a key of the twin is misspelt": (_section("twin", "order = 3"), "$.twin.order", "'orders'"),
    "a key of the limits is misspelt": (_section("limits", "call = 3"), "$.limits.call", "'calls'"),
    "a key of the recovery is misspelt": (
        _section("recovery", "rto_m = 3"),
        "$.recovery.rto_m",
        "'rto_ms'",
    ),
    "a key of the expectations is misspelt": (
        _section("expect", 'oracle = ["x"]'),
        "$.expect.oracle",
        "'oracles'",
    ),
    "a key of the alert is misspelt": (
        _section("expect", 'alert = { caus = "clock" }'),
        "$.expect.alert.caus",
        "'cause'",
    ),
    "a key of a probe is misspelt": (
        f'{HEAD}{ACT}[[steady-state-hypothesis.probe]]\norcle = "x"',
        "$.steady-state-hypothesis.probe[0].orcle",
        "'oracle'",
    ),
    "the kind of a step is misspelt": (
        _step('falt = "token_expired"'),
        "$.method[0].falt",
        "'fault'",
    ),
    "a fault is misspelt": (
        _step('fault = "token_expird"'),
        "$.method[0].fault",
        "'token_expired'",
    ),
    "a setting of a fault is misspelt": (
        _step('fault = "token_expired"\ntold_sa = "http"'),
        "$.method[0].told_sa",
        "'told_as'",
    ),
    "a word of a setting is misspelt": (
        _step('fault = "token_expired"\ntold_as = "htp"'),
        "$.method[0].told_as",
        "'http'",
    ),
    "a condition of a trigger is misspelt": (
        _step('fault = "token_expired"\noperatin = "order.*"'),
        "$.method[0].operatin",
        "'operation'",
    ),
    "an operation is misspelt": (
        _step('fault = "token_expired"\noperation = "order.get_order_lst"'),
        "$.method[0].operation",
        "'order.get_order_list'",
    ),
    "a domain of operations is misspelt": (
        _step('fault = "token_expired"\noperation = "ordr.*"'),
        "$.method[0].operation",
        "'order.*'",
    ),
    "a retired operation is misspelt": (
        _step('fault = "version_retired"\nretired = "order.get_order_lst"'),
        "$.method[0].retired",
        "'order.get_order_list'",
    ),
    "an action is misspelt": (
        _step('action = "sync_order"'),
        "$.method[0].action",
        "'sync_orders'",
    ),
    "an observation is asked for as an action": (
        _step('action = "orders"'),
        "$.method[0].action",
        "'sync_orders'",
    ),
    "an argument of an action is misspelt": (
        _step('action = "ship"\narguments = { orderid = "1" }'),
        "$.method[0].arguments.orderid",
        "'order_id'",
    ),
    "a platform command is misspelt": (
        _step('platform = "place_order"'),
        "$.method[0].platform",
        "'place_orders'",
    ),
    "an argument of a command is misspelt": (
        _step('platform = "place_orders"\ncont = 3'),
        "$.method[0]",
        "'count'",
    ),
    "an oracle is misspelt": (
        _section("expect", 'oracles = ["orders_complet"]'),
        "$.expect.oracles[0]",
        "'orders_complete'",
    ),
    "the oracle of a probe is misspelt": (
        f'{HEAD}{ACT}[[steady-state-hypothesis.probe]]\noracle = "orders_complet"',
        "$.steady-state-hypothesis.probe[0].oracle",
        "'orders_complete'",
    ),
    "the oracle of an option is misspelt": (
        _section("expect.options.retries_bouded", "most = 3"),
        "$.expect.options.retries_bouded",
        "'retries_bounded'",
    ),
    "a cause is misspelt": (
        _section("expect", 'alert = { cause = "credential" }'),
        "$.expect.alert.cause",
        "'credentials'",
    ),
    "a need is misspelt": (f'{HEAD}needs = ["virtual-tim"]\n{ACT}', "$.needs[0]", "virtual-time"),
    "a profile is misspelt": (
        _section("twin", 'profile = "artikel"'),
        "$.twin.profile",
        "'article'",
    ),
    "an action of the schedule is misspelt": (
        _section("recovery", 'actions = ["sync_order"]'),
        "$.recovery.actions[0]",
        "'sync_orders'",
    ),
    "a region does not exist": (
        _section("twin", 'regions = ["GB", "UK"]'),
        "$.twin.regions[1]",
        "GB, US",
    ),
    "a host is misspelt": (
        _step('fault = "token_expired"\nhost = "aut"'),
        "$.method[0].host",
        "'auth'",
    ),
    "the id of a lift is misspelt": (
        f'{HEAD}{FAULT}{ACT}[[method]]\nlift = "token_expird"',
        "$.method[2].lift",
        "'token_expired'",
    ),
    "a placeholder is misspelt": (
        _step('action = "ship"\narguments = { order_id = "$ordr:newest" }'),
        "$.method[0].arguments.order_id",
        "'$order'",
    ),
    "the order of a placeholder is misspelt": (
        _step('action = "ship"\narguments = { order_id = "$order:newst" }'),
        "$.method[0].arguments.order_id",
        "'$order:newest'",
    ),
    "a placeholder of a command is misspelt": (
        _step('platform = "change_address"\norder = "$oder:newest"'),
        "$.method[0].order",
        "'$order'",
    ),
}


@_table(WORDS)
def test_a_wrong_word_is_refused_with_the_nearest_right_one(
    text: str, key: str, words: str
) -> None:
    error = _refusal(text)

    assert (error.path, error.key) == ("chaos/area/name.toml", key)
    assert words in error.problem


SHAPES = {
    "text where a number belongs": (
        _section("twin", 'orders = "3"'),
        "$.twin.orders",
        "expected a whole number, got '3'",
    ),
    "a date where a number belongs": (
        _section("twin", "orders = 2026-01-01"),
        "$.twin.orders",
        "expected a whole number, got datetime.date(2026, 1, 1)",
    ),
    "true where a number belongs": (
        _section("recovery", "rto_ms = true"),
        "$.recovery.rto_ms",
        "expected a whole number of milliseconds, got True",
    ),
    "a number where text belongs": (
        _step('fault = "token_expired"\noperation = 3'),
        "$.method[0].operation",
        "expected text, got 3",
    ),
    "a number where the name of a fault belongs": (
        _step("fault = 3"),
        "$.method[0].fault",
        "expected the name of a fault, got 3",
    ),
    "a number where the name of a command belongs": (
        _step("platform = 3"),
        "$.method[0].platform",
        "expected the name of a command, got 3",
    ),
    "a number where the id of a fault belongs": (
        f"{HEAD}{FAULT}{ACT}[[method]]\nlift = 3",
        "$.method[2].lift",
        "expected the id of an armed fault, got 3",
    ),
    "an empty id": (
        _step('fault = "token_expired"\nid = ""'),
        "$.method[0].id",
        "expected a name, got ''",
    ),
    "text where a switch belongs": (
        _section("recovery", 'canary = "yes"'),
        "$.recovery.canary",
        "expected true or false, got 'yes'",
    ),
    "text where a list belongs": (
        _section("expect", 'oracles = "orders_complete"'),
        "$.expect.oracles",
        "expected a list, got 'orders_complete'",
    ),
    "text where a table belongs": (
        _section("expect", 'alert = "clock"'),
        "$.expect.alert",
        "expected a table, got 'clock'",
    ),
    "a word where tags belong": (
        f'{HEAD}tags = "auth"\n{ACT}',
        "$.tags",
        "expected a list of words, got 'auth'",
    ),
    "a number among the tags": (f"{HEAD}tags = [1]\n{ACT}", "$.tags[0]", "expected a word, got 1"),
    "an empty tag": (f'{HEAD}tags = [""]\n{ACT}', "$.tags[0]", "expected a word, got ''"),
    "a single table where steps belong": (
        f'{HEAD}[method]\naction = "sync_orders"',
        "$.method",
        "expected [[method]] tables",
    ),
    "words where steps belong": (f'method = ["a"]\n{HEAD}', "$.method[0]", "expected a table"),
    "several sections of one kind": (
        f"{HEAD}{ACT}[[expect]]\noracles = []",
        "$.expect",
        "expected a table of settings",
    ),
    "a single probe where several belong": (
        f'{HEAD}{ACT}[steady-state-hypothesis]\nprobe = {{ oracle = "orders_complete" }}',
        "$.steady-state-hypothesis.probe",
        "expected [[steady-state-hypothesis.probe]] tables",
    ),
    "a word as the hypothesis": (
        f'steady-state-hypothesis = "x"\n{HEAD}{ACT}',
        "$.steady-state-hypothesis",
        "expected [[steady-state-hypothesis.probe]] tables",
    ),
    "a number where settings of an oracle belong": (
        _section("expect", "options = { retries_bounded = 3 }"),
        "$.expect.options.retries_bounded",
        "expected a table of settings, got 3",
    ),
    "a setting that an oracle does not have": (
        _section("expect.options.orders_complete", "most = 3"),
        "$.expect.options.orders_complete.most",
        "unknown key 'most'. Valid here: none.",
    ),
    "settings of an oracle that does not judge": (
        _section("expect.options.alert_raised", ""),
        "$.expect.options.alert_raised",
        "does not judge this scenario; add it to expect.oracles",
    ),
    "no regions": (_section("twin", "regions = []"), "$.twin.regions", "a list of 1 members"),
    "a command without its argument": (
        _step('platform = "shift_clock"'),
        "$.method[0]",
        "needs the argument offset_ms",
    ),
    "an action without its argument": (
        _step('action = "ship"'),
        "$.method[0].arguments",
        "ship needs 'order_id'",
    ),
    "an action with an argument it does not take": (
        _step('action = "restart"\narguments = { hard = true }'),
        "$.method[0].arguments.hard",
        "Valid here: none.",
    ),
    "new settings that set nothing": (
        _step('action = "reconfigure"'),
        "$.method[0].arguments",
        "reconfigure needs at least one setting",
    ),
    "a fault without its setting": (
        _step('fault = "answer_slow"'),
        "$.method[0]",
        "the key 'delay_ms' is required and missing",
    ),
    "a step that is two things": (
        _step('action = "sync_orders"\nfault = "token_expired"'),
        "$.method[0]",
        "a step is one thing, but this has fault and action; split it",
    ),
    "a step that is nothing": (
        f"{HEAD}[[method]]",
        "$.method[0]",
        "needs one of the keys fault, action, platform, wait_ms, post_ms, lift",
    ),
    "a title of blanks": (
        f'title = " "\ndescription = "d"\nwhy = "w"\n{ACT}',
        "$.title",
        "a sentence is required here",
    ),
    "no title": (f'description = "d"\nwhy = "w"\n{ACT}', "$.title", "a sentence is required here"),
    "no reason": (f'title = "t"\ndescription = "d"\n{ACT}', "$.why", "a sentence is required here"),
    "no description": (
        f'title = "t"\nwhy = "w"\n{ACT}',
        "$.description",
        "a sentence is required here",
    ),
}


@_table(SHAPES)
def test_a_wrong_shape_is_refused_with_what_was_expected(text: str, key: str, words: str) -> None:
    error = _refusal(text)

    assert (error.path, error.key) == ("chaos/area/name.toml", key)
    assert words in error.problem


NUMBERS = {
    "a negative wait": (_step("wait_ms = -3"), "$.method[0].wait_ms", "1 or more, got -3"),
    "a wait of no time": (_step("wait_ms = 0"), "$.method[0].wait_ms", "1 or more, got 0"),
    "a wait of years": (
        _step("wait_ms = 999999999999999"),
        "$.method[0].wait_ms",
        "34560000000 or less",
    ),
    "a wait that is not a number": (_step("wait_ms = nan"), "$.method[0].wait_ms", "got nan"),
    "a wait in seconds by a fraction": (
        _step("wait_ms = 1.5"),
        "$.method[0].wait_ms",
        "a whole number of milliseconds, got 1.5",
    ),
    "a wait in seconds by its name": (_step("wait_s = 3"), "$.method[0].wait_s", "'wait_ms'"),
    "a pause in seconds by its name": (
        _step('action = "sync_orders"\nrepeat = 2\nevery_s = 3'),
        "$.method[0].every_s",
        "'every_ms'",
    ),
    "a window in seconds by its name": (
        _step('fault = "token_expired"\nfor_s = 3'),
        "$.method[0].for_s",
        "'for_ms'",
    ),
    "a recovery objective in seconds by its name": (
        _section("recovery", "rto_s = 30"),
        "$.recovery.rto_s",
        "'rto_ms'",
    ),
    "a recovery objective in seconds by its size": (
        _section("recovery", "rto_ms = 30"),
        "$.recovery.rto_ms",
        "both are milliseconds",
    ),
    "a recovery objective shorter than a round on real sockets": (
        _section("recovery", "wire_rto_ms = 30"),
        "$.recovery.wire_rto_ms",
        "cannot recover within 30 ms",
    ),
    "a round in the wrong unit": (
        _section("recovery", "tick_ms = 1"),
        "$.recovery.tick_ms",
        "1800000 rounds",
    ),
    "a negative pause": (
        _step('action = "sync_orders"\nevery_ms = -1'),
        "$.method[0].every_ms",
        "0 or more, got -1",
    ),
    "an action never repeated": (
        _step('action = "sync_orders"\nrepeat = 0'),
        "$.method[0].repeat",
        "1 or more, got 0",
    ),
    "too many actions at once": (
        _step('action = "sync_orders"\nparallel = 1000'),
        "$.method[0].parallel",
        "100 or less, got 1000",
    ),
    "a fault on call zero": (
        _step('fault = "token_expired"\ncall = 0'),
        "$.method[0].call",
        "calls are counted from 1",
    ),
    "a fault that hits nothing": (
        _step('fault = "token_expired"\ntimes = 0'),
        "$.method[0].times",
        "never fires",
    ),
    "a fault on each zeroth call": (
        _step('fault = "token_expired"\nevery = 0'),
        "$.method[0].every",
        "expected 1 or more",
    ),
    "a fault for no time": (
        _step('fault = "token_expired"\nfor_ms = 0'),
        "$.method[0].for_ms",
        "expected 1 to",
    ),
    "a fault that begins in the past": (
        _step('fault = "token_expired"\nafter_ms = -1'),
        "$.method[0].after_ms",
        "expected 0 to",
    ),
    "a negative delay": (
        _step('fault = "answer_slow"\ndelay_ms = -1'),
        "$.method[0].delay_ms",
        "expected 0 or more, got -1",
    ),
    "a delay of years": (
        _step('fault = "answer_slow"\ndelay_ms = 99999999999'),
        "$.method[0].delay_ms",
        "the unit is milliseconds",
    ),
    "a ratio above one": (
        _step('fault = "body_truncated"\nkeep_ratio = 1.5'),
        "$.method[0].keep_ratio",
        "a ratio from 0 to 1",
    ),
    "a ratio that is not a number": (
        _step('fault = "body_truncated"\nkeep_ratio = nan'),
        "$.method[0].keep_ratio",
        "expected 0 or more, got nan",
    ),
    "a status the fault does not have": (
        _step('fault = "platform_down"\nstatus = 404'),
        "$.method[0].status",
        "expected one of 500, 502, 503, 504",
    ),
    "a negative number of orders": (_section("twin", "orders = -1"), "$.twin.orders", "0 or more"),
    "more orders than a shop has": (
        _section("twin", "orders = 99999999999999999999999"),
        "$.twin.orders",
        "10000 or less",
    ),
    "no products": (_section("twin", "products = 0"), "$.twin.products", "1 or more"),
    "no shops": (_section("twin", "shops = 0"), "$.twin.shops", "1 or more"),
    "tokens that never live": (
        _section("twin", "token_life_ms = 0"),
        "$.twin.token_life_ms",
        "1 or more",
    ),
    "no calls allowed": (_section("limits", "calls = 0"), "$.limits.calls", "1 or more"),
    "no time allowed": (_section("limits", "action_ms = -5"), "$.limits.action_ms", "1 or more"),
    "a detection time in the past": (
        _section("expect", 'alert = { cause = "clock", within_ms = -1 }'),
        "$.expect.alert.within_ms",
        "1 or more, got -1",
    ),
    "a product that may not exist": (
        _step('action = "push_stock"\narguments = { changes = { "$sku:8" = 1 } }'),
        "$.method[0].arguments.changes",
        "$sku:0 to $sku:7",
    ),
    "a shop that does not exist": (
        _step('fault = "token_expired"\nshop = "$shop:1"'),
        "$.method[0].shop",
        "$shop:0 to $shop:0",
    ),
    "a product without its number": (
        _step('action = "push_stock"\narguments = { changes = { "$sku" = 1 } }'),
        "$.method[0].arguments.changes",
        "expected $sku:0",
    ),
}


@_table(NUMBERS)
def test_an_absurd_number_is_refused_with_its_bounds(text: str, key: str, words: str) -> None:
    error = _refusal(text)

    assert (error.path, error.key) == ("chaos/area/name.toml", key)
    assert words in error.problem


SENSE = {
    "no method": (HEAD, "$.method", "the method makes the integration do nothing"),
    "an empty method": (f"method = []\n{HEAD}", "$.method", "add an action step"),
    "a method of faults alone": (f"{HEAD}{FAULT}", "$.method", "add an action step"),
    "a fault after the last action": (
        f"{HEAD}{ACT}{FAULT}",
        "$.method[1]",
        "armed after the last action and can never fire",
    ),
    "a fault lifted before anything happens": (
        f"{HEAD}{ACT}{FAULT}{LIFT}{ACT}",
        "$.method[1]",
        "lifted before anything happens and can never fire",
    ),
    "two faults under one id": (
        f"{HEAD}{FAULT}{FAULT}{ACT}",
        "$.method[1].id",
        "used by step 0 already; give this one another",
    ),
    "a lift before the arming": (
        f"{HEAD}{LIFT}{FAULT}{ACT}",
        "$.method[0].lift",
        "armed before this; armed: none so far",
    ),
    "a second lift": (
        f"{HEAD}{FAULT}{ACT}{LIFT}{LIFT}",
        "$.method[3].lift",
        "lifted already by a step before this",
    ),
    "a fault among the steps of the operator": (
        f'{HEAD}{ACT}[[rollback]]\nfault = "token_expired"',
        "$.rollback[0]",
        "move this step to the method",
    ),
    "a lift among the steps of the operator": (
        f'{HEAD}{FAULT}{ACT}[[rollback]]\nlift = "token_expired"',
        "$.rollback[0]",
        "move this step to the method",
    ),
    "more waiting than real sockets allow": (
        f"{HEAD}{ACT}[[method]]\nwait_ms = 60000",
        "$.needs",
        'add needs = ["virtual-time"], or wait less',
    ),
    "more pauses than real sockets allow": (
        _step('action = "sync_orders"\nrepeat = 100\nevery_ms = 1000'),
        "$.needs",
        "plan 99000 ms of waiting",
    ),
    "needs that no world meets": (
        f'{HEAD}needs = ["virtual-time", "real-sockets"]\n{ACT}',
        "$.needs",
        "leave one out",
    ),
    "a scheduled action that needs arguments": (
        _section("recovery", 'actions = ["ship"]'),
        "$.recovery.actions[0]",
        "ship needs arguments, and a schedule has none",
    ),
    "a condition on requests for a fault of webhooks": (
        _step('fault = "webhooks_dropped"\noperation = "order.*"'),
        "$.method[0].operation",
        "acts on webhooks, which have no such thing",
    ),
    "a shop by an id of another seed": (
        _step('fault = "token_expired"\nshop = "7495000000000000001"'),
        "$.method[0].shop",
        "write '$shop' for the main shop",
    ),
    "an order where a shop belongs": (
        _step('fault = "token_expired"\nshop = "$order:newest"'),
        "$.method[0].shop",
        "write '$shop' for the main shop",
    ),
    "killed between steps and never started again": (
        _step("kill = true"),
        "$.method[0].kill",
        'nothing starts it again; add a step with action = "restart"',
    ),
    "killed in a call and never started again": (
        _step('fault = "program_killed"'),
        "$.method[0].fault",
        'nothing starts it again; add a step with action = "restart"',
    ),
    "not killed": (_step("kill = false"), "$.method[0].kill", "expected true, got False"),
    "a program of its own in virtual time": (
        f'{HEAD}needs = ["virtual-time", "own-process"]\n{ACT}',
        "$.needs",
        "a program of its own knows no virtual time",
    ),
    "a key that stands for a detail": (
        _step('action = "reconfigure"\narguments = { app_key = "$app_key:1" }'),
        "$.method[0].arguments.app_key",
        "$app_key stands alone",
    ),
}


@_table(SENSE)
def test_a_scenario_that_could_prove_nothing_is_refused(text: str, key: str, words: str) -> None:
    error = _refusal(text)

    assert (error.path, error.key) == ("chaos/area/name.toml", key)
    assert words in error.problem


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('title = "x', "is not valid TOML: Unterminated string"),
        ('title = "x"\ntitle = "y"', "is not valid TOML: Cannot overwrite a value"),
        ("title = x", "is not valid TOML: Invalid value (at line 1, column 9)"),
    ],
    ids=["an-open-quote", "a-key-given-twice", "a-bare-word"],
)
def test_text_that_is_not_toml_is_refused_with_the_file_and_the_place(
    text: str, words: str
) -> None:
    error = _refusal(text)

    assert str(error).startswith(f"chaos/area/name.toml: {words}")


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}{ACT}",
        f"{HEAD}{FAULT}{ACT}{LIFT}{ACT}",
        f"{HEAD}{FAULT}{WAIT}",
        _step('action = "push_stock"\narguments = { changes = { "$sku:7" = 1 } }'),
        f'{HEAD}[twin]\nshops = 2\n[[method]]\nfault = "token_expired"\nshop = "$shop:1"\n{ACT}',
        _section("expect", "oracles = []"),
        _step('kill = true\n[[method]]\naction = "restart"'),
        f'{_step("kill = true")}[recovery]\nactions = ["restart", "sync_orders"]\n',
    ],
    ids=[
        "a-plain-action",
        "a-fault-lifted-after-it-could-fire",
        "a-fault-under-which-time-passes",
        "the-last-product",
        "the-second-shop",
        "nothing-expected-but-the-rules-that-always-hold",
        "killed-and-started-again",
        "killed-and-started-again-by-its-own-schedule",
    ],
)
def test_what_makes_sense_is_accepted(text: str) -> None:
    scenario = parse_scenario(text, id="area/name", path="chaos/area/name.toml")

    assert scenario.id == "area/name"
