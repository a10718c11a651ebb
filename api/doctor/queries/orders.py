"""Invariants of orders: their sums, and the statuses that follow from money and goods."""

from api.doctor.invariants import Invariant, Remedy, Section
from api.kernel.money import BASIS_POINTS, CHARGE_UNITS

_NUMBER = "o.id AS subject, 'order ' || o.number AS label, o.id AS order_id"

# As `kernel.money.tax_within`: half a minor unit is rounded up.
_TAX = "(({gross} * {rate} * 2 + {whole} + {rate}) / (({whole} + {rate}) * 2))"

_PAYABLE = "CASE status WHEN 'cancelled' THEN 0 ELSE total - exchanged END"
PAYMENT_STATUS = f"""CASE
    WHEN status = 'cancelled' AND captured = 0 THEN 'voided'
    WHEN refunded + charged_back <> 0 AND captured <= refunded + charged_back
        THEN CASE WHEN charged_back <> 0 THEN 'charged_back' ELSE 'refunded' END
    WHEN captured - refunded - charged_back
        > {_PAYABLE} THEN 'overpaid'
    WHEN edit_due <> 0 AND captured <> 0 AND status <> 'cancelled' THEN 'partially_paid'
    WHEN refunded + charged_back <> 0 THEN 'partially_refunded'
    WHEN captured >= {_PAYABLE} THEN 'paid'
    WHEN captured <> 0 THEN 'partially_paid'
    WHEN authorized >= {_PAYABLE} THEN 'authorized'
    WHEN attempt_open THEN 'pending' ELSE 'unpaid' END"""
"""`orders.states.payment_status` as SQL; a test compares the two."""

FULFILMENT_STATUS = """CASE
    WHEN ordered = cancelled THEN 'cancelled'
    WHEN delivered >= ordered - cancelled THEN 'delivered'
    WHEN delivered <> 0 THEN 'partially_delivered'
    WHEN shipped >= ordered - cancelled THEN 'shipped'
    WHEN shipped <> 0 THEN 'partially_shipped' ELSE 'unfulfilled' END"""
"""`orders.states.fulfilment_status` as SQL; a test compares the two."""


def tax(gross: str, rate: str) -> str:
    """Write the tax contained in a gross amount at a rate in basis points."""
    return _TAX.format(gross=gross, rate=rate, whole=BASIS_POINTS)


_SUM = "(SELECT coalesce(sum((t->>'amount')::bigint), 0) FROM jsonb_array_elements({lines}) t)"
# Orders of older releases have no tax lines; their one rate is in basis points.
_SHIPPING_TAX = f"""CASE WHEN o.shipping_tax_lines IS NULL
    THEN {tax("o.shipping_total", "o.shipping_rate_basis_points")}
    ELSE {_SUM.format(lines="o.shipping_tax_lines")} END"""
_LINE_TAX = f"""CASE WHEN ol.tax_lines IS NULL THEN {tax("ol.total", "ol.tax_rate_basis_points")}
    ELSE {_SUM.format(lines="ol.tax_lines")} END"""
_LINE_TOTAL = """(ol.unit_price * ol.quantity - ol.discount
    + CASE WHEN o.prices_include_tax THEN 0 ELSE ol.tax END)"""
# Rounded once for all taxes of a line and then split, an amount is never a whole unit off.
_OTHER_UNITS = " ".join(f"WHEN '{code}' THEN {unit}" for code, unit in CHARGE_UNITS.items())
_UNIT = f"CASE o.currency {_OTHER_UNITS} ELSE 1 END"
_WRONG_TAX = f"""abs((t->>'amount')::numeric - (t->>'base')::numeric * (t->>'rate')::numeric)
    >= {_UNIT}"""

