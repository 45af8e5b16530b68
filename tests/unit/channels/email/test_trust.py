"""Who is believed about a sender, and what a forged field achieves."""

import pytest

from channels.email.parsing.trust import Doubt, judge

TRUSTED = ("mx.google.com",)
ANNA = ("anna@home.example",)
PASS = (
    "mx.google.com; dkim=pass header.i=@home.example; dmarc=pass (p=NONE) header.from=home.example"
)


FAIL = "dmarc=fail header.from=home.example"
FORGED = "dmarc=pass header.from=home.example"


@pytest.mark.parametrize(
    "told",
    [
        # What the trusted server repeats of a stranger: the sender of the envelope, its name.
        f'spf=pass smtp.mailfrom="x; {FORGED}"@evil.example',
        f'spf=pass smtp.mailfrom="x\\"; {FORGED}; y=\\""@evil.example',
        f"spf=pass (x; {FORGED}) smtp.mailfrom=e@evil.example",
        f"spf=pass (x \\); {FORGED}; y=\\( z) smtp.mailfrom=e@evil.example",
        f"spf=pass {'(' * 9}; {FORGED} ;{')' * 9} smtp.mailfrom=e@evil.example",
        f'spf=pass smtp.helo = "x; {FORGED}"',
    ],
)
def test_nothing_a_stranger_is_quoted_with_is_a_check(told: str) -> None:
    assert judge([f"mx.google.com; {told}; {FAIL}"], ANNA, TRUSTED).doubt is Doubt.FAILED
    # Left open, it swallows what follows, and proves nothing.
    unclosed = f'mx.google.com; spf=pass smtp.mailfrom="x; {FORGED}'
    assert judge([unclosed], ANNA, TRUSTED).doubt is Doubt.NOT_CHECKED


def test_a_field_without_end_is_read_in_linear_time() -> None:
    for text in ("(" * 10**6, '"\\' * 10**6, "a=" * 10**6, "; " * 10**6, " = " * 10**6):
        assert judge([f"mx.google.com; {text}"], ANNA, TRUSTED).doubt is Doubt.NOT_CHECKED


@pytest.mark.parametrize(
    ("results", "authors", "trusted", "doubt"),
    [
        ([PASS], ANNA, TRUSTED, Doubt.NONE),
        ([PASS], ANNA, (), Doubt.NO_TRUSTED_SERVER),
        ([], ANNA, TRUSTED, Doubt.NOT_CHECKED),
        ([PASS.replace("mx.google.com", "mx.evil.example")], ANNA, TRUSTED, Doubt.NOT_CHECKED),
        (
            ["mx.google.com; dmarc=fail header.from=home.example", PASS],
            ANNA,
            TRUSTED,
            Doubt.FAILED,
        ),
        (["mx.google.com; spf=pass", PASS], ANNA, TRUSTED, Doubt.NOT_CHECKED),
        (
            ['mx.google.com 1 ; dmarc = pass header.from = "home.example"'],
            ANNA,
            TRUSTED,
            Doubt.NONE,
        ),
        (["mx.google.com; dmarc=none"], ANNA, TRUSTED, Doubt.NO_POLICY),
        ([PASS], ("anna@bank.example",), TRUSTED, Doubt.OTHER_DOMAIN),
        ([PASS], (*ANNA, "boss@home.example"), TRUSTED, Doubt.SEVERAL_SENDERS),
        ([PASS], (), TRUSTED, Doubt.SEVERAL_SENDERS),
        (
            ["mx.google.com; x=y (dmarc=pass header.from=home.example)"],
            ANNA,
            TRUSTED,
            Doubt.NOT_CHECKED,
        ),
        (["spf=pass; dmarc=pass action=none header.from=home.example"], ANNA, ("-",), Doubt.NONE),
        (["spf=pass; dmarc=pass header.from=home.example"], ANNA, TRUSTED, Doubt.NOT_CHECKED),
    ],
)
def test_verdicts(
    results: list[str], authors: tuple[str, ...], trusted: tuple[str, ...], doubt: Doubt
) -> None:
    assert judge(results, authors, trusted).doubt is doubt
