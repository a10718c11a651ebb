"""Packing: what a parcel that left was packed in is on record."""

from api.doctor.invariants import Invariant, Section

INVARIANTS = (
    Invariant(
        "packed-parcels",
        Section.GOODS,
        "a packing session that ended with a parcel has one of its order, and its packaging",
        """
    SELECT s.id AS subject, f.number AS label, f.status AS recorded,
        'a parcel of this order with its packaging' AS expected
    FROM packing_sessions s
    JOIN fulfilments f ON f.id = s.fulfilment_id
    LEFT JOIN packed_parcels p ON p.fulfilment_id = s.fulfilment_id
    WHERE s.status = 'shipped' AND (p.id IS NULL OR f.order_id <> s.order_id)""",
    ),
)
