"""In which encoding a file is that is not UTF-8: a guess, and whether it may be trusted.

`charset-normalizer` says which encodings the bytes may be in. Of short texts it cannot tell much,
so what comes out is looked at as well: a word has the letters of one language, and no signs between
them. Żółta read as Windows-1252 is `¯ó³ta`, and so is no word.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from unicodedata import name

from charset_normalizer import from_bytes

WINDOWS = "cp1252"
CANDIDATES = (
    *(WINDOWS, "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("iso8859_2", "cp932", "euc_jp", "gb18030", "big5", "cp949", "mac_roman"),
)
OF_TWO_BYTES = frozenset({"cp932", "euc_jp", "gb18030", "big5", "cp949"})
SAMPLE = 64 * 1024
NOISIER = 0.05
"""An encoding that makes so much more of a mess than the best one is not thought of."""

_WESTERN = (
    "äöüßàâçéèêëîïñôû",  # German, with what it borrows
    "àâæçéèêëîïôœùûüÿ",
    "áéíóúüñ",
    "áâãàçéêíóôõúü",
    "àèéìíîòóùú",
    "áéèêëïíóôöúü",  # Dutch
    "æøåéóòâôê",
    "åäöéàüáš",
    "áéíóúýþæöð",
    "àçéèíïóòúü",
    "áéíóúâêîôûàèìòù",
    "äõöüšž",
)
_CENTRAL = (
    "äöüß",
    "ąćęłńóśźż",
    "áčďéěíňóřšťúůýž",
    "áäčďéíĺľňóôŕšťúýž",
    "áéíóöőúüű",
    "ăâîșțşţ",
    "čćđšž",
)
_BALTIC = ("āčēģīķļņšūžõ", "ąčęėįšųūž", "äõöüšž")
_TURKISH = ("âçğıîöşüûi\u0307",)
_LATIN = {
    **dict.fromkeys((WINDOWS, "mac_roman"), _WESTERN),
    **dict.fromkeys(("cp1250", "iso8859_2"), _CENTRAL),
    **{"cp1257": _BALTIC, "cp1254": (*_TURKISH, "äöüß")},
}
"""The letters beyond a to z of the languages that are written in an encoding."""

_LETTER = r"[^\W\d_¹²³¼½¾ªº]"
_WORD = re.compile(rf"{_LETTER}*(?!\w(?<=[\x00-\x7f])){_LETTER}+")
# Signs that no word has in it; a word may end in one, as m² does.
_SIGN_IN_WORD = re.compile(
    rf"{_LETTER}[¹²³¼½¾¿¡¤¦§¬±¶ƒ†‡‰{{}}\x80-\x9f]+{_LETTER}|{_LETTER}[¯¨¸˛ˇ˘˙˝]|[¯¨¸˛ˇ˘˙˝]{_LETTER}"
    r"|[A-Za-z][\u0600-\u06ff]|[\u0600-\u06ff][A-Za-z]"
)
_CAPITAL_IN_WORD = re.compile(r"[^\W\d_A-Z]*[a-zß-öø-ÿα-ωа-я][À-ÖØ-ÞΑ-ΩА-Я]")
_TOGETHER = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "KATAKANA-HIRAGANA": "CJK"}


def guessed(content: bytes) -> tuple[str, bool]:
    """Return the encoding of bytes that are no UTF-8, and whether nothing else comes near it.

    Of several that all make sense the one that the library thinks likeliest is taken, Windows-1252
    before others, and is in doubt.
    """
    sample = b"\n".join(_foreign(content))[:SAMPLE]
    found = list(from_bytes(sample, cp_isolation=list(CANDIDATES)))
    texts = {match.encoding: str(match) for match in found}
    sound: dict[str, str] = {}
    for own in (WINDOWS, "mac_roman"):  # of which the library thinks little
        if own == WINDOWS or not sound:
            with suppress(UnicodeDecodeError):
                texts.setdefault(own, sample.decode(own))
        sound = {one: text for one, text in texts.items() if odd_word(text, one) is None}
    if not sound:
        return next(iter(texts), WINDOWS), False
    mess = {match.encoding: match.chaos for match in found}
    least = min((mess.get(one, 0.0) for one in sound), default=0.0)
    sound = {one: text for one, text in sound.items() if mess.get(one, 0.0) <= least + NOISIER}
    in_one = {one: text for one, text in sound.items() if _is_of_one_language(text, one)}
    in_one = in_one or sound
    best = WINDOWS if WINDOWS in in_one else next(iter(in_one))
    return best, all(text == in_one[best] for text in in_one.values())


def is_utf_8(line: bytes) -> bool:
    """Tell whether bytes are text in UTF-8."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def odd_word(text: str, encoding: str) -> str | None:
    """Return the first word that no language of an encoding writes so; None when there is none."""
    if sign := _SIGN_IN_WORD.search(text):
        return _around(text, sign.start())
    for match in _WORD.finditer(text):
        word = match[0]
        if not _is_word(word, encoding):
            return word
    return None


@cache
def _is_word(word: str, encoding: str) -> bool:
    """Tell whether a word is of one script, and in Latin of one language; capitals stand first."""
    letters = {letter for letter in word.lower() if not letter.isascii()}
    scripts = {_script(letter) for letter in letters}
    if scripts == {"LATIN"}:
        is_one = _has_letters(letters, encoding)
    else:
        has_latin = any(letter.isascii() for letter in word)
        is_one = len(scripts) == 1 and (scripts == {"CJK"} or not has_latin)
    return is_one and _CAPITAL_IN_WORD.search(word) is None


def _is_of_one_language(text: str, encoding: str) -> bool:
    letters = {letter for letter in text.lower() if not letter.isascii() and letter.isalpha()}
    scripts = {_script(letter) for letter in letters}
    if scripts == {"LATIN"}:
        return _has_letters(letters, encoding)
    return len(scripts) <= 1


def _has_letters(letters: set[str], encoding: str) -> bool:
    return any(letters <= set(alphabet) for alphabet in _LATIN.get(encoding, ()))


@cache
def _script(letter: str) -> str:
    first = name(letter, "").partition(" ")[0]
    return _TOGETHER.get(first, first)


def _foreign(content: bytes) -> Iterator[bytes]:
    """Return the lines that are not plain English, without what is the same in all encodings."""
    return (line for line in content.splitlines() if not line.isascii())


def _around(text: str, place: int) -> str:
    """Return what stands between the blanks and separators around a place."""
    words: Iterable[re.Match[str]] = re.finditer(r"[^\s,;\"]+", text)
    return next((word[0] for word in words if word.start() <= place < word.end()), "")[:40]
