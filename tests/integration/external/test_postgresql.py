"""Capabilities read from a real PostgreSQL server, and its tables searched for secrets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import postgres
from tests.support.programs import make_subject, server_configuration

from tts_chaos.core.secrets import SecretBook
from tts_chaos.subjects.external import postgresql, sql_call
from tts_chaos.subjects.external.failures import QueryError, ShapeError

psycopg = pytest.importorskip("psycopg", reason=postgresql.HOW_TO_GET)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(postgres.why_missing()), reason=postgres.why_missing() or "it is here"),
]

SCHEMA = """
create schema shop;
create table orders (id text primary key, status text, total_amount numeric(12, 2),
                     placed timestamptz, note jsonb);
create table lines (id bigint, order_id text references orders, sku_id bigint);
create table stock (sku_id bigint, quantity integer);
create table shop.tokens (name text, value bytea, old text[]);
create table shop."odd ""name" ("select" text);
insert into orders values
  ('1', 'UNPAID', 12.50, '2026-01-02 03:04:05+00', '{"gift": true}'),
  ('2', 'COMPLETED', 0.10, null, null);
insert into lines values (11, '1', 7), (12, '1', 8);
insert into stock values (7, 3), (8, 0);
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres.server() as url:
        with psycopg.connect(url) as connection:
            connection.execute(SCHEMA)
        yield url


def _ask(folder: Path, url: str, name: str, query: str) -> Any:
    configuration = (
        f"[integration.capabilities.{name}]\nsql = '''{query}'''\ndatabase = \"{url}\"\n"
    )
    with make_subject(folder, configuration) as subject:
        return subject.call(name, {})


def test_stock_by_sku(tmp_path: Path, url: str) -> None:
    assert _ask(tmp_path, url, "stock", "select sku_id, quantity from stock order by 1") == [
        {"sku_id": "7", "quantity": 3},
        {"sku_id": "8", "quantity": 0},
    ]


LINES = [{"id": "11", "sku_id": "7"}, {"id": "12", "sku_id": "8"}]
JOINED = """select o.id, o.status, o.total_amount, l.id::text as line_id, l.sku_id::text as sku_id
            from orders o left join lines l on l.order_id = o.id order by o.id, l.id"""
IN_A_COLUMN = """select id, status, total_amount, coalesce((select json_agg(json_build_object(
                 'id', l.id::text, 'sku_id', l.sku_id::text) order by l.id) from lines l
                 where l.order_id = o.id), '[]') as lines from orders o order by id"""


@pytest.mark.parametrize("query", [JOINED, IN_A_COLUMN])
def test_orders_with_their_lines_and_exact_amounts(tmp_path: Path, url: str, query: str) -> None:
    assert _ask(tmp_path, url, "orders", query) == [
        {"id": "1", "status": "UNPAID", "total_amount": "12.50", "lines": LINES},
        {"id": "2", "status": "COMPLETED", "total_amount": "0.10", "lines": []},
    ]


def test_every_type_becomes_plain(tmp_path: Path, url: str) -> None:
    (row,) = _ask(
        tmp_path,
        url,
        "shipments",
        "select id as order_id, placed, note, 1.5::float8 as weight, null as parcel, true as sent, "
        "'\\x6869'::bytea as label, array[gen_random_uuid()] as parts, date '2026-01-02' as day "
        "from orders where id = '1'",
    )

    assert row["placed"] == "2026-01-02T03:04:05+00:00"
    assert (row["label"], row["day"], len(row["parts"][0])) == ("hi", "2026-01-02", 36)
    assert {key: row[key] for key in ("order_id", "note", "weight", "parcel", "sent")} == {
        "order_id": "1",
        "note": {"gift": True},
        "weight": 1.5,
        "parcel": None,
        "sent": True,
    }


