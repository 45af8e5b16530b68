"""Where a signature begins: the marks of RFC 3676 4.3, and the lines that devices add."""

import re

_STANDARD = re.compile(r"^-- $|^--\s*$")
_RULE = re.compile(r"^\s?(?:––? ?|— ?|_{2,} ?|-{3,8} ?)$")
_LONGEST = 8
_DEVICE = re.compile(
    r"^\W*(?:"
    r"(?:sent|get|written|composed) (?:from|via|with|using|by|on) (?:my |the |your )?\[?(?:mobile"
    r"|phone"
    r"|iphone|ipad|ipod|ios|android|samsung|galaxy|huawei|xiaomi|pixel|nokia|blackberry|htc|sony"
    r"|windows|mail for windows|outlook|yahoo|proton|aol|gmail|mail\.ru|yandex|tutanota|tuta|spark"
    r"|airmail|mailbox|sparrow|t-mobile|verizon|lg|moto|motorola|oneplus|zoho|hey|fastmail|myMail"
    r"|blue|nine|thunderbird|k-9|fairemail|canary|newton|a mobile|mail\.com|gmx|web\.de)\b.{0,100}"
    r"|sent from my [^,.]{1,40}|sent (?:from|via|with|using) .{1,40}<https?://\S{1,200}>"
    r"|get outlook for .{0,60}|download outlook .{0,60}|sent from (?:outlook|mail|yahoo).{0,100}"
    r"|sent (?:from|via|with|by) .{0,40}(?:iphone|ipad|android|phone|mobile|device|blackberry"
    r"|smartphone|handheld|tablet|email app|mail app).{0,60}"
    r"|(?:отправлено|отправлен|послано|написано) (?:с|со|из|через|от) .{0,80}"
    r"|(?:получите|получить|загрузить|скачать|изтеглете|вземете|завантажити|отримати) outlook"
    r" .{0,60}|get bluemail for .{0,60}"
    r"|изпратено (?:от|с|чрез|през) .{0,80}|надіслано (?:з|із|від) .{0,80}"
    r"|(?:von meinem .{1,60}|mit (?:der|meinem) .{1,60}) gesendet.{0,40}"
    r"|gesendet (?:von|mit|über|aus) .{0,80}|diese nachricht wurde (?:von"
    r"|mit) .{0,60} gesendet.{0,20}"
    r"|(?:outlook für (?:ios|android)|laden sie outlook|holen sie sich outlook)"
    r"[ <].{0,80}"
    r"|envoy[eé](?:e)? (?:de|depuis|avec|à partir|via) .{0,80}|t[eé]l[eé]charger outlook .{0,60}"
    r"|obtenir outlook .{0,60}|provenance : .{0,60}"
    r"|enviado (?:desde|de|do|a partir|con|via|pelo) .{0,80}|obtener outlook .{0,60}"
    r"|inviato (?:da|dal|con|tramite) .{0,80}|scarica outlook .{0,60}|ottieni outlook .{0,60}"
    r"|verzonden (?:vanaf|met|van|via) .{0,80}|verstuurd (?:vanaf|met) .{0,80}"
    r"|skickat från .{0,60}|sendt fra .{0,60}|lähetetty .{0,60}|wysłane (?:z|ze|przez) .{0,60}"
    r"|odesláno z .{0,60}|odoslané z .{0,60}|trimis (?:de pe|din) .{0,60}|iphone'?umdan gönderildi"
    r"|(?:我的)?(?:从我的|发自我的|從我的|發自我的).{0,40}|(?:私の)?iphoneから送信"
    r"|나의 iphone에서 보냄"
    r"|envoyé de mon .{0,60}"
    r")\W*$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^(?:(?:with )?(?:kind|best|warm|kindest|warmest|many)? ?regards|best wishes"
    r"|(?:yours )?sincerely"
    r"(?: yours)?|yours (?:truly|faithfully)|(?:mit )?(?:freundlichen?|besten?|lieben?|herzlichen?"
    r"|viele|sch[öo]ne) gr(?:ü|ue?)(?:ß|ss)en?|mfg|(?:bien )?cordialement|(?:bien"
    r"|tr[eè]s) [aà] vous"
    r"|meilleures salutations|(?:un )?(?:cordial )?saludos?(?: cordial(?:es)?)?|atentamente"
    r"|с (?:наилучшими )?(?:уважением|пожеланиями)|с уважение|(?:най-добри |сърдечни )?поздрави"
    r"|cordiali saluti|distinti saluti)\b[^\w]*(?:\S+\s?){0,3}$",
    re.IGNORECASE,
)
_LONGEST_CLOSING = 10
_SHORT = 7
"""Words of a line below a formula; a longer one is said to somebody, if it is no address."""
_LONG = 100
_CONTACT = re.compile(r"\d[\d ()/.-]{5,}\d|@|\bwww\.|https?://|\s\|\s|\b\d{5,6}\b")
"""A number to call, an address, a page: what stands on a business card."""
_POSTSCRIPT = re.compile(r"(?:p\.? ?s|п\.? ?с|з\.? ?ы|ps)\b", re.IGNORECASE)
_AFTER_DEVICE = 4
"""Non-empty lines that may follow a device's line: people sign below it now and then."""


def begins(lines: list[str], at: int) -> bool:
    """Whether a signature begins at `at`: below `-- `, or a short block below another rule."""
    line = lines[at].rstrip("\r")
    if _STANDARD.match(line):
        return True
    if not _RULE.match(line):
        return False
    # `---` is drawn between paragraphs too; a signature is short and stands last, right below.
    if not line.startswith("_") and not "".join(lines[at + 1 : at + 2]).strip():
        return False
    below = [other for other in lines[at + 1 : at + 40] if other.strip()]
    own = [other for other in below if not other.startswith(">")]
    return 0 < len(own) <= _LONGEST and all(len(other) <= 90 for other in own)


def is_device_line(line: str) -> bool:
    """`Sent from my iPhone` in any of its languages."""
    text = line.strip()
    # A sentence about where something was sent from goes on behind a comma.
    return 8 <= len(text) <= 160 and ", " not in text and bool(_DEVICE.match(text))


def ends(lines: list[str], at: int) -> bool:
    """Whether a device's line stands alone at `at`: clients write it right above the quote."""
    before = at == 0 or not lines[at - 1].strip()
    after = at + 1 >= len(lines) or not lines[at + 1].strip()
    return before and after and is_device_line(lines[at])


def without_closing(lines: list[str]) -> list[str]:
    """The lines less a closing formula and the lines of name, office and address below it."""
    seen = 0
    for at in range(len(lines) - 1, 0, -1):
        text = lines[at].strip()
        if not text:
            continue
        seen += 1
        if seen > _LONGEST_CLOSING or not _on_a_card(text):
            break
        if _CLOSING.match(text):
            return lines[:at] if any(line.strip() for line in lines[:at]) else lines
    return lines


def _on_a_card(text: str) -> bool:
    if len(text) > _LONG or text.endswith("?") or _POSTSCRIPT.match(text):
        return False
    return len(text.split()) <= _SHORT or bool(_CONTACT.search(text))


def without_device_line(lines: list[str]) -> list[str]:
    """The lines up to a device's line that stands at the end."""
    seen = 0
    for at in range(len(lines) - 1, -1, -1):
        if not lines[at].strip():
            continue
        if is_device_line(lines[at]):
            return lines[:at]
        seen += 1
        if seen >= _AFTER_DEVICE:
            break
    return lines
