"""From bytes to text: UTF-8, UTF-16 with its mark, and what spreadsheets on Windows write instead.

Windows-1252 is read where the file can be nothing else: not a single letter of UTF-8 is in it, and
what comes out looks like a western language. Whoever reads it is told, because it is a guess.
"""

import codecs
import re
from collections.abc import Iterable, Iterator

from api.imports.formats.headers import SheetUnreadable
from api.imports.formats.other_kinds import what_it_is_instead

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LETTER_OF_UTF_8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
# Read as Windows-1252 these would be four capitals or accents in a row (Cyrillic, Greek), signs
# inside of words (Polish, Czech), or capitals behind small letters (old Macs).
_OF_OTHER_TABLES = re.compile(
    rb"[\xc0-\xff]{4}|[A-Za-z][\xa3\xa5\xaf\xb3\xb9\xbc\xbe\xbf][A-Za-z]|[a-z][\x8a\x8e\x9f]"
)
_WORD = re.compile(r"\w*[^\W\x00-\x7f]\w*")
_SIGN = re.compile(r"\S*[^\x00-\x7f]\S*")


class Decoding:
    """The text of a file that comes in pieces. A byte order mark is dropped.

    `doubt` is the first word with an accent of a file that was read as Windows-1252, once it came
    by; None for others.
    """

    def __init__(self) -> None:
        self.doubt: str | None = None
        self._is_utf_8 = False
        self._is_windows = False

    def text(self, chunks: Iterable[bytes]) -> Iterator[str]:
        """Return the text in pieces. Raises SheetUnreadable for what is none."""
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        read, is_first = 0, True
        for chunk in chunks:
            if is_first and chunk:
                if other := what_it_is_instead(chunk):
                    raise SheetUnreadable(other)
                if chunk.startswith(_UTF_16):
                    decoder = codecs.getincrementaldecoder("utf-16")()
                self._is_utf_8 = chunk.startswith((codecs.BOM_UTF8, *_UTF_16))
                is_first = False
            yield self._piece(decoder, chunk, read, final=False)
            read += len(chunk)
        yield self._piece(decoder, b"", read, final=True)

    def _piece(
        self, decoder: codecs.IncrementalDecoder, chunk: bytes, read: int, *, final: bool
    ) -> str:
        if self._is_windows:
            return self._windows(chunk, read)
        try:
            decoded = decoder.decode(chunk, final)
        except UnicodeDecodeError as wrong:
            begins = read + len(chunk) - len(wrong.object)
            before = wrong.object[: wrong.start]
            if final or self._is_utf_8 or not before.isascii():
                raise _unreadable(begins + wrong.start) from wrong
            self._is_windows = True
            return self._windows(wrong.object, begins)
        self._is_utf_8 = self._is_utf_8 or not decoded.isascii()
        return _without_nothing(decoded)

    def _windows(self, chunk: bytes, begins: int) -> str:
        for doubtful in (_LETTER_OF_UTF_8, _OF_OTHER_TABLES):
            if found := doubtful.search(chunk):
                raise _unreadable(begins + found.start())
        try:
            decoded = chunk.decode("cp1252")
        except UnicodeDecodeError as wrong:
            raise _unreadable(begins + wrong.start) from wrong
        if self.doubt is None and (word := _WORD.search(decoded) or _SIGN.search(decoded)):
            self.doubt = word[0]
        return _without_nothing(decoded)


def _without_nothing(decoded: str) -> str:
    if "\0" in decoded:
        raise SheetUnreadable("The file is not text. Save it again as 'CSV UTF-8'.")
    return decoded


def _unreadable(at: int) -> SheetUnreadable:
    return SheetUnreadable(
        f"The file is not text in UTF-8 (about byte {max(0, at):,}); spreadsheets on Windows often"
        " write something else. Save it again as 'CSV UTF-8'.",
        byte=max(0, at),
    )
