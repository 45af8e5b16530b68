"""Several statements become one, each with its own values in its own places."""

from hub.db import rows
from hub.db.rows import Query


def test_one_statement_stays_what_it_is() -> None:
    one = Query("UPDATE a SET x = :x WHERE y = :y")
    assert rows._joined((one,)) == one.sql


def test_values_are_numbered_throughout() -> None:
    first = Query("UPDATE a SET x = :x, z = :x WHERE y = CAST(:y AS uuid)")
    second = Query("DELETE FROM b")
    third = Query("INSERT INTO c SELECT :x, :w")
    assert rows._joined((first, second, third)) == (
        "WITH part1 AS (UPDATE a SET x = $1, z = $1 WHERE y = CAST($2 AS uuid)),"
        " part2 AS (DELETE FROM b)"
        " INSERT INTO c SELECT $3, $4"
    )
    assert [*first.names, *second.names, *third.names] == ["x", "y", "x", "w"]


def test_more_than_nine_values_keep_apart() -> None:
    many = Query("SELECT " + ", ".join(f":v{n}" for n in range(11)))
    joined = rows._joined((many, many))
    assert joined.endswith("$20, $21, $22")
    assert "$10, $11)" in joined
