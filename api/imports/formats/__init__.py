"""Product files of all kinds: what a file says, told alike whoever wrote it; without a database.

The kind of a file is seen by its first line. Each kind has a package; what they share is here:
bytes to rows, cells to values, and what a described product is.
"""

from api.imports.formats.decoding import Decoding, SheetUnreadable, encoding_called
from api.imports.formats.described import Described, Problem, Source
from api.imports.formats.headers import pairs
from api.imports.formats.recognising import opened
from api.imports.formats.sheets import WHY
from api.imports.formats.shopify.writing import LEAVES_OUT as SHOPIFY_LEAVES_OUT

__all__ = [
    "SHOPIFY_LEAVES_OUT",
    "WHY",
    "Decoding",
    "Described",
    "Problem",
    "SheetUnreadable",
    "Source",
    "encoding_called",
    "opened",
    "pairs",
]
