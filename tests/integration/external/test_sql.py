"""Capabilities read from a SQLite database, which reading never changes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.support.programs import make_subject

from tts_chaos.subjects.external import sql_call
from tts_chaos.subjects.external.failures import QueryError, ShapeError

SCHEMA = """
pragma journal_mode = wal;
create table orders (id text, status text);
create table lines (id text, order_id text, sku_id text);
create table stock (sku_id integer, quantity integer);
insert into orders values ('1', 'UNPAID'), ('2', 'COMPLETED');
insert into lines values ('a', '1', '7'), ('b', '1', '8');
insert into stock values (7, 3), (8, 0);
"""


def _ask(folder: Path, name: str, query: str) -> Any:
    configuration = (
        f"[integration.capabilities.{name}]\nsql = '''{query}'''\n"
        'database = "sqlite:{workspace}/shop.db"\n'
    )
    subject = make_subject(folder, configuration)
    with subject:
        return subject.call(name, {})


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database that its program has open."""
    file = tmp_path / "work" / "shop.db"
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(SCHEMA)
    return file


def test_stock_by_sku(tmp_path: Path, database: Path) -> None:
    assert _ask(tmp_path, "stock", "select sku_id, quantity from stock") == [
        {"sku_id": "7", "quantity": 3},
        {"sku_id": "8", "quantity": 0},
    ]


LINES = [{"id": "a", "sku_id": "7"}, {"id": "b", "sku_id": "8"}]
JOINED = """select o.id, o.status, l.id as line_id, l.sku_id
            from orders o left join lines l on l.order_id = o.id order by o.id, l.id"""
IN_A_COLUMN = """select id, status, (select json_group_array(json_object('id', l.id,
                 'sku_id', l.sku_id)) from lines l where l.order_id = o.id) as lines
                 from orders o order by id"""


@pytest.mark.parametrize("query", [JOINED, IN_A_COLUMN])
def test_orders_with_their_lines(tmp_path: Path, database: Path, query: str) -> None:
    assert _ask(tmp_path, "orders", query) == [
        {"id": "1", "status": "UNPAID", "lines": LINES},
        {"id": "2", "status": "COMPLETED", "lines": []},
    ]


REFUSED = {
    "no such table": ("stock", "select * from nowhere", QueryError, "no such table: nowhere"),
    "other columns": (
        "stock",
        "select 1 as sku, 2 as n",
        ShapeError,
        "expected the columns sku_id",
    ),
    "several rows": ("health", "select 'ok' as status from stock", ShapeError, "one row, got 2"),
    "a write in a query": (
        "stock",
        "with a as (select 1) insert into stock select 1, 1 from a",
        QueryError,
        "not authorized|readonly",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_query_of_no_use_is_named(tmp_path: Path, database: Path, case: str) -> None:
    name, query, kind, told = REFUSED[case]
    before = database.read_bytes()

    with pytest.raises(kind, match=told):
        _ask(tmp_path, name, query)

    assert database.read_bytes() == before


def test_a_database_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"there is no database .*shop\.db yet"):
        _ask(tmp_path, "stock", "select sku_id, quantity from stock")

    assert list((tmp_path / "work").iterdir()) == []


def test_a_query_without_end_ends(
    tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_call, "LONGEST_S", 0.2)
    endless = (
        "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
    )

    with pytest.raises(QueryError, match=r"not done after 0\.2 s"):
        _ask(tmp_path, "stock", endless)
