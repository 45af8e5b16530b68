"""Which passwords are guessed first: nothing but common words, runs of keys, and one's own names.

NIST SP 800-63B, 5.1.1.2: compare with what is commonly used, with dictionary words, with repeated
and sequential characters, and with words of the context; demand no mixture of kinds of characters.
Passwords shorter than twelve never come here, so that a list of the commonest ones as they are
would hold little: what is compared is what they are made of.
"""

import re
from collections.abc import Iterable
from itertools import pairwise

ENOUGH = 6
"""Different letters and digits that have to be left when all that is common has been taken out."""

_COMMON = """
    password passwort passw0rd parola parol heslo motdepasse contrasena administrator admin root
    welcome letmein iloveyou trustno1 changeme default secret access login master superman batman
    dragon monkey princess sunshine football baseball basketball soccer shadow michael jennifer
    jordan charlie thomas daniel george jessica ashley killer hunter pepper ginger cookie summer
    winter spring autumn january february march april june july august september october november
    december monday tuesday wednesday thursday friday saturday sunday computer internet samsung
    google facebook microsoft windows android telegram whatever freedom starwars pokemon naruto
    liverpool arsenal chelsea barcelona juventus ferrari mercedes mustang corvette porsche
    lovely flower angel babygirl nothing hello qazwsx zaqwsx 1q2w3e4r 1qaz2wsx q1w2e3r4 qwe123
    company office support service customer test demo user guest temp operator besedka
    пароль админ привет любовь солнце наташа максим марина андрей сергей дмитрий александр
    москва россия спартак зенит динамо лето зима весна осень компьютер самсунг любимая люблю
    парола здравей обичам обичамте любов слънце софия българия левски цска мария иван георги
    лято пролет есен секретен компютър ghbdtn gfhjkm yfnfif
""".split()  # noqa: SIM905 - a hundred and fifty quoted words are harder to read
_LONGEST_FIRST = sorted(_COMMON, key=len, reverse=True)
_ROWS = (
    *("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm"),
    *("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"),
    *("1234567890", "уеишщксдфгз", "ьяаожгтнвмч"),
)
_NEXT = {
    (row[at], row[at + step])
    for row in _ROWS
    for step in (1, -1)
    for at in range(len(row))
    if 0 <= at + step < len(row)
}
_RUN = 3
_SPELLED = str.maketrans("@4310$57!", "aaeiosstl")
"""`p@$$w0rd` says password."""
_WORD = re.compile(r"[^\W_]{4,}")
_YEAR = re.compile(r"(?:19|20)\d\d")


def guessable(password: str, own: Iterable[str] = ()) -> bool:
    """Whether too little is left of it. `own`: names and addresses of whoever chooses it.

    Takes time in proportion to its length, which the caller bounds.
    """
    folded = password.casefold()
    words = [*sorted(_words(own), key=len, reverse=True), *_LONGEST_FIRST]
    return any(
        len(_left(spelled, words)) < ENOUGH for spelled in {folded, folded.translate(_SPELLED)}
    )


def _words(own: Iterable[str]) -> set[str]:
    return {word for one in own for word in _WORD.findall(one.casefold())}


def _left(folded: str, words: Iterable[str]) -> set[str]:
    """The different letters and digits that belong to nothing common."""
    for word in words:
        folded = folded.replace(word, " ")
    folded = _YEAR.sub(" ", folded)
    return {one for one in _without_runs(folded) if one.isalnum()}


def _without_runs(folded: str) -> str:
    """Without three or more keys that lie, or letters that stand, beside each other."""
    kept, run = "", folded[:1]
    for before, one in pairwise(folded):
        if one == before or (before, one) in _NEXT:
            run += one
            continue
        kept, run = kept + (run if len(run) < _RUN else " "), one
    return kept + (run if len(run) < _RUN else " ")
