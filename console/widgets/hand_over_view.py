"""The page of the hand-over: what each carrier is to take, or the parcels that it took."""

from __future__ import annotations

from collections.abc import Sequence

from console.client.hand_over import Manifest, ManifestParcel
from console.flows.formatting import Sense, counted
from console.theme import Styles
from console.widgets.text_layout import Column, Line, Part, table_head, table_row

CARRIERS = (Column("Carrier", 20, grow=1), Column("Left here", 9, right=True))
PARCELS = (
    Column("Parcel", 12),
    Column("Carrier", 12, from_width=76),
    Column("Tracking number", 22, grow=1),
    Column("To", 3),
    Column("Units", 5, right=True),
    Column("Label", 8),
)


def hand_over_page(
    manifest: Manifest | None,
    left: Sequence[ManifestParcel],
    carriers: Sequence[tuple[str, int]],
    at: int,
    styles: Styles,
    width: int,
) -> list[Line]:
    """Without a manifest the carriers and everything that is left; else its parcels."""
    if manifest is None:
        if not left:
            return [Line(((" Every parcel was handed over", styles.senses[Sense.GOOD]),))]
        lines = [table_head(CARRIERS, width, styles)]
        for place, (name, count) in enumerate(carriers):
            cells: list[Part] = [(name, styles.bright), (str(count), styles.ink)]
            is_here = place == at
            lines.append(table_row(CARRIERS, width, cells, styles, is_here=is_here, thumb=" "))
        return [*lines, Line(), *_parcels(left, -1, styles, width)]
    rest = [one for one in left if one.carrier == manifest.carrier]
    lines = [
        Line(
            (
                (f" {manifest.carrier} {manifest.number} ", styles.bright),
                (counted(len(manifest.parcels), "parcel"), styles.ink),
            ),
            ((f"{len(rest)} left here ", styles.senses[Sense.PART if rest else Sense.GOOD]),),
        ),
        Line(),
        *_parcels(manifest.parcels, at, styles, width),
    ]
    if rest:
        head = Line(((" Packed, and not handed over yet", styles.senses[Sense.PART]),))
        lines += [Line(), head, *_parcels(rest, -1, styles, width)]
    return lines


def _parcels(parcels: Sequence[ManifestParcel], at: int, styles: Styles, width: int) -> list[Line]:
    lines = [table_head(PARCELS, width, styles)]
    for place, one in enumerate(parcels):
        label: Part = ("checked", styles.senses[Sense.GOOD])
        if one.is_voided:
            label = ("voided", styles.senses[Sense.BAD])
        elif not one.is_label_checked:
            label = ("", styles.dim)
        cells: list[Part] = [
            (one.number, styles.bright),
            (one.carrier, styles.ink),
            (one.tracking_number or "no number", styles.ink),
            (one.country, styles.ink),
            (str(one.unit_count), styles.ink),
            label,
        ]
        lines.append(table_row(PARCELS, width, cells, styles, is_here=place == at, thumb=" "))
    return lines
