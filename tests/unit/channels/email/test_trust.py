"""Who is believed about a sender, and what a forged field achieves."""

import pytest

from channels.email.trust import Doubt, judge

TRUSTED = ("mx.google.com",)
ANNA = ("anna@home.example",)
PASS = (
    "mx.google.com; dkim=pass header.i=@home.example; dmarc=pass (p=NONE) header.from=home.example"
)


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
