"""Invariants of returns: what came back against what was shipped, stocked and refunded."""

from api.doctor.invariants import Invariant, Section

_LINE = """
    SELECT ol.id AS subject, 'order ' || o.number || ', ' || ol.sku AS label, o.id AS order_id,
        d.recorded::text AS recorded, d.expected::text AS expected
    FROM ({}) d JOIN order_lines ol ON ol.id = d.id JOIN orders o ON o.id = ol.order_id"""
_RETURN = """
    SELECT r.id AS subject, 'return ' || r.number AS label, r.order_id,
        d.recorded::text AS recorded, d.expected::text AS expected
    FROM ({}) d JOIN returns r ON r.id = d.id"""

INVARIANTS = (
    Invariant(
        "returned",
        Section.GOODS,
        "10: no more units are returned than were shipped, and each return counts them",
        _LINE.format("""
        SELECT ol.id, ol.returned_quantity AS recorded,
            coalesce(s.units, 0) || ' in returns of ' || ol.shipped_quantity AS expected
        FROM order_lines ol
        LEFT JOIN (SELECT l.order_line_id, sum(greatest(l.quantity, l.received_quantity)) AS units
            FROM return_lines l JOIN returns r ON r.id = l.return_id
            WHERE r.status NOT IN ('rejected', 'cancelled') GROUP BY 1) s
            ON s.order_line_id = ol.id
        WHERE ol.returned_quantity <> coalesce(s.units, 0)
            OR ol.returned_quantity > ol.shipped_quantity"""),
    ),
    Invariant(
        "return-dispositions",
        Section.GOODS,
        "the dispositions of a return's line are those of its journal",
        _RETURN.format("""
        SELECT l.return_id AS id, l.disposed_quantity || ', missing ' || l.missing_quantity
            AS recorded, coalesce(s.units, 0) || ', missing ' || coalesce(s.missing, 0) AS expected
        FROM return_lines l
        LEFT JOIN (SELECT return_line_id, sum(quantity) AS units,
                sum(quantity) FILTER (WHERE disposition = 'missing') AS missing
            FROM return_dispositions GROUP BY 1) s ON s.return_line_id = l.id
        WHERE l.disposed_quantity <> coalesce(s.units, 0)
            OR l.missing_quantity <> coalesce(s.missing, 0)"""),
    ),
    Invariant(
        "return-stock",
        Section.GOODS,
        "what a return restocked, stopped or discarded is in the journal of stock",
        _RETURN.format("""
        SELECT r.id, coalesce(m.came, 0) || ', left ' || coalesce(m.stays, 0) AS recorded,
            coalesce(s.came, 0) || ', left ' || coalesce(s.stays, 0) AS expected
        FROM returns r
        LEFT JOIN (SELECT l.return_id,
                sum(d.quantity) FILTER (WHERE d.disposition <> 'missing') AS came,
                sum(d.quantity) FILTER (WHERE d.disposition NOT IN ('missing', 'discard')) AS stays
            FROM return_dispositions d JOIN return_lines l ON l.id = d.return_line_id
            GROUP BY 1) s ON s.return_id = r.id
        LEFT JOIN (SELECT reference, sum(on_hand_change) FILTER (WHERE kind = 'restocked') AS came,
                sum(on_hand_change) AS stays
            FROM stock_movements WHERE reference LIKE 'R-%' GROUP BY 1) m ON m.reference = r.number
        WHERE coalesce(m.came, 0) <> coalesce(s.came, 0)
            OR coalesce(m.stays, 0) <> coalesce(s.stays, 0)"""),
    ),
    Invariant(
        "return-refunds",
        Section.MONEY,
        "the refunded units of a return are those of its refunds",
        _RETURN.format("""
        SELECT r.id, coalesce(l.units, 0) AS recorded, coalesce(c.units, 0) AS expected
        FROM returns r
        LEFT JOIN (SELECT return_id, sum(refunded_quantity) AS units FROM return_lines
            GROUP BY 1) l ON l.return_id = r.id
        LEFT JOIN (SELECT c.return_id, sum(n.quantity) AS units
            FROM refund_cases c JOIN refund_case_lines n ON n.case_id = c.id
            WHERE NOT c.reversed GROUP BY 1) c ON c.return_id = r.id
        WHERE coalesce(l.units, 0) <> coalesce(c.units, 0)"""),
        is_money=True,
    ),
    Invariant(
        "replacements",
        Section.MONEY,
        "units that a claim replaced pay for their replacement, and are not refunded as well",
        _LINE.format("""
        SELECT ol.id, ol.refunded_quantity AS recorded, 'at least ' || s.units AS expected
        FROM order_lines ol
        JOIN (SELECT order_line_id, sum(quantity) AS units FROM claim_lines
            WHERE replacement_line_id IS NOT NULL GROUP BY 1) s ON s.order_line_id = ol.id
        WHERE ol.refunded_quantity < s.units"""),
        is_money=True,
    ),
    Invariant(
        "withdrawals",
        Section.MONEY,
        "a confirmed withdrawal from a known order has its return",
        """
        SELECT w.id AS subject, 'withdrawal of ' || w.order_number AS label, w.order_id,
            'no return' AS recorded, 'a return' AS expected
        FROM withdrawals w
        WHERE w.confirmed_at IS NOT NULL AND w.order_id IS NOT NULL AND w.return_id IS NULL""",
    ),
)
