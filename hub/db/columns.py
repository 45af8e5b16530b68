"""How a batch's columns travel: one by one, or once when all rows agree.

asyncpg spends about a microsecond on every array element, whatever it holds, and most columns of a
batch hold one value throughout. Statements read such a column as `coalesce(row.kind, :kind_all)`:
`unnest` fills the shorter array with nulls. At least one column must come in full (the ids do).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple


def column(name: str, values: Sequence[object]) -> dict[str, object]:
    """The parameters `name` and `{name}_all` for one column of a batch."""
    first = values[0] if values else None
    # Thirty columns of five hundred rows: most that differ do so at their ends, and what does not
    # is counted without a loop of Python's.
    if not values or (values[-1] == first and values.count(first) == len(values)):
        return {name: [], f"{name}_all": first}
    return {name: list(values), f"{name}_all": None}


def by_field(rows: Sequence[NamedTuple]) -> dict[str, tuple[Any, ...]]:
    """The values of each field of rows of one kind, of which there is at least one."""
    return dict(zip(rows[0]._fields, zip(*rows, strict=True), strict=True))
