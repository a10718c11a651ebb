"""Stock levels against the journal, and against what orders and carts were promised."""

from api.doctor.invariants import Invariant, Remedy, Section

_LEVEL = """
    SELECT d.id AS subject, v.sku || ' at ' || p.code AS label, d.recorded, d.expected
    FROM ({}) d JOIN stock_levels l ON l.id = d.id
    JOIN variants v ON v.id = l.variant_id JOIN locations p ON p.id = l.location_id"""


def _against(counter: str, rows: str, total: str) -> str:
    """Compare a counter of the levels with the sum of what it counts."""
    return _LEVEL.format(f"""
        SELECT l.id, l.{counter} AS recorded, coalesce(s.total, 0) AS expected
        FROM stock_levels l
        LEFT JOIN (SELECT level_id, sum({total}) AS total FROM {rows} GROUP BY level_id) s
            ON s.level_id = l.id
        WHERE l.{counter} <> coalesce(s.total, 0)""")


def _journal(counter: str, number: str) -> Invariant:
    return Invariant(
        f"{counter.replace('_', '-')}-by-journal",
        Section.STOCK,
        f"{number}: {counter.replace('_', ' ')} is the sum of the journal",
        _against(counter, "stock_movements", f"{counter}_change"),
        remedy=Remedy.RECONCILE_LEVEL,
    )


# What each kind of movement may change, and by what it is caused.
_CAUSES = """
    SELECT m.id AS subject, v.sku || ' at ' || p.code || ', movement ' || m.id AS label,
        m.kind AS recorded, 'a movement with its cause' AS expected, m.order_id
    FROM stock_movements m
    LEFT JOIN orders o ON o.id = m.order_id
    LEFT JOIN fulfilments f ON f.id = m.fulfilment_id
    LEFT JOIN refund_cases r ON r.id = m.refund_id
    JOIN stock_levels l ON l.id = m.level_id
    JOIN variants v ON v.id = l.variant_id JOIN locations p ON p.id = l.location_id
    WHERE NOT CASE m.kind
        WHEN 'opening' THEN m.on_hand_change > 0 AND m.allocated_change = 0
            AND m.reserved_change = 0
        WHEN 'opening_undone' THEN m.on_hand_change < 0 AND m.allocated_change = 0
            AND m.reserved_change = 0
        WHEN 'reserved' THEN m.reserved_change > 0 AND m.on_hand_change = 0
            AND m.allocated_change = 0
        WHEN 'released_hold' THEN m.reserved_change < 0 AND m.on_hand_change = 0
            AND m.allocated_change = 0
        WHEN 'back_ordered' THEN m.back_ordered_change <> 0 AND m.on_hand_change = 0
            AND m.allocated_change = 0 AND o.id IS NOT NULL
        WHEN 'allocated' THEN m.allocated_change > 0 AND m.on_hand_change = 0 AND o.id IS NOT NULL
        WHEN 'released' THEN m.allocated_change < 0 AND m.on_hand_change = 0 AND o.id IS NOT NULL
        WHEN 'shipped' THEN m.on_hand_change < 0 AND m.allocated_change = m.on_hand_change
            AND f.order_id IS NOT NULL AND f.order_id = m.order_id
        WHEN 'restocked' THEN m.on_hand_change > 0 AND m.allocated_change = 0
            AND m.order_id IS NOT NULL AND (r.order_id = m.order_id OR EXISTS (
                SELECT FROM returns t
                WHERE t.number = m.reference AND t.order_id = m.order_id))
        WHEN 'received' THEN m.reason IS NOT NULL AND m.allocated_change = 0
            AND m.reserved_change = 0
        WHEN 'shipment_voided' THEN m.on_hand_change > 0
            AND m.allocated_change = m.on_hand_change
            AND f.order_id IS NOT NULL AND f.order_id = m.order_id
        -- The doctor itself corrects promises too, when they do not balance.
        WHEN 'adjusted' THEN m.reason IS NOT NULL AND (m.actor_id IS NULL
            OR m.allocated_change = 0 AND m.reserved_change = 0)
        WHEN 'counted' THEN m.reason IS NOT NULL AND m.allocated_change = 0
            AND m.reserved_change = 0
        WHEN 'state_changed' THEN m.reason IS NOT NULL AND m.allocated_change = 0
            AND m.reserved_change = 0 AND m.on_hand_change = 0
        WHEN 'transferred' THEN m.reason IS NOT NULL AND m.allocated_change = 0
            AND m.reserved_change = 0 AND m.on_hand_change <> 0
        ELSE true END"""

_LINE = """
    SELECT ol.id AS subject, 'order ' || o.number || ', ' || ol.sku AS label, o.id AS order_id,
        d.recorded, d.expected
    FROM ({}) d JOIN order_lines ol ON ol.id = d.id JOIN orders o ON o.id = ol.order_id"""

