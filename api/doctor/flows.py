"""Check all invariants one after another, each in its own transaction, and fix what can be fixed.

The shop may stay open. Checks lock nothing; a fix locks one order or one stock level at a time.
"""

import time
from collections.abc import Callable, Collection, Sequence
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.catalog import flows as catalog_flows
from api.catalog.queries.attributes import slugs_of
from api.doctor import queries, service
from api.doctor.invariants import Difference, Finding, Invariant, Report, Section, State
from api.kernel.errors import DomainError
from api.kernel.principal import Principal
from api.platform import doctor_runs
from api.platform.db import session, transaction
from api.platform.settings import current_settings
from api.shipping import queries as shipping_queries
from api.tax import queries as tax_queries

SHOWN: Final = 20
"""How many differences of one invariant are listed; all are counted."""
_AT_ONCE: Final = 500
_AS_IT_SHOULD_BE: Final = "as its rows say"

Asked = Callable[[Finding], None]
"""Called with each finding as it is made."""

_log = structlog.get_logger("api.doctor")


def chosen(names: Collection[str] = ()) -> list[Invariant]:
    """Return the invariants of some sections or names, or all; LookupError for an unknown name."""
    valid = {*Section, *(one.name for one in queries.INVARIANTS)}
    if unknown := sorted(set(names) - valid):
        raise LookupError(", ".join(unknown))
    return [one for one in queries.INVARIANTS if not names or {one.name, one.section} & set(names)]


def examine(
    invariants: Sequence[Invariant],
    *,
    shown: int = SHOWN,
    fix: bool = False,
    asked: Asked = lambda _: None,
) -> Report:
    """Check invariants in their order; with `fix`, repair what needs no human decision.

    An invariant that cannot be checked is reported as failed and does not stop the others.
    Differences of money are never fixed.
    """
    report = Report()
    for invariant in invariants:
        began = time.perf_counter()
        fixed = _mend(invariant) if fix else 0
        finding = _ask(invariant, shown)
        finding.fixed = fixed
        finding.took_ms = round((time.perf_counter() - began) * 1000)
        report.findings.append(finding)
        asked(finding)
    return report


def list_money(report: Report) -> None:
    """Put differences of money on the attention list, and remove those that are gone."""
    is_money = {one.name: one for one in queries.INVARIANTS if one.is_money}
    for finding in report.findings:
        if finding.name in is_money:
            with transaction():
                service.list_discrepancy(is_money[finding.name], finding)


def run(by: Principal, *, fix: bool = False, asked: Asked = lambda _: None) -> Report:
    """Check everything now, store the result, and put differences of money on the attention list.

    Opens its own transactions.
    """
    with transaction():
        run_id = service.open_run(by=by)
    report = carry_out(run_id, fix=fix, asked=asked)
    assert report is not None
    return report


def carry_out(run_id: UUID, *, fix: bool = False, asked: Asked = lambda _: None) -> Report | None:
    """Carry out a requested run; None when it has ended already. Safe to repeat."""
    invariants = chosen()
    with transaction():
        if not service.begin(run_id, len(invariants)):
            return None
    checked = 0

    def note(finding: Finding) -> None:
        nonlocal checked
        checked += 1
        with transaction():
            service.note_progress(run_id, checked)
        asked(finding)

    try:
        report = examine(invariants, fix=fix, asked=note)
        list_money(report)
    except BaseException as broken:
        session.rollback()
        with transaction():
            service.give_up(run_id, f"{type(broken).__name__}: {broken}")
        raise
    with transaction():
        service.finish(run_id, report)
        doctor_runs.purge_old()
    names = [each.name for each in report.findings if each.state is not State.OK]
    log = _log.warning if names else _log.info
    log("doctor", differences=report.differences, failed=report.failed, wrong=names)
    return report


def _ask(invariant: Invariant, shown: int) -> Finding:
    finding = Finding(invariant.name, invariant.section, invariant.promise)
    try:
        finding.differences, finding.shown = _answer(invariant, shown)
    except SQLAlchemyError as failure:
        session.rollback()
        finding.state, finding.error = State.FAILED, _reason(failure)
        _log.exception("invariant_failed", invariant=invariant.name)
        return finding
    if finding.differences:
        finding.state = State.DIFFERS
    return finding


def _answer(invariant: Invariant, shown: int) -> tuple[int, Sequence[Difference]]:
    match invariant.section:
        case Section.TAX:
            return _tax_gaps(shown)
        case Section.CATALOGUE:
            return _products_that_differ(shown)
    with transaction() as current:
        current.execute(text("SET TRANSACTION READ ONLY"))
        return queries.ask(invariant.question, shown)


def _tax_gaps(shown: int) -> tuple[int, Sequence[Difference]]:
    gaps = shipping_queries.tax_gaps(tax_queries.tax_day(), current_settings().country)
    session.rollback()
    differences = [
        Difference(country, country, "shipped to without a tax rule", "given a rate or a treatment")
        for country in gaps.unruled
    ]
    differences += [
        Difference(str(rate_id), words, "to be checked", "edited or confirmed by the owner")
        for rate_id, words in gaps.to_check
    ]
    return len(differences), differences[:shown]


def _products_that_differ(shown: int) -> tuple[int, Sequence[Difference]]:
    count, first = 0, list[UUID]()
    for _, changed in catalog_flows.refresh(keeping=False):
        count += len(changed)
        first += sorted(changed)[: shown - len(first)]
    slugs = slugs_of(first)
    session.rollback()
    ids = [str(one) for one in sorted(first)]
    return count, [
        Difference(subject, slug, "something else", _AS_IT_SHOULD_BE)
        for subject, slug in zip(ids, slugs, strict=True)
    ]


def _mend(invariant: Invariant) -> int:
    """Fix the differences of an invariant, some hundred at a time; returns how many.

    What cannot be fixed stays as it is, and is reported again.
    """
    if invariant.section is Section.CATALOGUE:
        return sum(len(changed) for _, changed in catalog_flows.refresh(keeping=True))
    if invariant.remedy is None or invariant.is_money:
        return 0
    mended, tried = 0, set[str]()
    while True:
        try:
            _, differences = _answer(invariant, _AT_ONCE)
        except SQLAlchemyError:
            session.rollback()
            return mended  # the check that follows reports why it cannot be made
        new = [one for one in differences if one.subject not in tried]
        if not new:
            return mended
        for difference in new:
            tried.add(difference.subject)
            mended += _mend_one(invariant, difference)


def _mend_one(invariant: Invariant, difference: Difference) -> bool:
    assert invariant.remedy is not None
    try:
        with transaction():
            return service.fix(invariant.remedy, difference)
    except (DomainError, SQLAlchemyError) as refused:
        session.rollback()
        _log.warning("not_mended", invariant=invariant.name, error=_reason(refused))
        return False


def _reason(failure: Exception) -> str:
    return f"{type(failure).__name__}: {str(failure).splitlines()[0]}"[:300]
