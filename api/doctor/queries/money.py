"""Invariants of payments, refunds and disputes, and of the provider's events about them.

Amounts are minor units. Differences here are never fixed automatically: a person decides.
"""

from collections.abc import Iterator

from api.doctor.invariants import Invariant, Section

_PAYMENT = "'order ' || o.number || ', payment ' || p.id AS label, o.id AS order_id"
_IS_DECIDED = "(a.resolved_at IS NULL OR a.resolution = 'accepted')"
"""An attention item is open, or somebody accepted the difference."""
_IS_TENDER = "provider IN ('gift_card', 'store_credit')"
_OPEN_REFUND = "status IN ('requested', 'submitted')"


def _money(name: str, promise: str, question: str) -> Invariant:
    return Invariant(name, Section.MONEY, promise, question, is_money=True)


def _sums(column: str, rows: str, amount: str, where: str) -> str:
    """Compare a sum on the payments with the rows that it is made of."""
    return f"""
    SELECT p.id AS subject, {_PAYMENT}, p.{column} AS recorded, coalesce(s.total, 0) AS expected
    FROM payments p JOIN orders o ON o.id = p.order_id
    LEFT JOIN (SELECT payment_id, sum({amount}) AS total FROM {rows} WHERE {where}
        GROUP BY payment_id) s ON s.payment_id = p.id
    WHERE p.{column} <> coalesce(s.total, 0)"""


def _order_sums() -> Iterator[Invariant]:
    for column in ("captured", "refunded", "refund_pending", "charged_back"):
        yield _money(
            f"order-{column.replace('_', '-')}",
            f"16: what an order has {column.replace('_', ' ')} is the sum of its payments",
            f"""
    SELECT o.id AS subject, 'order ' || o.number AS label, o.{column} AS recorded,
        coalesce(s.total, 0) AS expected, o.id AS order_id
    FROM orders o
    LEFT JOIN (SELECT order_id, sum({column}) AS total FROM payments GROUP BY order_id) s
        ON s.order_id = o.id
    WHERE o.{column} <> coalesce(s.total, 0)""",
        )


