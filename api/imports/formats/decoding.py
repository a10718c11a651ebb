"""From bytes to text: UTF-8, UTF-16 with its mark, what is said, and else what is guessed.

A guess is made only where the bytes are no UTF-8 at all: see `guessing`. Whoever reads such a file
is told, and what makes no sense stays off the shelf.
"""

import codecs
import re
from collections.abc import Iterable, Iterator

from api.imports.formats.guessing import OF_TWO_BYTES, WINDOWS, guessed, is_utf_8, odd_word
from api.imports.formats.other_kinds import what_it_is_instead
from api.kernel.errors import Refused

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


class SheetUnreadable(Refused):
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
                if other := what_it_is_instead(chunk):
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
