"""Reads of the shop's reasons, policies and sentences of returns."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Unpack
from uuid import UUID

from sqlalchemy import or_, select

from api.catalog.models import Product
from api.kernel.text_folding import counted
from api.orders.models import Order
from api.platform.db import AnyRow, AnySelect, session, table_of
from api.platform.pagination import PageQuery, Sort, page_response
from api.platform.settings import current_settings
from api.returns import texts
from api.returns.errors import HolidayNotFound, PolicyNotFound, ReasonUnknown
from api.returns.models import PublicHoliday, ReturnPolicy, ReturnReason, ReturnTexts
from api.returns.rules import Policy, narrowest
from api.tax import queries as tax_queries
from api.tax.models import Market

_POLICIES = table_of(ReturnPolicy)
_FIELDS = (
    "id", "product_id", "market_id", "window_days", "is_final_sale", "condition",
    "restocking_fee", "credit_bonus", "shipping_rule", "withdrawal_exclusion", "version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason of the catalogue. `version` is 0 for a built-in one."""

    code: str
    labels: Mapping[str, str]
    counts_as_defect: bool
    is_active: bool
    position: int
    version: int

    def label(self, language: str) -> str:
        """Return its name in a language, else in English, else its code."""
        short = language.split("-")[0]
        return (
            self.labels.get(language) or self.labels.get(short) or self.labels.get("en", self.code)
        )


def reasons() -> list[Reason]:
    """Return the catalogue of reasons: the built-in ones, and what the shop wrote instead."""
    found = {
        one.code: Reason(one.code, one.labels, one.counts_as_defect, True, position, 0)
        for position, one in enumerate(texts.REASONS, start=1)
    }
    for row in session.execute(select(ReturnReason.__table__)):
        found[row.code] = Reason(
            row.code, row.labels, row.counts_as_defect, row.is_active, row.position, row.version
        )
    return sorted(found.values(), key=lambda one: (one.position, one.code))


def reasons_by_code() -> dict[str, Reason]:
    """Return the reasons of the catalogue by code."""
    return {one.code: one for one in reasons()}


def check_reasons(codes: Collection[str]) -> None:
    """Refuse a reason that is not in the catalogue, or not used any more (`ReasonUnknown`)."""
    known = reasons_by_code()
    for code in codes:
        if code not in known or not known[code].is_active:
            raise ReasonUnknown(reason=code)


def texts_of(language: str) -> dict[str, str]:
    """Return the sentences in a language: the shop's own, else built-in ones."""
    own = session.scalar(select(ReturnTexts.texts).where(ReturnTexts.language == language))
    if own is None and "-" in language:
        short = language.split("-")[0]
        own = session.scalar(select(ReturnTexts.texts).where(ReturnTexts.language == short))
    return {**texts.built_in(language), **(own or {})}


def edited_texts(language: str) -> dict[str, object]:
    """Return the sentences of a language with the version that an edit is based on."""
    version = session.scalar(select(ReturnTexts.version).where(ReturnTexts.language == language))
    return {"language": language, "texts": texts_of(language), "version": version or 0}


def policy(policy_id: UUID) -> dict[str, object]:
    """Return a policy. Raises `PolicyNotFound`."""
    row = session.execute(_policies().where(_POLICIES.c.id == policy_id)).one_or_none()
    if row is None:
        raise PolicyNotFound(policy_id=policy_id)
    return dict(row._asdict())


