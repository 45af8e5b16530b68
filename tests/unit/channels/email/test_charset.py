"""Bytes and labels, told apart when they contradict each other."""

import pytest

from channels.email.parsing import charset

RUSSIAN = "Здравствуйте, когда будет мой заказ?"


@pytest.mark.parametrize(
    ("raw", "label", "text"),
    [
        (RUSSIAN.encode("cp1251"), "windows-1251", RUSSIAN),
        (RUSSIAN.encode("cp1251"), "CP-1251", RUSSIAN),
        (RUSSIAN.encode("koi8-r"), "koi8-r", RUSSIAN),
        (RUSSIAN.encode("cp866"), "ibm866", RUSSIAN),
        ("中國龍".encode("gb18030"), "gb2312", "中國龍"),
        ("똠방각하".encode("cp949"), "ks_c_5601-1987", "똠방각하"),
        ("①日本".encode("iso2022_jp_ext", "replace"), "iso-2022-jp-ms", "?日本"),
        ("～①".encode("cp932"), "shift_jis", "～①"),
        ("“quoted”".encode("cp1252"), "iso-8859-1", "“quoted”"),
        ("ı ş".encode("cp1254"), "iso-8859-9", "ı ş"),
        # the label is wrong: valid UTF-8 is no accident
        (RUSSIAN.encode(), "us-ascii", RUSSIAN),
        (RUSSIAN.encode(), "windows-1251", RUSSIAN),
        (RUSSIAN.encode(), "iso-8859-1", RUSSIAN),
        # a default label over another alphabet
        (RUSSIAN.encode("cp1251"), "iso-8859-1", RUSSIAN),
        (RUSSIAN.encode("cp1251"), "utf-8", RUSSIAN),
        # no label, or none that is one
        (RUSSIAN.encode("cp1251"), None, RUSSIAN),
        (RUSSIAN.encode("koi8-r"), "x-unknown", RUSSIAN),
        (RUSSIAN.encode(), "hex", RUSSIAN),
        (RUSSIAN.encode(), "no such charset \x00", RUSSIAN),
        ("naïve".encode(), "unicode-1-1-utf-7", "naïve"),
        (RUSSIAN.encode("utf-16-le"), "utf-16le", RUSSIAN),
        (RUSSIAN.encode("utf-16-be"), "UTF-16BE", RUSSIAN),
        # a file's name alone: words of nothing but bytes beyond ASCII are Cyrillic
        (b'name="' + "Счёт.pdf".encode("cp1251") + b'"', None, 'name="Счёт.pdf"'),
        (b'name="' + "Été à Nîmes".encode("cp1252") + b'"', None, 'name="Été à Nîmes"'),
        (b'name="' + "Grüße.pdf".encode("cp1252") + b'"', None, 'name="Grüße.pdf"'),
        # marks, nothing, damage
        (b"\xef\xbb\xbfhello", "iso-8859-1", "hello"),
        ("hello".encode("utf-16"), "utf-8", "hello"),
        (b"a\x00b", "utf-8", "ab"),
        (RUSSIAN[:-1].encode()[:-1], "utf-8", RUSSIAN[:-1]),
        (b"plain", "cp037", "plain"),
        (b"", "utf-8", ""),
    ],
)
def test_text_reads_as_it_was_meant(raw, label, text):
    decoded = charset.decode(raw, label)
    assert decoded.replace("\ufffd", text[-1:]) == text


def test_a_damaged_byte_costs_one_character():
    raw = RUSSIAN.encode().replace("б".encode(), b"\xff\xd0")
    assert charset.decode(raw, "utf-8").count("\ufffd") in {1, 2}


def test_the_mails_own_charset_is_preferred_to_a_guess():
    assert charset.decode("Ќова".encode("cp1251"), None, "windows-1251") == "Ќова"
