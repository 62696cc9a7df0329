"""What the tables of the diagnosis name is in the contracts, and only reads."""

from __future__ import annotations

import pytest
from tests.support.diagnosing import look

from tts_chaos.contracts.json_paths import fields_of
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.diagnosis.check import CHECKS, Remark, check, warning
from tts_chaos.diagnosis.examine import choose_checks
from tts_chaos.diagnosis.finding import Place
from tts_chaos.diagnosis.needs import RECORD_NEEDS, SCOPE_PROBES
from tts_chaos.diagnosis.observed import Observed, Setting
from tts_chaos.diagnosis.roles import Role
from tts_chaos.errors import UsageError

CONTRACTS = load_contracts()


@pytest.mark.parametrize(("scope", "operation"), SCOPE_PROBES.items(), ids=str)
def test_a_scope_is_probed_by_a_get_that_needs_it_alone(scope: str, operation: str) -> None:
    row = CONTRACTS.operation(operation)

    assert row.method == "GET"
    assert row.scopes == (scope,)
    assert row.retired == ""


@pytest.mark.parametrize("kind", RECORD_NEEDS)
def test_every_source_of_a_record_is_in_the_newest_contract(kind: str) -> None:
    need = RECORD_NEEDS[kind]
    newest = CONTRACTS.versions_of(need.operation)[-1]
    known = fields_of(newest.response_schema)

    sources = [source for field in need.fields for source in field.sources]

    assert [source for source in sources if f"$.data.{source}" not in known] == []


def test_checks_are_chosen_by_name_or_family() -> None:
    chosen = choose_checks(["clock", "tls_trusted"])

    assert [row.name for row in chosen] == ["tls_trusted", "clock_right"]


def test_a_misspelt_check_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no check 'clock_rigth'\. Did you mean 'clock_right'\?"):
        choose_checks(["clock_rigth"])


def test_a_check_that_quotes_a_secret_is_freed_of_it() -> None:
    name = "quotes_a_secret"
    secret = "0123456789abcdef0123456789abcdef"

    @check(name=name, family="project", asks="?")
    def quoting(_seen: Observed) -> list[Remark]:
        return [warning(f"the message was: {secret}", f"not {secret}")]

    setting = Setting(
        role=Role.APP_SECRET, name="x", value=secret, where=Place("environment"), source="code"
    )
    try:
        seen = Observed(now_s=1, contracts=CONTRACTS, settings=[setting])
        result = look(name, seen)
    finally:
        del CHECKS._items[name]

    assert secret not in str(result)
    assert "app_secret sha256:" in result.findings[0].what
