"""From bytes to text: UTF-8, UTF-16 with its mark, the encoding that is named, else a guess.

A guess is made only where the bytes are no UTF-8 at all, and whoever reads such a file is told.
`charset-normalizer` says which encodings the bytes may be in. Of short texts it cannot tell much,
so what comes out is looked at as well: a word has the letters of one language, and no signs between
them. Żółta read as Windows-1252 is `¯ó³ta`, and so is no word.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from unicodedata import name

from charset_normalizer import from_bytes

from api.imports.formats.unsupported_files import describe_unsupported
from api.kernel.errors import Unprocessable

ENCODINGS = (
    *("utf-8", "utf-16", *(f"cp125{n}" for n in range(9))),
    *(f"iso8859-{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)),
    *("shift_jis", "cp932", "euc_jp", "gb18030", "gbk", "big5", "cp949", "euc_kr"),
    *("koi8-r", "koi8-u", "mac-roman", "cp437", "cp850", "cp852", "cp866"),
)
"""Those that may be said, by Python's names; `windows-1250` and `latin2` mean them too."""

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LETTER_OF_UTF_8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
_WORD = re.compile(r"\w*[^\W\x00-\x7f]\w*")
_SIGN = re.compile(r"\S*[^\x00-\x7f]\S*")


class SheetUnreadable(Unprocessable):
    """The file as a whole cannot be read, and says why and what to do."""

    code = "file_unreadable"
    sentence = "The file cannot be read."


def encoding_called(said: str) -> str:
    """Return an encoding by the name that is said. Raises SheetUnreadable."""
    known = {codecs.lookup(one).name: one for one in ENCODINGS}
    try:
        name = codecs.lookup(said.strip()).name
    except (LookupError, ValueError):
        name = ""
    name = {"utf-8-sig": "utf-8"}.get(name, name)
    if name not in known:
        raise SheetUnreadable(
            f"No encoding is called {said!r}. Say one of {', '.join(ENCODINGS)}.", encoding=said
        )
    return name


class Decoding:
    """The text of a file that comes in pieces. A byte order mark is dropped.

    Without an `encoding` that is said, one is guessed where the file is no UTF-8; then `encoding`
    tells which, `doubt` is the first word to look at, and `is_doubtful` whether something else may
    be meant: words hold letters that no language has together, or another encoding makes as much
    sense.
    """

    def __init__(self, encoding: str | None = None) -> None:
        self.encoding = encoding
        self.doubt: str | None = None
        self.is_doubtful = False
        self._is_utf_8 = False
        self._guess: codecs.IncrementalDecoder | None = None
        self._is_said = encoding is not None

    def text(self, chunks: Iterable[bytes]) -> Iterator[str]:
        """Return the text in pieces. Raises SheetUnreadable for what is none."""
        said = "utf-8-sig" if self.encoding in (None, "utf-8") else str(self.encoding)
        decoder = codecs.getincrementaldecoder(said)()
        read, is_first = 0, True
        for chunk in chunks:
            if is_first and chunk:
                if other := describe_unsupported(chunk):
                    raise SheetUnreadable(other)
                if chunk.startswith(_UTF_16) and not self._is_said:
                    decoder = codecs.getincrementaldecoder("utf-16")()
                self._is_utf_8 = chunk.startswith((codecs.BOM_UTF8, *_UTF_16))
                is_first = False
            yield self._piece(decoder, chunk, read, final=False)
            read += len(chunk)
        yield self._piece(decoder, b"", read, final=True)

    def _piece(
        self, decoder: codecs.IncrementalDecoder, chunk: bytes, read: int, *, final: bool
    ) -> str:
        if self._guess is not None:
            return self._guessed(self._guess, chunk, read, final=final)
        try:
            decoded = decoder.decode(chunk, final)
        except UnicodeDecodeError as wrong:
            begins = read + len(chunk) - len(wrong.object)
            before = wrong.object[: wrong.start]
            if self._is_said or final or self._is_utf_8 or not before.isascii():
                raise _unreadable(begins + wrong.start, self.encoding) from wrong
            name, is_sure = guessed(wrong.object)
            self.encoding, self.is_doubtful = name, not is_sure
            self._guess = codecs.getincrementaldecoder(name)()
            return self._guessed(self._guess, wrong.object, begins, final=False)
        self._is_utf_8 = self._is_utf_8 or not decoded.isascii()
        return _without_nothing(decoded)

    def _guessed(
        self, decoder: codecs.IncrementalDecoder, chunk: bytes, begins: int, *, final: bool
    ) -> str:
        if (found := _LETTER_OF_UTF_8.search(chunk)) and self._is_mixed(chunk):
            raise _unreadable(begins + found.start())
        try:
            decoded = decoder.decode(chunk, final)
        except UnicodeDecodeError as wrong:
            raise _unreadable(begins + wrong.start) from wrong
        odd = odd_word(decoded, str(self.encoding))
        if self.doubt is None and (word := _WORD.search(decoded) or _SIGN.search(decoded)):
            self.doubt = word[0]
        if odd is not None and not self.is_doubtful:
            self.doubt, self.is_doubtful = odd, True
        return _without_nothing(decoded)

    def _is_mixed(self, chunk: bytes) -> bool:
        """Tell whether some lines are in UTF-8 after all; two-byte letters may look like it."""
        if self.encoding == WINDOWS:
            return True
        if self.encoding in OF_TWO_BYTES:
            return False
        whole = chunk[: chunk.rfind(b"\n") + 1]  # what is cut off may look like anything
        return any(is_utf_8(line) for line in whole.splitlines() if not line.isascii())


def _without_nothing(decoded: str) -> str:
    if "\0" in decoded:
        raise SheetUnreadable("The file is not text. Save it again as 'CSV UTF-8'.")
    return decoded


def _unreadable(at: int, encoding: str | None = None) -> SheetUnreadable:
    what = f"is not text in {encoding}" if encoding else "is not text in UTF-8"
    return SheetUnreadable(
        f"The file {what} (about byte {max(0, at):,}); spreadsheets on Windows often write"
        " something else. Save it again as 'CSV UTF-8', or say which it is, such as"
        " encoding=windows-1250.",
        byte=max(0, at),
    )


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
_SPELLED_WORD = re.compile(rf"{_LETTER}*(?!\w(?<=[\x00-\x7f])){_LETTER}+")
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
    for match in _SPELLED_WORD.finditer(text):
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
