"""Lots against bins, levels and their journal."""

from api.doctor.invariants import Invariant, Remedy, Section

_OF_LOT = """
    SELECT d.level_id AS subject, v.sku || ', lot ' || t.code AS label, d.recorded, d.expected
    FROM ({}) d JOIN lots t ON t.id = d.lot_id JOIN variants v ON v.id = t.variant_id"""

INVARIANTS = (
    Invariant(
        "lot-balance",
        Section.STOCK,
        "6: the running balance of each lot at each place has no gap",
        _OF_LOT.format("""
        SELECT lot_id, level_id, quantity_after AS recorded, before + change AS expected
        FROM (SELECT lot_id, level_id, change, quantity_after, lag(quantity_after, 1, 0)
                OVER (PARTITION BY lot_id, level_id, bin_id ORDER BY id) AS before
            FROM lot_movements) m
        WHERE quantity_after <> before + change"""),
    ),
    Invariant(
        "lot-journal",
        Section.STOCK,
        "6: what is left of a lot at a place is the last balance of its journal",
        _OF_LOT.format("""
        SELECT coalesce(s.lot_id, m.lot_id) AS lot_id, coalesce(s.level_id, m.level_id) AS level_id,
            coalesce(s.quantity, 0) AS recorded, coalesce(m.quantity_after, 0) AS expected
        FROM (SELECT DISTINCT ON (lot_id, level_id, bin_id) lot_id, level_id, bin_id, quantity_after
            FROM lot_movements ORDER BY lot_id, level_id, bin_id, id DESC) m
        FULL JOIN lot_stock s ON s.lot_id = m.lot_id AND s.level_id = m.level_id
            AND coalesce(s.bin_id, s.level_id) = coalesce(m.bin_id, m.level_id)
        WHERE coalesce(s.quantity, 0) <> coalesce(m.quantity_after, 0)"""),
    ),
    Invariant(
        "lots-of-bins",
        Section.STOCK,
        "7: the sum of the lots in a bin is on the bin, and within what is in it",
        """
    SELECT b.level_id AS subject, v.sku || ' in bin ' || n.code AS label,
        b.in_lots || ' of ' || b.quantity || ' in lots' AS recorded,
        coalesce(s.total, 0) || ' in lots, at most ' || b.quantity AS expected
    FROM bin_stock b JOIN bins n ON n.id = b.bin_id JOIN stock_levels l ON l.id = b.level_id
    JOIN variants v ON v.id = l.variant_id
    LEFT JOIN (SELECT bin_id, level_id, sum(quantity) AS total FROM lot_stock
        WHERE bin_id IS NOT NULL GROUP BY 1, 2) s USING (bin_id, level_id)
    WHERE b.in_lots <> coalesce(s.total, 0) OR b.in_lots > b.quantity""",
    ),
    Invariant(
        "lots-of-level",
        Section.STOCK,
        "7: the sums of the lots are on the level, and within what is on hand",
        """
    SELECT l.id AS subject, v.sku || ' at ' || p.code AS label,
        l.in_lots || ' in lots, ' || l.lots_in_bins || ' of them in bins' AS recorded,
        coalesce(s.total, 0) || ' in lots, ' || coalesce(s.binned, 0) || ' of them in bins'
            AS expected
    FROM stock_levels l
    JOIN variants v ON v.id = l.variant_id JOIN locations p ON p.id = l.location_id
    LEFT JOIN (SELECT level_id, sum(quantity) AS total,
            sum(quantity) FILTER (WHERE bin_id IS NOT NULL) AS binned
        FROM lot_stock GROUP BY level_id) s ON s.level_id = l.id
    WHERE l.in_lots <> coalesce(s.total, 0) OR l.lots_in_bins <> coalesce(s.binned, 0)
        OR l.in_lots - l.lots_in_bins > l.on_hand - l.in_bins""",
        remedy=Remedy.RECONCILE_LEVEL,
    ),
    Invariant(
        "expired-lots",
        Section.STOCK,
        "7: what is left in lots that are not sold any more counts as expired",
        """
    SELECT l.id AS subject, v.sku || ' at ' || p.code AS label, l.expired AS recorded,
        coalesce(s.total, 0) AS expected
    FROM stock_levels l
    JOIN variants v ON v.id = l.variant_id JOIN locations p ON p.id = l.location_id
    LEFT JOIN (SELECT s.level_id, sum(s.quantity) AS total
        FROM lot_stock s JOIN lots t ON t.id = s.lot_id LEFT JOIN bins b ON b.id = s.bin_id
        WHERE NOT t.is_sellable AND b.kind IS DISTINCT FROM 'quarantine'
        GROUP BY s.level_id) s ON s.level_id = l.id
    WHERE l.expired <> coalesce(s.total, 0)""",
        remedy=Remedy.RECONCILE_LEVEL,
    ),
    Invariant(
        "lots-of-parcels",
        Section.GOODS,
        "11: no more units of lots went to an order than left the stock for it",
        """
    SELECT d.order_id AS subject, 'order ' || o.number AS label, d.units AS recorded,
        coalesce(m.units, 0) AS expected, o.id AS order_id
    FROM (SELECT order_id, -sum(change) AS units FROM lot_movements
        WHERE order_id IS NOT NULL GROUP BY order_id) d
    JOIN orders o ON o.id = d.order_id
    LEFT JOIN (SELECT order_id, -sum(on_hand_change) AS units FROM stock_movements
        WHERE order_id IS NOT NULL GROUP BY order_id) m ON m.order_id = d.order_id
    -- What left before its article was kept in lots may come back into one.
    LEFT JOIN (SELECT r.order_id, sum(i.quantity) AS units
        FROM return_dispositions i JOIN return_lines l ON l.id = i.return_line_id
        JOIN returns r ON r.id = l.return_id
        WHERE i.lot_id IS NOT NULL GROUP BY r.order_id) b ON b.order_id = d.order_id
    WHERE d.units < -coalesce(b.units, 0) OR d.units > coalesce(m.units, 0)""",
    ),
)
