"""A file's type is told from its bytes; nothing a browser could run is ever named as such."""

import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.timeline.sniff import HEAD, TEXT, UNKNOWN, clean_name, content_type, shown_inline

PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def zipped(*names: str) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "content")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("head", "kind", "inline"),
    [
        (PNG, "image/png", True),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(50), "image/jpeg", True),
        (b"GIF89a\x01\x00\x01\x00\x00" + bytes(50), "image/gif", True),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(50), "image/webp", True),
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3", "application/pdf", True),
        (b"%PDF-1.4\nonly ascii", "application/pdf", True),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(50), "video/mp4", True),
        (b"OggS\x00\x02" + bytes(50), "audio/ogg", True),
        (b"ID3\x03\x00\x00\x00\x00\x00\x00" + bytes(50), "audio/mpeg", True),
        (zipped("[Content_Types].xml", "word/document.xml"), DOCX, False),
        (zipped("notes.txt"), "application/zip", False),
        (b"", UNKNOWN, False),
        (b"\x00\x01\x02", UNKNOWN, False),
        ("Здравствуйте".encode(), TEXT, False),
        (b"BMW, not a picture", TEXT, False),
        (b"BM\x00\x01 two bytes prove nothing", UNKNOWN, False),
        (b"GIF89a says a text", TEXT, False),
        (b"<!DOCTYPE html><script>alert(1)</script>", TEXT, False),
        (b"<html>" + "привет".encode("cp1251"), UNKNOWN, False),
        ("<html><script>".encode("utf-16"), UNKNOWN, False),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">', TEXT, False),
        (b'<?xml version="1.0"?><svg>\x00', UNKNOWN, False),
        (b'\xef\xbb\xbf<?xml version="1.0"?>', TEXT, False),
        (b"#!/bin/sh\nrm -rf /", TEXT, False),
        (b"MZ\x90\x00\x03\x00\x00\x00", "application/vnd.microsoft.portable-executable", False),
        (b"OggS\x00\x02" + bytes(22) + b"\x80theora", "video/ogg", True),
        (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(50), "audio/wav", True),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "video/webm", True),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "application/x-7z-compressed", False),
    ],
)
def test_types(head: bytes, kind: str, inline: bool) -> None:
    assert content_type(head) == kind
    assert shown_inline(content_type(head)) is inline


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_no_bytes_are_a_page_or_a_script(tail: bytes) -> None:
    for start in (b"", b"<html>", b"<svg ", b"<?xml ", b"#!", b"\xff\xfe<\x00", b"%!PS", b"FWS"):
        kind = content_type(start + tail)
        assert kind.isascii()
        assert "/" in kind
        for word in ("html", "svg", "xml", "script"):
            assert word not in kind.replace("openxmlformats", "")


def test_text_cut_inside_a_character_is_still_text() -> None:
    assert content_type(("ё" * HEAD).encode()[: HEAD - 1]) == TEXT


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Анна\\отчёт.docx", "отчёт.docx"),
        ("a\r\nSet-Cookie: x", "aSet-Cookie: x"),
        ("\u202egpj.exe", "gpj.exe"),
        ("...", "file"),
        ("", "file"),
        ("\x00", "file"),
        ("folder/", "file"),
        (" trailing. ", "trailing"),
        ("\udcff.txt", "txt"),
    ],
)
def test_names(name: str, clean: str) -> None:
    assert clean_name(name) == clean


@given(st.text(max_size=600))
def test_any_name_becomes_a_short_printable_one(name: str) -> None:
    clean = clean_name(name)
    assert 0 < len(clean) <= 255
    assert "/" not in clean
    assert "\\" not in clean
    clean.encode()
    assert clean_name(clean) == clean


def test_a_long_name_keeps_its_ending() -> None:
    assert clean_name("я" * 400 + ".jpeg") == "я" * 250 + ".jpeg"