def policies_page(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of the policies, oldest first."""
    return page_response(
        _policies(), Sort((_POLICIES.c.id,)), counted=select(_POLICIES.c.id), **asked
    )


def policies_of(country: str, product_ids: Collection[UUID]) -> dict[UUID, Policy]:
    """Return the policy of each product for orders to a country; two statements."""
    market_id = market_of(country).get("id")
    rows = session.execute(
        select(_POLICIES).where(
            or_(_POLICIES.c.product_id.is_(None), _POLICIES.c.product_id.in_(product_ids)),
            or_(_POLICIES.c.market_id.is_(None), _POLICIES.c.market_id == market_id),
        )
    ).all()
    found = [(row.product_id, row.market_id is not None, _policy(row)) for row in rows]
    return {
        product_id: narrowest(
            (named is not None, has_market, rule)
            for named, has_market, rule in found
            if named in (None, product_id)
        )
        for product_id in product_ids
    }


def market_of(country: str) -> dict[str, object]:
    """Return the active market of a country; an empty one in a shop without."""
    markets = tax_queries.active_markets()
    for wanted in (country, "*"):
        for market in markets:
            if wanted in market["countries"]:
                return market
    return {}


def language_of(country: str) -> str:
    """Return the language of orders to a country: its market's, else the shop's first."""
    return str(market_of(country).get("language") or current_settings().languages[0])


def language_for(order: AnyRow | Order) -> str:
    """Return the language in which the customer of an order is written to about a return."""
    return str(order.language or language_of(order.shipping_address["country"]))


def holidays_from(moment: datetime, country: str) -> frozenset[date]:
    """Return the public holidays of a country's market in the ten weeks after a moment."""
    market_id = market_of(country).get("id")
    first = moment.date()
    return frozenset(
        session.scalars(
            select(PublicHoliday.day).where(
                PublicHoliday.day.between(first, first + timedelta(weeks=10)),
                or_(PublicHoliday.market_id.is_(None), PublicHoliday.market_id == market_id),
            )
        )
    )


def holidays_page(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of the public holidays by day."""
    return page_response(
        select(
            PublicHoliday.id,
            PublicHoliday.market_id,
            PublicHoliday.day,
            PublicHoliday.name,
            Market.code.label("market"),
        ).outerjoin(Market, Market.id == PublicHoliday.market_id),
        Sort((PublicHoliday.day, PublicHoliday.id)),
        counted=select(PublicHoliday.id),
        **asked,
    )


def holiday(holiday_id: UUID) -> dict[str, object]:
    """Return one public holiday. Raises `HolidayNotFound`."""
    row = session.execute(
        select(
            PublicHoliday.id,
            PublicHoliday.market_id,
            PublicHoliday.day,
            PublicHoliday.name,
            Market.code.label("market"),
        )
        .outerjoin(Market, Market.id == PublicHoliday.market_id)
        .where(PublicHoliday.id == holiday_id)
    ).one_or_none()
    if row is None:
        raise HolidayNotFound(holiday_id=holiday_id)
    return row._asdict()


def all_texts(language: str | None) -> list[dict[str, object]]:
    """Return each sentence by itself, in one language or in all that the shop writes in."""
    own = {
        row.language: row
        for row in session.execute(
            select(ReturnTexts.language, ReturnTexts.texts, ReturnTexts.version)
        )
    }
    spoken = [language] if language else sorted({*current_settings().languages, *texts.TEXTS, *own})
    shown = []
    for one in spoken:
        row = own.get(one)
        sentences = texts_of(one)
        shown += [
            {
                "id": f"{one}:{name}",
                "language": one,
                "name": name,
                "text": sentences[name],
                "is_own": row is not None and name in row.texts,
                "version": 0 if row is None else row.version,
            }
            for name in texts.NAMES
        ]
    return shown


def described(rule: Policy) -> str:
    """Say in a sentence what a policy accepts."""
    if rule.is_final_sale:
        return "Final sale."
    condition = "" if rule.condition == "any" else f", {rule.condition}"
    return f"Within {counted(rule.window_days, 'day')}{condition}."


def _policy(row: AnyRow) -> Policy:
    return Policy(**{name: getattr(row, name) for name in Policy.__dataclass_fields__})


def _policies() -> AnySelect:
    return (
        select(
            *(_POLICIES.c[name] for name in _FIELDS),
            Product.title.label("product"),
            Market.code.label("market"),
        )
        .outerjoin(Product, Product.id == _POLICIES.c.product_id)
        .outerjoin(Market, Market.id == _POLICIES.c.market_id)
    )
