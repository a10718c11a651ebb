"""Do the books balance? Every promise about money and goods, recomputed from the rows."""

from typing import Any

from sqlalchemy import text

from api.platform.db import session

_BOOKS = {
    "journal = levels": """
        SELECT l.id FROM stock_levels l
        LEFT JOIN stock_movements m ON m.level_id = l.id
        GROUP BY l.id
        HAVING l.on_hand <> coalesce(sum(m.on_hand_change), 0)
            OR l.allocated <> coalesce(sum(m.allocated_change), 0)
            OR l.reserved <> coalesce(sum(m.reserved_change), 0)""",
    "allocations = level.allocated": """
        SELECT l.id FROM stock_levels l
        LEFT JOIN stock_allocations a ON a.level_id = l.id
        GROUP BY l.id HAVING l.allocated <> coalesce(sum(a.quantity), 0)""",
    "holds = level.reserved": """
        SELECT l.id FROM stock_levels l
        LEFT JOIN stock_holds h ON h.level_id = l.id
        GROUP BY l.id HAVING l.reserved <> coalesce(sum(h.quantity), 0)""",
    "allocations = open demand": """
        SELECT ol.id FROM order_lines ol JOIN orders o ON o.id = ol.order_id
        LEFT JOIN stock_allocations a ON a.order_line_id = ol.id
        GROUP BY ol.id
        HAVING ol.quantity - ol.shipped_quantity - ol.cancelled_quantity
            <> coalesce(sum(a.quantity), 0)""",
    "shipped and delivered units = units in parcels": """
        SELECT ol.id FROM order_lines ol
        LEFT JOIN (fulfilment_lines fl JOIN fulfilments f ON f.id = fl.fulfilment_id)
            ON fl.order_line_id = ol.id AND f.status IN ('shipped', 'delivered')
        GROUP BY ol.id
        HAVING ol.shipped_quantity <> coalesce(sum(fl.quantity), 0)
            OR ol.delivered_quantity
                <> coalesce(sum(fl.quantity) FILTER (WHERE f.status = 'delivered'), 0)""",
    "order total = sum of its parts": """
        SELECT o.id FROM orders o JOIN order_lines ol ON ol.order_id = o.id
        GROUP BY o.id
        HAVING o.subtotal <> sum(ol.total) OR o.total <> o.subtotal + o.shipping_total
            OR o.tax_total <> sum(ol.tax) + o.shipping_tax""",
    "order's money = its payments' money": """
        SELECT o.id FROM orders o LEFT JOIN payments p ON p.order_id = o.id
        GROUP BY o.id
        HAVING o.captured <> coalesce(sum(p.captured), 0)
            OR o.refunded <> coalesce(sum(p.refunded), 0)
            OR o.refund_pending <> coalesce(sum(p.refund_pending), 0)
            OR o.charged_back <> coalesce(sum(p.charged_back), 0)""",
    "captured = captured events": """
        SELECT p.id FROM payments p LEFT JOIN payment_events e
            ON e.payment_id = p.id AND e.kind = 'captured'
        GROUP BY p.id HAVING p.captured <> coalesce(sum(e.amount), 0)""",
    "refunded = succeeded refunds": """
        SELECT p.id FROM payments p LEFT JOIN refunds r
            ON r.payment_id = p.id AND r.status = 'succeeded'
        GROUP BY p.id HAVING p.refunded <> coalesce(sum(r.amount), 0)""",
    "refund_pending = open refunds": """
        SELECT p.id FROM payments p LEFT JOIN refunds r
            ON r.payment_id = p.id AND r.status IN ('requested', 'submitted')
        GROUP BY p.id HAVING p.refund_pending <> coalesce(sum(r.amount), 0)""",
    "charged back = lost disputes": """
        SELECT p.id FROM payments p LEFT JOIN disputes d ON d.payment_id = p.id
        GROUP BY p.id HAVING p.charged_back <> coalesce(sum(d.charged_back), 0)
            OR coalesce(sum(d.charged_back) FILTER (WHERE d.status <> 'lost'), 0) <> 0""",
    "charged back = its payment events": """
        SELECT p.id FROM payments p LEFT JOIN payment_events e
            ON e.payment_id = p.id AND e.kind IN ('charged_back', 'charge_back_returned')
        GROUP BY p.id
        HAVING p.charged_back <> coalesce(sum(
            CASE e.kind WHEN 'charged_back' THEN e.amount ELSE -e.amount END), 0)""",
    "an order is on hold while a hold stands": """
        SELECT o.id FROM orders o
        LEFT JOIN order_holds h ON h.order_id = o.id AND h.released_at IS NULL
        GROUP BY o.id HAVING o.on_hold <> (count(h.id) > 0)""",
    "nothing on hold is to ship": "SELECT id FROM orders WHERE on_hold AND to_ship",
    "an open dispute or its loss is on the attention list": """
        SELECT d.id FROM disputes d
        WHERE (d.closed_at IS NULL OR d.status = 'lost') AND NOT EXISTS (
            SELECT 1 FROM attention_items a WHERE a.dispute_id = d.id
            AND (a.resolved_at IS NULL OR a.resolution = 'accepted'))""",
    "what is overpaid is on the attention list": """
        SELECT o.id FROM orders o
        WHERE o.status <> 'cancelled'
            AND o.captured - o.refunded - o.refund_pending - o.charged_back > o.total
            AND NOT EXISTS (
                SELECT 1 FROM attention_items a
                WHERE a.kind = 'overpaid' AND a.order_id = o.id
                    AND (a.resolved_at IS NULL OR a.resolution = 'accepted'))""",
    "nothing is on the attention list twice": """
        SELECT kind FROM attention_items WHERE resolved_at IS NULL
        GROUP BY kind, reference HAVING count(*) > 1""",
    "no promise of a cancelled order": """
        SELECT a.id FROM stock_allocations a JOIN orders o ON o.id = a.order_id
        WHERE o.status = 'cancelled' AND a.quantity > 0""",
    "an ordered cart has its order": """
        SELECT c.id FROM carts c LEFT JOIN orders o ON o.cart_id = c.id
        WHERE (c.status = 'ordered') <> (o.id IS NOT NULL)""",
    "one letter per cause": """
        SELECT kind FROM letters GROUP BY kind, subject_id, recipient HAVING count(*) > 1""",
}


def differences(connection: Any = None) -> list[str]:
    """Return the names of the books that do not balance, with the first row of each."""
    run = connection or session
    found = []
    for name, query in _BOOKS.items():
        row = run.execute(text(query)).first()
        if row is not None:
            found.append(f"{name}: {row[0]}")
    return found
