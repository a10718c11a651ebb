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
)
