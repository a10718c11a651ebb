"""Bins against stock levels, and against their journal."""

from api.doctor.invariants import Invariant, Remedy, Section

_IN_BIN = """
    SELECT d.level_id AS subject, v.sku || ' in bin ' || b.code AS label, d.recorded, d.expected
    FROM ({}) d JOIN bins b ON b.id = d.bin_id JOIN stock_levels l ON l.id = d.level_id
    JOIN variants v ON v.id = l.variant_id"""

INVARIANTS = (
    Invariant(
        "states-by-journal",
        Section.STOCK,
        "4: damaged, quarantine, expired, safety stock are the sums of the journal",
        """
    SELECT l.id AS subject, v.sku || ' at ' || p.code AS label,
        concat_ws(', ', l.damaged, l.quarantine, l.safety_stock, l.expired) AS recorded,
        concat_ws(', ', coalesce(s.damaged, 0), coalesce(s.quarantine, 0),
            coalesce(s.safety_stock, 0), coalesce(s.expired, 0)) AS expected
    FROM stock_levels l
    JOIN variants v ON v.id = l.variant_id JOIN locations p ON p.id = l.location_id
    LEFT JOIN (SELECT level_id, sum(damaged_change) AS damaged,
            sum(quarantine_change) AS quarantine, sum(safety_stock_change) AS safety_stock,
            sum(expired_change) AS expired
        FROM stock_movements WHERE damaged_change <> 0 OR quarantine_change <> 0
            OR safety_stock_change <> 0 OR expired_change <> 0
        GROUP BY level_id) s ON s.level_id = l.id
    WHERE (l.damaged, l.quarantine, l.safety_stock, l.expired) IS DISTINCT FROM
        (coalesce(s.damaged, 0), coalesce(s.quarantine, 0), coalesce(s.safety_stock, 0),
        coalesce(s.expired, 0))""",
        remedy=Remedy.RECONCILE_LEVEL,
    ),
    Invariant(
        "bin-balance",
        Section.STOCK,
        "6: the running balance of each bin has no gap",
        _IN_BIN.format("""
        SELECT bin_id, level_id, quantity_after AS recorded, before + change AS expected
        FROM (SELECT bin_id, level_id, change, quantity_after,
            lag(quantity_after, 1, 0) OVER (PARTITION BY bin_id, level_id ORDER BY id) AS before
            FROM bin_movements) m
        WHERE quantity_after <> before + change"""),
    ),
    Invariant(
        "bin-journal",
        Section.STOCK,
        "6: what is in a bin is the last balance of its journal",
        _IN_BIN.format("""
        SELECT bin_id, level_id, coalesce(s.quantity, 0) AS recorded,
            coalesce(m.quantity_after, 0) AS expected
        FROM (SELECT DISTINCT ON (bin_id, level_id) bin_id, level_id, quantity_after
            FROM bin_movements ORDER BY bin_id, level_id, id DESC) m
        FULL JOIN bin_stock s USING (bin_id, level_id)
        WHERE coalesce(s.quantity, 0) <> coalesce(m.quantity_after, 0)"""),
        remedy=Remedy.RECONCILE_LEVEL,
    ),
    Invariant(
        "bins-of-level",
        Section.STOCK,
        "7: the sum of the bins is on the level, and within what is on hand",
        """
    SELECT l.id AS subject, v.sku || ' at ' || p.code AS label,
        l.in_bins || ' of ' || l.on_hand || ' in bins' AS recorded,
        coalesce(s.total, 0) || ' in bins, at most ' || l.on_hand AS expected
    FROM stock_levels l
    JOIN variants v ON v.id = l.variant_id JOIN locations p ON p.id = l.location_id
    LEFT JOIN (SELECT level_id, sum(quantity) AS total FROM bin_stock GROUP BY level_id) s
        ON s.level_id = l.id
    WHERE l.in_bins <> coalesce(s.total, 0) OR l.in_bins > l.on_hand""",
        remedy=Remedy.RECONCILE_LEVEL,
    ),
    Invariant(
        "quarantine-bins",
        Section.STOCK,
        "7: units in quarantine bins are in quarantine",
        """
    SELECT l.id AS subject, v.sku AS label, l.quarantine AS recorded,
        'at least ' || s.total AS expected
    FROM (SELECT s.level_id, sum(s.quantity) AS total FROM bin_stock s
        JOIN bins b ON b.id = s.bin_id WHERE b.kind = 'quarantine' GROUP BY s.level_id) s
    JOIN stock_levels l ON l.id = s.level_id JOIN variants v ON v.id = l.variant_id
    WHERE l.quarantine < s.total""",
    ),
)
