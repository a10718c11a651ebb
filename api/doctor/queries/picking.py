"""Picking: who may pick, and whose units are in which tote."""

from api.doctor.invariants import Invariant, Section

INVARIANTS = (
    Invariant(
        "claims-of-batches",
        Section.GOODS,
        "26: a batch that is picked has a picker, and no claim lasts beyond five minutes",
        """
    SELECT b.id AS subject, 'batch B-' || b.number AS label,
        b.status || ', claimed until ' || coalesce(b.claimed_until::text, 'never') AS recorded,
        'a picker, until five minutes from now' AS expected
    FROM pick_batches b
    WHERE b.status = 'in_progress' AND b.picker IS NULL
        OR b.claimed_until > now() + interval '6 minutes'""",
    ),
    Invariant(
        "totes-of-one-order",
        Section.GOODS,
        "27: a tote holds units of its order alone",
        """
    SELECT b.id AS subject, 'tote ' || b.code AS label,
        s.quantity || ' of ' || v.sku AS recorded, 'units of order ' || o.number AS expected
    FROM bins b
    JOIN orders o ON o.id = b.order_id
    JOIN bin_stock s ON s.bin_id = b.id AND s.quantity > 0
    JOIN stock_levels l ON l.id = s.level_id JOIN variants v ON v.id = l.variant_id
    WHERE NOT EXISTS (SELECT FROM pick_lines p JOIN pick_orders k ON k.id = p.pick_order_id
        WHERE k.order_id = b.order_id AND p.level_id = s.level_id AND p.picked > p.put_back)""",
    ),
)
