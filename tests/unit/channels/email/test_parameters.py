"""Names of files and the like: RFC 2231 and what is sent instead of it."""

import pytest

from channels.email.parsing.parameters import parse


@pytest.mark.parametrize(
    ("field", "filename"),
    [
        ('attachment; filename="a.pdf"', "a.pdf"),
        ("attachment; filename=a.pdf", "a.pdf"),
        ("attachment; filename=my report.pdf; size=3", "my report.pdf"),
        ('attachment; filename="a;b.pdf"', "a;b.pdf"),
        ('attachment; filename="say \\"hi\\".pdf"', 'say "hi".pdf'),
        ('attachment; filename="unclosed.pdf', "unclosed.pdf"),
        ('attachment; filename="unclosed.pdf; size=3', "unclosed.pdf"),
        ("attachment; filename*=UTF-8''%D1%81%D1%87%D1%91%D1%82.pdf", "счёт.pdf"),
        ("attachment; filename*0*=UTF-8''%D1%81%D1%87; filename*1*=%D1%91%D1%82.pdf", "счёт.pdf"),
        ("attachment; filename*1*=%D1%91%D1%82.pdf; filename*0*=UTF-8''%D1%81%D1%87", "счёт.pdf"),
        ("attachment; filename*0*=UTF-8''%D1%81%D1; filename*1*=%87%D1%91%D1%82", "счёт"),
        ('attachment; filename*0="long na"; filename*1="me.pdf"', "long name.pdf"),
        ("attachment; filename*0*=UTF-8''%D1%81; filename*1=\".pdf\"", "с.pdf"),
        ("attachment; filename=\"x.pdf\"; filename*=utf-8''y.pdf", "y.pdf"),
        ('attachment; filename="=?utf-8?B?0YHRh9GR0YIucGRm?="', "счёт.pdf"),
        ("attachment; filename==?utf-8?B?0YHRh9GR0YIucGRm?=", "счёт.pdf"),
        ('attachment; filename="=?utf-8?B?0YHR?=\r\n =?utf-8?B?h9GR0YIucGRm?="', "счёт.pdf"),
        ("attachment; filename=\"utf-8''%D1%81.pdf\"", "с.pdf"),
        ("attachment; filename*=windows-1251''%F1%F7%B8%F2.pdf", "счёт.pdf"),
        ("attachment; FileName = a.pdf ;", "a.pdf"),
        ('attachment;; filename="a.pdf";', "a.pdf"),
        ('attachment; filename="a\r\n\tb.pdf"', "ab.pdf"),
        ('attachment; filename=""', ""),
        ("attachment", ""),
        ("", ""),
    ],
)
def test_a_files_name_is_found(field, filename):
    assert parse(field).get("filename") == filename


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text/plain; charset=utf-8", "text/plain"),
        ("TEXT/HTML", "text/html"),
        (' "text/html" ; a=b', "text/html"),
        ("text/plain charset=utf-8", "text/plain charset=utf-8"),
    ],
)
def test_the_value_stands_before_the_parameters(field, value):
    assert parse(field).value == value
