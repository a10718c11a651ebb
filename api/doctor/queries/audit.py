"""Invariants of the audit log: complete, and in the order in which it was sealed."""

from api.doctor.invariants import Invariant, Section
from api.platform.audit import SEALED_TEXT

INVARIANTS = (
    Invariant(
        "audit-chain",
        Section.AUDIT,
        "30: each entry of the audit log is as it was sealed, and none is missing",
        f"""
    SELECT s.entry_id AS subject, 'seal ' || s.seq || coalesce(', ' || e.action, '') AS label,
        CASE WHEN e.id IS NULL THEN 'gone' WHEN s.seq <> s.place THEN 'after a gap'
            ELSE 'changed' END AS recorded, 'as it was sealed' AS expected
    FROM (
        SELECT seq, entry_id, digest, lag(digest, 1, '') OVER chain AS before,
            lag(seq, 1, 0::bigint) OVER chain + 1 AS place
        FROM audit_seals WINDOW chain AS (ORDER BY seq)
    ) s LEFT JOIN audit_log e ON e.id = s.entry_id
    WHERE e.id IS NULL OR s.seq <> s.place
        OR s.digest <> encode(sha256(convert_to(s.before || {SEALED_TEXT}, 'UTF8')), 'hex')
    UNION ALL
    SELECT e.id, e.action || ' ' || e.id, 'not sealed', 'sealed within minutes'
    FROM audit_log e
    WHERE ('x' || substr(replace(e.id::text, '-', ''), 1, 12))::bit(48)::bigint
            < extract(epoch FROM :now - interval '2 hours') * 1000
        AND NOT EXISTS (SELECT FROM audit_seals s WHERE s.entry_id = e.id)""",
    ),
)
