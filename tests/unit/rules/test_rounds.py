"""Those of one customer fire one after the other, all others together."""

from uuid import UUID

from hub.rules.firing import rounds

ANN, BOB, EVE = UUID(int=1), UUID(int=2), UUID(int=3)


def test_in_no_round_a_customer_comes_twice() -> None:
    assert rounds([ANN, BOB, ANN, EVE, ANN, BOB]) == [[0, 1, 3], [2, 5], [4]]


def test_everybody_once_is_one_round_in_the_order_of_deadlines() -> None:
    assert rounds([EVE, ANN, BOB]) == [[0, 1, 2]]
    assert rounds([]) == []
