"""Text folding for search: texts and search terms are folded alike before they are compared."""

import re
import unicodedata

# Only those of European scripts: in kana such a mark makes another letter.
_ACCENT = re.compile("[\u0300-\u036f]")
_NOT_WORD = re.compile(r"[\W_]+")
# A Greek mu before a Latin letter is the micro sign of a unit: 10 μF.
_MICRO = re.compile(r"\u03bc(?=[a-z])")
_CATALAN = re.compile("(?<=l)\u00b7(?=l)")
_BY_NAME = re.compile(r"LATIN SMALL LETTER (?:DOTLESS )?([A-Z])(?: WITH .+)?")
_LATIN = (range(0xDF, 0x250), range(0x250, 0x2B0), range(0x2C60, 0x2C80), range(0xA720, 0xA800))
_LIGATURES = {"æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ŋ": "n", "ĸ": "k", "ə": "e", "µ": "u"}
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


def _plain_letters() -> dict[str, str]:
    """Find the Latin letters that Unicode does not decompose: `ø` is an O WITH STROKE."""
    signs = [chr(code) for block in _LATIN for code in block]
    named = {sign: _BY_NAME.fullmatch(unicodedata.name(sign, "")) for sign in signs}
    return {sign: match[1].lower() for sign, match in named.items() if match} | _LIGATURES


_PLAIN = _plain_letters()
_SPECIAL = re.compile(f"[{''.join(sorted(_PLAIN))}]")


def fold(text: str) -> str:
    """Fold a text: lower case, Latin letters without accents, strokes or ligatures.

    `Smørrebrød` becomes `smorrebrod`, `Bœuf` `boeuf`, `10 µF` `10 uf`, `Straße` `strasse` and
    full-width letters ordinary ones. Other scripts are unchanged. Folding twice changes nothing.
    """
    if text.isascii():
        return text.lower()
    # Twice: what stands for a letter may turn out to be a capital, and the other way round.
    plain = unicodedata.normalize("NFKD", text.replace("µ", "u").casefold())
    plain = unicodedata.normalize("NFKD", plain.casefold())
    plain = unicodedata.normalize("NFC", _ACCENT.sub("", plain))
    plain = _SPECIAL.sub(lambda letter: _PLAIN[letter[0]], plain)
    return _CATALAN.sub("", _MICRO.sub("u", plain))


def words(text: str) -> str:
    """Reduce a text to its search words: folded, without punctuation."""
    return _NOT_WORD.sub(" ", fold(text)).strip()


def counted(number: int, one: str, many: str = "") -> str:
    """Format a count with its noun: `1 product`, `1,200 products`, `2 deliveries`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def spelled_out(text: str) -> str:
    """Return the words of a text in the spelling of keyboards that lack its special letters.

    `Jürgen` is `juergen` as well, `Ærø` `aeroe`, `Åse` `aase`; empty for all other texts.
    """
    if text.isascii():
        return ""
    composed = unicodedata.normalize("NFC", text).lower()
    spelled = composed.translate(_DIGRAPHS)
    return words(spelled) if spelled != composed else ""
