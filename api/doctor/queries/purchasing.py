"""Purchase orders against the receipts that fill them."""

from api.doctor.invariants import Invariant, Section

INVARIANTS = (
    Invariant(
        "ordered-and-received",
        Section.GOODS,
        "what a purchase order says has come is what its receipts brought",
        """
    SELECT l.id AS subject, l.sku || ' of P-' || o.number AS label, l.received AS recorded,
        coalesce(r.units, 0) AS expected
    FROM purchase_order_lines l JOIN purchase_orders o ON o.id = l.purchase_order_id
    LEFT JOIN (SELECT n.purchase_order_line_id, sum(n.quantity) AS units
        FROM receipt_lines n JOIN receipts p ON p.id = n.receipt_id
        WHERE p.undone_at IS NULL GROUP BY 1) r ON r.purchase_order_line_id = l.id
    WHERE l.received <> coalesce(r.units, 0)""",
    ),
    Invariant(
        "units-in-transit",
        Section.GOODS,
        "what a transfer that has ended shipped has come, gone back, or was written off",
        """
    SELECT l.id AS subject, l.sku || ' of TR-' || t.number AS label,
        l.received + l.restocked + l.written_off AS recorded, l.shipped AS expected
    FROM transfer_lines l JOIN transfers t ON t.id = l.transfer_id
    WHERE t.status IN ('received', 'cancelled')
        AND l.received + l.restocked + l.written_off <> l.shipped""",
    ),
)