INVARIANTS = (
    *_order_sums(),
    _money(
        "captured",
        "16: captured is what the provider's captures add up to",
        _sums(
            "captured",
            "payment_events",
            "CASE kind WHEN 'captured' THEN amount ELSE -amount END",
            "kind IN ('captured', 'released')",
        ),
    ),
    _money(
        "refunded",
        "17: refunded is what the succeeded refunds add up to",
        _sums("refunded", "refunds", "amount", "status = 'succeeded'"),
    ),
    _money(
        "refund-pending",
        "17: what is on its way back is what the open refunds add up to",
        _sums("refund_pending", "refunds", "amount", _OPEN_REFUND),
    ),
    _money(
        "refunds-within-captured",
        "17: no more goes back than came in",
        # A refund at the provider may overtake one of ours, which then fails there within minutes.
        f"""
    SELECT p.id AS subject, {_PAYMENT}, p.refunded || ' refunded, ' || p.refund_pending
        || ' on its way' AS recorded, 'at most ' || p.captured AS expected
    FROM payments p JOIN orders o ON o.id = p.order_id
    WHERE p.refunded > p.captured OR p.refunded + p.refund_pending > p.captured
        AND NOT EXISTS (SELECT FROM refunds r WHERE r.payment_id = p.id
            AND r.{_OPEN_REFUND} AND r.created_at > :now - interval '15 minutes')""",
    ),
    _money(
        "charged-back",
        "charged back is what the lost disputes took",
        _sums("charged_back", "disputes", "charged_back", "status = 'lost'"),
    ),
    _money(
        "charged-back-events",
        "charged back is what its movements add up to",
        _sums(
            "charged_back",
            "payment_events",
            "CASE kind WHEN 'charged_back' THEN amount ELSE -amount END",
            "kind IN ('charged_back', 'charge_back_returned')",
        ),
    ),
    _money(
        "refunded-lines",
        "what lines and shipping say is refunded is what the refunds say",
        """
    SELECT o.id AS subject, 'order ' || o.number AS label, o.id AS order_id,
        d.units || ' units, ' || d.amount AS recorded,
        d.case_units || ' units, ' || d.case_amount AS expected
    FROM (
        SELECT coalesce(a.order_id, b.order_id) AS order_id,
            coalesce(a.units, 0) AS units, coalesce(a.amount, 0) AS amount,
            coalesce(b.units, 0) AS case_units, coalesce(b.amount, 0) AS case_amount
        FROM (
            SELECT ol.order_id, sum(ol.refunded_quantity) AS units,
                sum(ol.refunded_amount) + min(o.shipping_refunded) AS amount
            FROM order_lines ol JOIN orders o ON o.id = ol.order_id GROUP BY ol.order_id) a
        FULL JOIN (
            SELECT c.order_id, sum(l.units) AS units,
                sum(c.shipping + coalesce(l.amount, 0)) AS amount
            FROM refund_cases c
            LEFT JOIN (SELECT case_id, sum(quantity) AS units, sum(amount) AS amount
                FROM refund_case_lines GROUP BY case_id) l ON l.case_id = c.id
            WHERE NOT c.reversed GROUP BY c.order_id) b ON b.order_id = a.order_id) d
    JOIN orders o ON o.id = d.order_id
    WHERE d.units <> d.case_units OR d.amount <> d.case_amount""",
    ),
    _money(
        "provider-payments",
        "20: each payment that succeeded at the provider has an order or is listed as an orphan",
        """
    SELECT e.id AS subject, e.object_id AS label, 'no order' AS recorded,
        'an order or an item of the attention list' AS expected
    FROM provider_events e
    WHERE e.kind = 'payment_intent.succeeded' AND e.outcome = 'applied'
        AND NOT EXISTS (SELECT FROM payments p WHERE p.provider_ref = e.object_id)
        AND NOT EXISTS (SELECT FROM attention_items a
            WHERE a.kind = 'orphan_money' AND a.reference = e.object_id)""",
    ),
    _money(
        "dead-orders-payable",
        "nothing can be paid for an order that has ended",
        f"""
    SELECT p.id AS subject, {_PAYMENT}, p.status AS recorded, 'withdrawn' AS expected
    FROM payments p JOIN orders o ON o.id = p.order_id
    WHERE p.provider = 'stripe' AND (
        p.status NOT IN ('failed', 'voided', 'captured') AND (o.status = 'cancelled'
            OR o.status = 'completed' AND o.completed_at < :now - interval '15 minutes')
        OR p.status = 'voided' AND p.withdrawn_at IS NULL AND p.provider_ref IS NOT NULL
            AND p.created_at < :now - interval '1 hour'
            AND p.checked_at < :now - interval '15 minutes')""",
    ),
    _money(
        "disputes-listed",
        "an open dispute, or its loss, is on the attention list",
        f"""
    SELECT d.id AS subject, 'order ' || o.number || ', ' || d.provider_ref AS label,
        'not on the attention list' AS recorded, 'an item' AS expected, o.id AS order_id
    FROM disputes d JOIN orders o ON o.id = d.order_id
    WHERE (d.closed_at IS NULL OR d.status = 'lost') AND NOT EXISTS (
        SELECT FROM attention_items a WHERE a.dispute_id = d.id AND {_IS_DECIDED})""",
    ),
    _money(
        "overpaid-listed",
        "what came beyond a living order's price is on the attention list",
        f"""
    SELECT o.id AS subject, 'order ' || o.number AS label,
        o.captured - o.refunded - o.refund_pending - o.charged_back AS recorded,
        'at most ' || o.total - o.exchanged || ', or an item of the attention list' AS expected,
        o.id AS order_id
    FROM orders o
    WHERE o.status <> 'cancelled'
        AND o.captured - o.refunded - o.refund_pending - o.charged_back > o.total - o.exchanged
        AND NOT EXISTS (
            SELECT FROM attention_items a
            WHERE a.order_id = o.id AND a.kind = 'overpaid' AND {_IS_DECIDED})""",
    ),
    _money(
        "provider-events",
        "29: the provider's events are applied within a quarter of an hour",
        """
    SELECT id AS subject, kind || ' ' || object_id AS label, 'not applied' AS recorded,
        'applied' AS expected
    FROM provider_events
    WHERE applied_at IS NULL AND received_at < :now - interval '15 minutes'""",
    ),
    _money(
        "order-tendered",
        "24: what an order has tendered is what gift cards and store credit paid of it",
        f"""
    SELECT o.id AS subject, 'order ' || o.number AS label, o.tendered AS recorded,
        coalesce(s.total, 0) AS expected, o.id AS order_id
    FROM orders o
    LEFT JOIN (SELECT order_id, sum(captured) AS total FROM payments WHERE {_IS_TENDER}
        GROUP BY order_id) s ON s.order_id = o.id
    WHERE o.tendered <> coalesce(s.total, 0)""",
    ),
    _money(
        "tenders-by-ledger",
        "24: what gift cards and store credit paid, and got back, is in their ledger",
        f"""
    SELECT p.id AS subject, {_PAYMENT}, coalesce(s.total, 0) AS recorded,
        p.captured - p.refunded AS expected
    FROM payments p JOIN orders o ON o.id = p.order_id
    LEFT JOIN (SELECT payment_id, -sum(amount) AS total FROM stored_value_entries
        WHERE payment_id IS NOT NULL GROUP BY payment_id) s ON s.payment_id = p.id
    WHERE p.{_IS_TENDER} AND p.captured - p.refunded <> coalesce(s.total, 0)""",
    ),
    _money(
        "refunds-as-store-credit",
        "24: each refund given as store credit is in its ledger",
        """
    SELECT r.id AS subject, 'order ' || o.number || ', refund ' || r.id AS label,
        o.id AS order_id, coalesce(e.amount, 0) AS recorded, r.amount AS expected
    FROM refunds r JOIN orders o ON o.id = r.order_id
    LEFT JOIN stored_value_entries e ON e.kind = 'refunded' AND e.reference = r.id::text
    WHERE r.to_store_credit AND r.status = 'succeeded' AND r.amount <> coalesce(e.amount, 0)""",
    ),
    _money(
        "stored-value-balance",
        "24: the balance of gift cards and store credit is the sum of their ledger",
        """
    SELECT a.id AS subject, a.kind || ' ' || coalesce(a.last_four, '') AS label,
        a.balance AS recorded, coalesce(s.total, 0) AS expected
    FROM stored_value_accounts a
    LEFT JOIN (SELECT account_id, sum(amount) AS total FROM stored_value_entries
        GROUP BY account_id) s ON s.account_id = a.id
    WHERE a.balance <> coalesce(s.total, 0)""",
    ),
)
