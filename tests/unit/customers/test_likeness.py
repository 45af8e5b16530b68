"""What may be another spelling of the same, and what may not."""

import pytest

from hub.customers.addresses import normalise
from hub.customers.likeness import loose, loose_mail_of, other_spelling, same_name
from hub.customers.suggestions import WEIGHTS, Reason, score


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("anna+shop@example.com", "Anna@Example.com", True),
        ("a.n.n.a@gmail.com", "anna@googlemail.com", True),
        ("a.nna+x@gmail.com", "ANNA@gmail.com", True),
        # Only where the provider ignores them.
        ("a.nna@example.com", "anna@example.com", False),
        ("ivan.petrov@yandex.ru", "ivan-petrov@ya.ru", True),
        ("a_b.c@proton.me", "abc@pm.me", True),
        ("a_b@gmail.com", "ab@gmail.com", False),
        ("иван@пример.рф", "ИВАН@xn--e1afmkfd.xn--p1ai", True),
        ("straße@example.com", "strasse@example.com", False),
        ("+@example.com", "+x@example.com", False),
        ("...@gmail.com", "..@gmail.com", False),
    ],
)
def test_mail(one: str, other: str, alike: bool):
    mine, theirs = [loose("email", normalise("email", name)) for name in (one, other)]
    assert (mine == theirs) is alike
    assert loose_mail_of(other) == theirs


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("+54 9 11 2345-6789", "+54 11 2345-6789", True),
        ("+52 1 55 1234 5678", "+52 55 1234 5678", True),
        ("+55 11 91234-5678", "+55 11 1234-5678", True),
        ("8 (912) 345-67-89", "+7 912 345 67 89", True),
        ("+7 912 345 67 89", "+7 912 345 67 88", False),
        ("+44 20 7946 0958", "+44 20 7946 0959", False),
    ],
)
def test_telephones(one: str, other: str, alike: bool):
    mine, theirs = [loose("tel", normalise("tel", number)) for number in (one, other)]
    assert (mine == theirs) is alike


def test_only_another_spelling_is_kept():
    assert other_spelling("email", "anna@example.com") == ""
    assert other_spelling("email", "an.na@gmail.com") == "anna@gmail.com"
    assert other_spelling("telegram", "17") == ""
    assert loose_mail_of("not an address") == ""


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Анна Петрова", "петрова анна", True),
        ("Семён Орлов", "Семен Орлов", True),
        ("Anna Petrova", "Anna Petrowa", True),
        ("Anna Petrova", "Anna Petrov", True),
        ("Anna Petrova", "Anna Pavlova", False),
        ("Anna", "Anna", False),
        ("Anna Petrova", "Anna Maria Petrova", False),
        ("Ann Lee", "Ann Leo", False),
        ("", "", False),
    ],
)
def test_names(one: str, other: str, alike: bool):
    assert same_name(one, other) is alike
    assert same_name(other, one) is alike


def test_reasons_add_up_and_nothing_is_certain():
    names = Reason("similar-name", "Anna Petrova")
    assert score([names]) == 20
    assert score([names, names]) == 20
    assert score([names, Reason("same-address", "x")]) == 76
    assert score([Reason(kind, "") for kind in WEIGHTS]) == 95
