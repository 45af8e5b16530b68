"""Encoded words, whole and broken in the ways that arrive."""

import pytest

from channels.email.parsing import words


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("=?utf-8?B?0J/RgNC40LLQtdGC?=", "Привет"),
        ("=?UTF-8?q?Hello=2C_W=C3=B6rld?=", "Hello, Wörld"),
        ("=?koi8-r?B?8NLJ18XU?= all", "Привет all"),
        ("=?windows-1251?Q?=CF=F0=E8=E2=E5=F2?=", "Привет"),
        # white space between two words belongs to neither, to one it does
        ("=?utf-8?Q?a?=\r\n =?utf-8?Q?b?=", "ab"),
        ("=?utf-8?Q?a?= b", "a b"),
        # a character split between two words
        ("=?utf-8?B?0J/R?= =?utf-8?B?gNC40LLQtdGC?=", "Привет"),
        ("=?utf-8?Q?=D0?= =?utf-8?Q?=9F?=", "П"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?gb2312?B?xOO6ww==?=", "你好"),
        ("=?utf-8*en?Q?Hello?=", "Hello"),
        # broken: blanks inside, no end, no padding, a question mark, an inner end too early
        ("=?utf-8?Q?Hello World?=", "Hello World"),
        ("=?utf-8?Q?Hello_Wor", "Hello Wor"),
        ("=?utf-8?B?0J/RgNC40LLQtdGC", "Привет"),
        ("=?utf-8?B?0J/RgNC40LLQtdG?=", "Приве\ufffd"),
        ("=?utf-8?Q?What's up??= ok", "What's up? ok"),
        ("=?utf-8?Q?=41=42?=", "AB"),
        ("Re:=?utf-8?Q?_a?=b", "Re: ab"),
        # a charset nobody knows, one that lies
        ("=?x-unknown?Q?caf=C3=A9?=", "café"),
        ("=?us-ascii?Q?caf=C3=A9?=", "café"),
        ("=?iso-8859-1?Q?=93caf=E9=94?=", "“café”"),
        # encoded twice
        ("=?utf-8?Q?=3D=3Futf-8=3FB=3F0J/RgNC40LLQtdGC=3F=3D?=", "Привет"),
        # no words at all
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("2 =? 3", "2 =? 3"),
        ("", ""),
        ("a\r\n\tb  c", "a b c"),
    ],
)
def test_a_field_reads_as_it_was_meant(raw, text):
    assert words.text(raw) == text
