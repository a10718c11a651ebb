"""Invariants of events and their deliveries, e-mails and the attention list."""

from api.doctor.invariants import Invariant, Section

INVARIANTS = (
    Invariant(
        "facts-relayed",
        Section.DELIVERY,
        "28: each event is handed to its jobs within an hour",
        """
    SELECT id AS subject, name || ' ' || id AS label, 'waiting' AS recorded,
        'handed on' AS expected
    FROM facts WHERE relayed_at IS NULL AND created_at < :now - interval '1 hour'""",
    ),
    Invariant(
        "deliveries-done",
        Section.DELIVERY,
        "28: each job of an event is done within an hour, waits for its next attempt, or is "
        "on the attention list",
        """
    SELECT d.fact_id AS subject, d.subscriber || ' of ' || f.name || ' ' || f.id AS label,
        'not done, ' || d.attempts || ' attempts' AS recorded, 'done' AS expected
    FROM fact_deliveries d JOIN facts f ON f.id = d.fact_id
    WHERE d.done_at IS NULL AND f.created_at < :now - interval '1 hour'
        AND d.due_at < :now - interval '1 hour'
        AND NOT EXISTS (
            SELECT FROM attention_items a WHERE a.kind = 'failing_job'
            AND a.reference IN (d.fact_id || '/' || d.subscriber, '*/' || d.subscriber)
            AND (a.resolved_at IS NULL OR a.resolution = 'accepted'))""",
    ),
    Invariant(
        "emails-once",
        Section.DELIVERY,
        "there is one e-mail per cause and recipient",
        """
    SELECT kind || ' ' || subject_id AS subject, kind || ' about ' || subject_id AS label,
        count(*) AS recorded, 1 AS expected
    FROM letters GROUP BY kind, subject_id, recipient HAVING count(*) > 1""",
    ),
    Invariant(
        "emails-under-way",
        Section.DELIVERY,
        "each e-mail that waits has a job that will send it",
        """
    SELECT l.id AS subject, l.kind || ' ' || l.id AS label, l.status AS recorded,
        'sent, or given up' AS expected
    FROM letters l
    WHERE l.status IN ('pending', 'sending')
        AND coalesce(l.claimed_until, l.created_at) < :now - interval '1 hour'
        AND l.request_id NOT IN (
            SELECT request_id FROM facts WHERE relayed_at IS NULL
            UNION SELECT f.request_id FROM fact_deliveries d JOIN facts f ON f.id = d.fact_id
                WHERE d.done_at IS NULL)""",
    ),
    Invariant(
        "attention-once",
        Section.DELIVERY,
        "nothing is on the attention list twice",
        """
    SELECT kind || ' ' || reference AS subject, kind || ' ' || reference AS label,
        count(*) AS recorded, 1 AS expected
    FROM attention_items WHERE resolved_at IS NULL
    GROUP BY kind, reference HAVING count(*) > 1""",
    ),
)
