"""For which variants a variation stands: for one, or for all values that nobody else stands for."""

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from math import prod

from api.catalog.texts import slug_from
from api.imports.formats.cell_parsers import LONGEST_SKU, CellError
from api.imports.formats.csv_reader import Row

MOST_VARIATIONS = 3_000

Choices = Iterable[Sequence[str]]
"""By option, the values that a variation stands for."""


def standing_for(
    variations: Sequence[Row],
    choices_of: Callable[[Row], Choices],
    *,
    refuse: Callable[[Row, CellError], None],
) -> dict[int, list[tuple[str, ...]]]:
    """Return by row for which option values each variation stands; bad rows are refused.

    What one stands for alone is not what another that stands for any stands for.
    """
    found: dict[int, list[tuple[str, ...]]] = {}
    room = MOST_VARIATIONS
    for row in variations:
        try:
            if row.fault:
                raise CellError("", "", row.fault)
            choices = list(choices_of(row))
            room -= prod(map(len, choices))
            if room < 0:
                why = (
                    f"With this one the product would have more than {MOST_VARIATIONS:,} variants."
                )
                raise CellError("", "", why)
            found[row.number] = list(product(*choices))
        except CellError as bad:
            refuse(row, bad)
    taken = {listed[0] for listed in found.values() if len(listed) == 1}
    for number, listed in found.items():
        if len(listed) > 1:
            found[number] = [one for one in listed if one not in taken]
            taken |= set(listed)
    return found


def sku_of(sku: str | None, option_values: Sequence[str]) -> str | None:
    """Return a SKU for one of several variants that share a variation, always the same."""
    if sku is None:
        return None
    own = "-".join(slug_from(value) or value for value in option_values)
    return f"{sku}-{own}"[:LONGEST_SKU]