REFUSED = {
    "no such table": ("stock", "select * from nowhere", QueryError, "nowhere.*does not exist"),
    "no such function": ("stock", "select f(1)", QueryError, "function f.*does not exist"),
    "other columns": (
        "stock",
        "select 1 as sku, 2 as n",
        ShapeError,
        "expected the columns sku_id",
    ),
    "several rows": ("health", "select 'ok' as status from stock", ShapeError, "one row, got 2"),
    "a write in a query": (
        "stock",
        "with a as (insert into stock values (9, 9) returning *) select * from a",
        QueryError,
        "read-only transaction",
    ),
    "a function that writes": (
        "stock",
        "select nextval('counted') as sku_id, 1 as quantity",
        QueryError,
        "read-only transaction",
    ),
    "a second statement": (
        "stock",
        "select 1 as sku_id, 1 as quantity; commit; drop table stock",
        QueryError,
        "multiple commands",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_query_of_no_use_is_named_and_changes_nothing(
    tmp_path: Path, url: str, case: str
) -> None:
    name, query, kind, told = REFUSED[case]
    with psycopg.connect(url) as connection:
        connection.execute("create sequence if not exists counted")

    with pytest.raises(kind, match=told):
        _ask(tmp_path, url, name, query)

    with psycopg.connect(url) as connection:
        assert connection.execute("select count(*) from stock").fetchone() == (2,)
        assert connection.execute("select is_called from counted").fetchone() == (False,)


def test_a_query_without_end_ends(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_call, "LONGEST_S", 0.2)

    with pytest.raises(QueryError, match="statement timeout"):
        _ask(tmp_path, url, "stock", "select pg_sleep(60)")


def test_too_many_rows_are_refused(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_call, "MOST_ROWS", 10)

    with pytest.raises(QueryError, match="more than 10 rows"):
        _ask(tmp_path, url, "shipments", "select n as order_id from generate_series(1, 11) n")


def test_a_server_that_is_not_there_and_a_database_that_is_not_are_told(
    tmp_path: Path, url: str
) -> None:
    with pytest.raises(QueryError, match=r"PostgreSQL: .*refused"):
        _ask(tmp_path, "postgresql://127.0.0.1:1/none", "stock", "select 1")
    with pytest.raises(QueryError, match='database "none" does not exist'):
        _ask(tmp_path, url.replace("/postgres", "/none"), "stock", "select 1")


# -- secrets --------------------------------------------------------------------------------------

SECRET = "TTS_canary_0123456789abcdef"
PLACES = {
    "text": "insert into shop.tokens values (%s, null, null)",
    "bytes": "insert into shop.tokens values ('x', convert_to(%s, 'UTF8'), null)",
    "a list": "insert into shop.tokens values ('x', null, array['a', %s])",
    "inside JSON": "update orders set note = jsonb_build_object('token', %s::text) where id = '2'",
    "a table with an odd name": 'insert into shop."odd ""name" values (%s)',
}


@contextlib.contextmanager
def _holding(url: str, statement: str, secret: str) -> Iterator[None]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement, [secret], prepare=False)
        yield
        connection.execute("delete from shop.tokens")
        connection.execute('delete from shop."odd ""name"')
        connection.execute("update orders set note = null where id = '2'")


def _leaks(folder: Path, configuration: str) -> list[str]:
    book = SecretBook()
    book.add(SECRET, "access-token")
    with make_subject(folder, configuration) as subject:
        return [piece.source for piece in subject.written() if book.find(piece.text)]


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_found_in_a_database_that_is_read(tmp_path: Path, url: str, place: str) -> None:
    configuration = (
        "[integration.capabilities.stock]\nsql = 'select sku_id, quantity from stock'\n"
        f'database = "{url}"\n'
    )
    with _holding(url, PLACES[place], SECRET):
        found = _leaks(tmp_path, configuration)

    assert len(found) == 1
    assert found[0].startswith("PostgreSQL table ")
    assert _leaks(tmp_path, configuration) == []


def test_a_secret_is_found_in_a_database_that_is_only_named(tmp_path: Path, url: str) -> None:
    configuration = server_configuration(
        'health = "GET /health"', rest=f'[integration.search]\ndatabases = ["{url}"]'
    )
    with _holding(url, PLACES["text"], SECRET):
        found = _leaks(tmp_path, configuration)

    assert found == ["PostgreSQL table shop.tokens"]