INVARIANTS = (
    Invariant(
        "order-total",
        Section.ORDERS,
        "13: an order's total is the sum of its lines and the shipping",
        f"""
    SELECT {_NUMBER}, o.total || ' of ' || o.subtotal || ' and ' || o.shipping_total AS recorded,
        s.total || ' and the shipping' AS expected
    FROM orders o
    LEFT JOIN (SELECT order_id, sum(total) AS total FROM order_lines GROUP BY order_id) s
        ON s.order_id = o.id
    WHERE o.subtotal <> coalesce(s.total, 0) OR o.total <> o.subtotal + o.shipping_total""",
        is_money=True,
    ),
    Invariant(
        "order-tax",
        Section.ORDERS,
        "14: an order's tax is that of its lines and its shipping",
        f"""
    SELECT {_NUMBER}, o.tax_total || ', shipping ' || o.shipping_tax AS recorded,
        coalesce(s.tax, 0) + {_SHIPPING_TAX} || ', shipping ' || {_SHIPPING_TAX} AS expected
    FROM orders o
    LEFT JOIN (SELECT order_id, sum(tax) AS tax FROM order_lines GROUP BY order_id) s
        ON s.order_id = o.id
    WHERE o.tax_total <> coalesce(s.tax, 0) + o.shipping_tax
        OR o.shipping_tax <> {_SHIPPING_TAX}
        OR EXISTS (SELECT FROM jsonb_array_elements(o.shipping_tax_lines) t WHERE {_WRONG_TAX})""",
        is_money=True,
    ),
    Invariant(
        "line-total",
        Section.ORDERS,
        "14: a line is its units at their price after discount, its tax follows from its rate",
        f"""
    SELECT ol.id AS subject, 'order ' || o.number || ', ' || ol.sku AS label, o.id AS order_id,
        ol.total || ', tax ' || ol.tax AS recorded,
        {_LINE_TOTAL} || ', tax ' || {_LINE_TAX} AS expected
    FROM order_lines ol JOIN orders o ON o.id = ol.order_id
    WHERE ol.total <> {_LINE_TOTAL} OR ol.tax <> {_LINE_TAX}
        OR EXISTS (SELECT FROM jsonb_array_elements(ol.tax_lines) t WHERE {_WRONG_TAX})""",
        is_money=True,
    ),
    Invariant(
        "order-discounts",
        Section.ORDERS,
        "15: an order's discounts are those of its lines and its shipping",
        f"""
    SELECT {_NUMBER}, o.discount_total || ', shipping ' || o.shipping_discount AS recorded,
        coalesce(d.amount, 0) || ', shipping ' || coalesce(d.shipping, 0) AS expected
    FROM orders o
    LEFT JOIN (SELECT order_id, sum(amount) AS amount, sum(shipping_amount) AS shipping
        FROM order_discounts GROUP BY order_id) d ON d.order_id = o.id
    LEFT JOIN (SELECT order_id, sum(discount) AS discount FROM order_lines GROUP BY order_id) l
        ON l.order_id = o.id
    WHERE o.discount_total <> coalesce(d.amount, 0)
        OR o.shipping_discount <> coalesce(d.shipping, 0)
        OR o.discount_total <> coalesce(l.discount, 0) + o.shipping_discount""",
        is_money=True,
    ),
    Invariant(
        "discount-shares",
        Section.ORDERS,
        "15: what discounts take off a line are their shares of it",
        """
    SELECT ol.id AS subject, 'order ' || o.number || ', ' || ol.sku AS label, o.id AS order_id,
        ol.discount AS recorded, coalesce(s.share, 0) AS expected
    FROM order_lines ol JOIN orders o ON o.id = ol.order_id
    LEFT JOIN (SELECT e.key::uuid AS line_id, sum(e.value::bigint) AS share
        FROM order_discounts, jsonb_each_text(shares) e GROUP BY 1) s ON s.line_id = ol.id
    WHERE ol.discount <> coalesce(s.share, 0)""",
        is_money=True,
    ),
    Invariant(
        "discount-uses",
        Section.ORDERS,
        "23: a discount, and a code, was used as often as orders have it",
        """
    SELECT d.id AS subject, d.label, d.uses AS recorded, count(od.id) AS expected
    FROM (SELECT id, 'discount ' || name AS label, uses FROM discounts
        UNION ALL SELECT id, 'code ' || code, uses FROM discount_codes) d
    LEFT JOIN order_discounts od
        ON d.id IN (od.discount_id, od.code_id) AND od.released_at IS NULL
    GROUP BY d.id, d.label, d.uses HAVING d.uses <> count(od.id)""",
    ),
    Invariant(
        "payment-status",
        Section.ORDERS,
        "18: the payment status follows from the money",
        f"""
    SELECT {_NUMBER}, o.payment_status AS recorded, o.follows AS expected
    FROM (SELECT *, {PAYMENT_STATUS} AS follows FROM orders) o
    WHERE o.payment_status <> o.follows""",
        remedy=Remedy.DERIVE_ORDER,
    ),
    Invariant(
        "fulfilment-status",
        Section.ORDERS,
        "19: the fulfilment status follows from the goods",
        f"""
    SELECT {_NUMBER}, o.fulfilment_status AS recorded, {FULFILMENT_STATUS} AS expected
    FROM orders o
    JOIN (
        SELECT order_id, sum(quantity) AS ordered, sum(cancelled_quantity) AS cancelled,
            sum(shipped_quantity) AS shipped, sum(delivered_quantity) AS delivered
        FROM order_lines GROUP BY order_id) s ON s.order_id = o.id
    WHERE o.fulfilment_status <> {FULFILMENT_STATUS}""",
        remedy=Remedy.DERIVE_ORDER,
    ),
    Invariant(
        "on-hold",
        Section.ORDERS,
        "an order is on hold while a hold stands",
        f"""
    SELECT {_NUMBER}, o.on_hold::text AS recorded, (NOT o.on_hold)::text AS expected
    FROM orders o
    LEFT JOIN (SELECT DISTINCT order_id FROM order_holds WHERE released_at IS NULL) h
        ON h.order_id = o.id
    WHERE o.on_hold <> (h.order_id IS NOT NULL)""",
        remedy=Remedy.DERIVE_ORDER,
    ),
    Invariant(
        "order-notes",
        Section.ORDERS,
        "an order counts its pinned notes and those that its customer sees",
        f"""
    SELECT {_NUMBER}, o.pinned_notes || '/' || o.customer_notes AS recorded,
        coalesce(n.pinned, 0) || '/' || coalesce(n.told, 0) AS expected
    FROM orders o
    LEFT JOIN (
        SELECT order_id, count(*) FILTER (WHERE is_pinned) AS pinned,
            count(*) FILTER (WHERE for_customer) AS told
        FROM order_notes GROUP BY order_id) n ON n.order_id = o.id
    WHERE (o.pinned_notes, o.customer_notes) <> (coalesce(n.pinned, 0), coalesce(n.told, 0))""",
        remedy=Remedy.DERIVE_ORDER,
    ),
    Invariant(
        "to-ship",
        Section.ORDERS,
        "the queue of the packers holds what is paid, not on hold and not shipped whole",
        f"""
    SELECT {_NUMBER}, o.to_ship::text AS recorded, (NOT o.to_ship)::text AS expected
    FROM orders o
    WHERE o.to_ship <> (
        o.status = 'placed' AND NOT o.on_hold
        AND o.payment_status IN ('paid', 'partially_refunded', 'overpaid')
        AND EXISTS (SELECT FROM order_lines ol WHERE ol.order_id = o.id
            AND ol.quantity > ol.shipped_quantity + ol.cancelled_quantity))""",
        remedy=Remedy.DERIVE_ORDER,
    ),
    Invariant(
        "ordered-carts",
        Section.CARTS,
        "21: a cart that became an order has one",
        """
    SELECT c.id AS subject, 'cart ' || c.id AS label, c.status AS recorded,
        CASE WHEN o.id IS NULL THEN 'a cart without an order' ELSE 'ordered' END AS expected,
        o.id AS order_id
    FROM carts c LEFT JOIN orders o ON o.cart_id = c.id
    WHERE (c.status = 'ordered') <> (o.id IS NOT NULL)""",
    ),
    Invariant(
        "orders-of-carts",
        Section.CARTS,
        "21: no cart became two orders",
        """
    SELECT cart_id AS subject, 'cart ' || cart_id AS label, count(*) AS recorded, 1 AS expected
    FROM orders WHERE cart_id IS NOT NULL GROUP BY cart_id HAVING count(*) > 1""",
    ),
)
