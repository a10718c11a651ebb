"""The doctor sees every number that no longer adds up, and says which."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from api.inventory import queries
from api.platform.db import db
from tests.support.stock import allocated, goods, held


def test_a_sound_shop_is_told_so(app: Flask) -> None:
    mug = goods("MUG", 5, threshold=4)
    allocated({mug: 1})
    held({mug: 1})

    result = app.test_cli_runner().invoke(args=["stock-doctor"])

    assert result.exit_code == 0
    assert result.output.startswith("Stock adds up")


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (
            "UPDATE stock_levels SET on_hand = 9",
            [
                "MUG at MAIN: on_hand by the journal is 9, should be 5",
                "MUG at MAIN: low mark is 1, should be 0",
            ],
        ),
        (
            "UPDATE stock_levels SET allocated = 0",
            [
                "MUG at MAIN: allocated by the journal is 0, should be 2",
                "MUG at MAIN: allocated is 0, should be 2",
                "MUG at MAIN: low mark is 1, should be 0",
            ],
        ),
        (
            "DELETE FROM stock_holds",
            ["MUG at MAIN: reserved is 1, should be 0"],
        ),
        (
            "UPDATE stock_allocations SET quantity = 1",
            ["MUG at MAIN: allocated is 2, should be 1"],
        ),
        (
            "UPDATE stock_levels SET below_threshold = false",
            ["MUG at MAIN: low mark is 0, should be 1"],
        ),
        (
            "UPDATE variants SET in_stock = false",
            ["MUG: in_stock mark is 0, should be 1"],
        ),
    ],
)
def test_each_kind_of_damage_is_seen(app: Flask, damage: str, found: list[str]) -> None:
    mug = goods("MUG", 5, threshold=3)
    allocated({mug: 2})
    held({mug: 1})
    assert queries.differences() == []

    hurt(damage)

    assert [str(difference) for difference in queries.differences()] == found
    result: Any = app.test_cli_runner().invoke(args=["stock-doctor"])
    assert result.exit_code == 1
    assert result.output.splitlines()[0].split() == [
        "SKU", "LOCATION", "WHAT", "IS", "SHOULD", "BE",
    ]  # fmt: skip
    assert len(result.output.splitlines()) == 1 + len(found)


def hurt(statement: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(text(statement))