INVARIANTS = (
    _journal("on_hand", "1"),
    Invariant(
        "allocated",
        Section.STOCK,
        "2: allocated is the sum of the open allocations",
        _against("allocated", "stock_allocations", "quantity"),
        remedy=Remedy.RECONCILE_LEVEL,
    ),
    _journal("allocated", "2"),
    Invariant(
        "back-ordered",
        Section.STOCK,
        "2: back-ordered is the sum of what order lines wait for",
        _against("back_ordered", "stock_allocations", "waiting"),
        remedy=Remedy.RECONCILE_LEVEL,
    ),
    _journal("back_ordered", "2"),
    Invariant(
        "reserved",
        Section.STOCK,
        "3: reserved is the sum of what carts hold",
        _against("reserved", "stock_holds", "quantity"),
        remedy=Remedy.RECONCILE_LEVEL,
    ),
    _journal("reserved", "3"),
    Invariant(
        "stock-covered",
        Section.STOCK,
        "4: nothing is below zero, nothing is promised that is not there",
        _LEVEL.format("""
        SELECT l.id, l.on_hand || ' on hand, ' || l.allocated || ' allocated, ' || l.reserved
            || ' reserved, ' || l.damaged + l.quarantine || ' stopped' AS recorded,
            'promises within what is there' AS expected
        FROM stock_levels l
        WHERE least(l.on_hand, l.allocated, l.reserved) < 0
            OR l.allocated + l.reserved + l.damaged + l.quarantine > l.on_hand
            OR EXISTS (
                SELECT FROM stock_movements m WHERE m.level_id = l.id AND m.on_hand_after < 0)"""),
    ),
    Invariant(
        "missing-in-quarantine",
        Section.STOCK,
        "units that were not found are stopped until they are counted",
        _LEVEL.format("""
        SELECT l.id, l.quarantine AS recorded, s.total AS expected
        FROM stock_levels l
        JOIN (SELECT level_id, sum(quantity) AS total FROM missing_units GROUP BY level_id) s
            ON s.level_id = l.id
        WHERE l.quarantine < s.total"""),
    ),
    Invariant(
        "back-orders-served",
        Section.STOCK,
        "nothing can be sold of what orders wait for",
        """
    SELECT v.id AS subject, v.sku AS label, s.waiting || ' wait, ' || s.free || ' for sale'
            AS recorded, 'allocated to those who wait' AS expected
    FROM (
        SELECT l.variant_id, sum(l.back_ordered) AS waiting, sum(greatest(
            l.on_hand - l.unavailable - l.allocated - l.reserved, 0)) FILTER (WHERE p.is_active)
            AS free
        FROM stock_levels l JOIN locations p ON p.id = l.location_id
        GROUP BY l.variant_id) s
    JOIN variants v ON v.id = s.variant_id
    WHERE s.waiting > 0 AND s.free > 0""",
        remedy=Remedy.MARK_VARIANT,
    ),
    Invariant(
        "low-stock-mark",
        Section.STOCK,
        "a level is marked as low when it is at its threshold",
        """
    SELECT v.id AS subject, v.sku || ' at ' || p.code AS label,
        l.below_threshold::text AS recorded, (NOT l.below_threshold)::text AS expected
    FROM stock_levels l
    JOIN variants v ON v.id = l.variant_id JOIN locations p ON p.id = l.location_id
    WHERE l.below_threshold
        <> coalesce(l.on_hand - l.unavailable - l.allocated - l.back_ordered
            <= l.low_stock_threshold, false)""",
        remedy=Remedy.MARK_VARIANT,
    ),
    Invariant(
        "in-stock-mark",
        Section.STOCK,
        "the catalogue shows as in stock what can be bought",
        """
    SELECT v.id AS subject, v.sku AS label, v.in_stock::text AS recorded,
        (NOT v.in_stock)::text AS expected
    FROM variants v
    LEFT JOIN (
        SELECT l.variant_id, sum(greatest(
            l.on_hand - l.unavailable - l.allocated - l.reserved, 0)) > 0 AS in_stock
        FROM stock_levels l JOIN locations p ON p.id = l.location_id
        WHERE p.is_active GROUP BY l.variant_id) s ON s.variant_id = v.id
    WHERE v.in_stock <> coalesce(s.in_stock, false)""",
        remedy=Remedy.MARK_VARIANT,
    ),
    Invariant(
        "movement-causes", Section.GOODS, "5: each movement has a cause of its kind", _CAUSES
    ),
    Invariant(
        "open-lines",
        Section.GOODS,
        "8: what is ordered and neither cancelled nor shipped is allocated, or back-ordered",
        _LINE.format("""
        SELECT ol.id, coalesce(a.total, 0) AS recorded,
            ol.quantity - ol.cancelled_quantity - ol.shipped_quantity AS expected
        FROM order_lines ol
        LEFT JOIN (SELECT order_line_id, sum(quantity + waiting) AS total FROM stock_allocations
            WHERE quantity + waiting > 0 GROUP BY order_line_id) a ON a.order_line_id = ol.id
        WHERE coalesce(a.total, 0)
            <> ol.quantity - ol.cancelled_quantity - ol.shipped_quantity"""),
    ),
    Invariant(
        "allocation-lines",
        Section.GOODS,
        "8: goods are allocated to lines of living orders only",
        """
    SELECT a.id AS subject, coalesce('order ' || o.number, 'no order') AS label,
        a.quantity + a.waiting AS recorded, 0 AS expected, o.id AS order_id
    FROM stock_allocations a
    LEFT JOIN order_lines ol ON ol.id = a.order_line_id LEFT JOIN orders o ON o.id = ol.order_id
    WHERE a.quantity + a.waiting > 0
        AND (o.id IS NULL OR o.id <> a.order_id OR o.status = 'cancelled')""",
    ),
    Invariant(
        "shipped-within-ordered",
        Section.GOODS,
        "9: no more is shipped than was ordered and not cancelled, nor delivered than shipped",
        _LINE.format("""
        SELECT ol.id, ol.shipped_quantity || ' shipped, ' || ol.delivered_quantity
            || ' delivered' AS recorded,
            'at most ' || (ol.quantity - ol.cancelled_quantity) AS expected
        FROM order_lines ol
        WHERE ol.shipped_quantity > ol.quantity - ol.cancelled_quantity
            OR ol.delivered_quantity > ol.shipped_quantity
            OR least(ol.shipped_quantity, ol.delivered_quantity, ol.cancelled_quantity) < 0"""),
    ),
    Invariant(
        "shipped-in-parcels",
        Section.GOODS,
        "11: shipped and delivered units are those in parcels",
        _LINE.format("""
        SELECT ol.id, ol.shipped_quantity || ' shipped, ' || ol.delivered_quantity
            || ' delivered' AS recorded,
            coalesce(s.shipped, 0) || ' shipped, ' || coalesce(s.delivered, 0)
            || ' delivered' AS expected
        FROM order_lines ol
        LEFT JOIN (
            SELECT fl.order_line_id, sum(fl.quantity) AS shipped,
                sum(fl.quantity) FILTER (WHERE f.status <> 'shipped') AS delivered
            FROM fulfilment_lines fl JOIN fulfilments f ON f.id = fl.fulfilment_id
            WHERE f.status IN ('shipped', 'delivered', 'picked_up') GROUP BY fl.order_line_id) s
            ON s.order_line_id = ol.id
        WHERE ol.shipped_quantity <> coalesce(s.shipped, 0)
            OR ol.delivered_quantity <> coalesce(s.delivered, 0)"""),
    ),
    Invariant(
        "shipped-in-journal",
        Section.GOODS,
        "11: each unit in a parcel left the stock once",
        """
    SELECT d.fulfilment_id AS subject,
        coalesce('parcel ' || f.number, 'no parcel') || ', ' || v.sku AS label,
        d.moved AS recorded, d.packed AS expected, f.order_id
    FROM (
        SELECT coalesce(a.fulfilment_id, b.fulfilment_id) AS fulfilment_id,
            coalesce(a.variant_id, b.variant_id) AS variant_id,
            coalesce(a.units, 0) AS packed, coalesce(b.units, 0) AS moved
        FROM (
            SELECT fl.fulfilment_id, ol.variant_id, sum(fl.quantity) AS units
            FROM fulfilment_lines fl JOIN fulfilments f ON f.id = fl.fulfilment_id
            JOIN order_lines ol ON ol.id = fl.order_line_id
            WHERE f.status IN ('shipped', 'delivered', 'picked_up') GROUP BY 1, 2) a
        FULL JOIN (
            SELECT m.fulfilment_id, l.variant_id, -sum(m.on_hand_change) AS units
            FROM stock_movements m JOIN stock_levels l ON l.id = m.level_id
            WHERE m.fulfilment_id IS NOT NULL GROUP BY 1, 2) b
            ON b.fulfilment_id = a.fulfilment_id AND b.variant_id = a.variant_id
        WHERE coalesce(a.units, 0) <> coalesce(b.units, 0)) d
    LEFT JOIN fulfilments f ON f.id = d.fulfilment_id
    JOIN variants v ON v.id = d.variant_id""",
    ),
    Invariant(
        "holds-of-carts",
        Section.CARTS,
        "25: nothing is held for a cart that became an order",
        """
    SELECT h.owner_id AS subject, 'cart ' || c.id AS label, sum(h.quantity) AS recorded,
        0 AS expected
    FROM stock_holds h JOIN carts c ON c.id = h.owner_id
    WHERE c.status = 'ordered' GROUP BY h.owner_id, c.id""",
        remedy=Remedy.RELEASE_HOLD,
    ),
    Invariant(
        "holds-of-drafts",
        Section.CARTS,
        "nothing is held for a draft order that was placed, discarded or not reserved",
        """
    SELECT h.owner_id AS subject, 'draft ' || d.number AS label, sum(h.quantity) AS recorded,
        0 AS expected
    FROM stock_holds h JOIN draft_orders d ON d.id = h.owner_id
    WHERE d.status IN ('placed', 'discarded') OR d.reserved_until IS NULL
    GROUP BY h.owner_id, d.number""",
        remedy=Remedy.RELEASE_HOLD,
    ),
)
