"""Live rates and checks of accounts: carriers are asked outside of transactions, for 2 seconds."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import Final
from uuid import UUID

from api.carriers import queries, service
from api.carriers.gateways import (
    CarrierRefused,
    CarrierUnclear,
    CarrierUnreachable,
    NotOffered,
    Party,
    RateRequest,
)
from api.carriers.gateways.registry import CarrierGateways
from api.carriers.gateways.transport import RATE_SECONDS
from api.carriers.rules import TERMS, CheckResult, RateQuery
from api.inventory import queries as inventory_queries
from api.kernel.money import Money
from api.platform.db import session
from api.platform.service_registry import get_service

_WORKERS: Final = ThreadPoolExecutor(8, thread_name_prefix="carrier-rates")
_NO_PRICE: Final = (CarrierRefused, CarrierUnclear, CarrierUnreachable, NotOffered)


def fetch_rates(wanted: Sequence[RateQuery]) -> None:
    """Ask carriers for prices, and keep their answers for half an hour.

    A carrier that does not answer within two seconds, or tells no price, is left alone for a
    minute: the flat price of the method counts meanwhile. Not to be called in a transaction.
    """
    sender = inventory_queries.first_sender_address()
    asked = {}
    gateways: CarrierGateways = get_service(CarrierGateways)
    for query in wanted:
        connection = service.find_connection(query.account_id)
        if connection is not None and sender is not None:
            request = RateRequest(
                service=query.service,
                sender=Party.of(sender),
                country=query.country,
                postal_code=query.postal_code,
                region=query.region,
                weight_grams=query.weight_grams,
                currency=query.currency,
            )
            ask = partial(gateways.of(connection.carrier).rate, connection, request)
            asked[query] = _WORKERS.submit(_price, ask)
    session.rollback()
    wait(asked.values(), RATE_SECONDS)
    for query in wanted:
        future = asked.get(query)
        price = future.result() if future is not None and future.done() else None
        queries.keep_rate(query, None if price is None else price.amount)


def check_account(account_id: UUID) -> tuple[CheckResult, str]:
    """Sign in at the carrier of an account; returns whether it took the credentials, and its words.

    Nothing is bought. Not to be called in a transaction. Raises `CarrierAccountNotFound` and
    `CredentialsUnreadable`.
    """
    connection = service.connection(account_id)
    session.rollback()
    gateways: CarrierGateways = get_service(CarrierGateways)
    check = _WORKERS.submit(gateways.of(connection.carrier).check, connection)
    name = TERMS[connection.carrier].name
    try:
        check.result(RATE_SECONDS)
    except CarrierRefused as error:
        return CheckResult.REFUSED, f"{name}: {error}"
    except NotOffered as error:
        return CheckResult.UNCHECKED, str(error)
    except TimeoutError:
        return CheckResult.UNREACHABLE, f"{name} gave no answer within {RATE_SECONDS:.0f} seconds."
    except CarrierUnreachable as error:
        return CheckResult.UNREACHABLE, f"{name} cannot be reached ({error})."
    return CheckResult.ACCEPTED, f"{name} took the credentials."


def _price(ask: "partial[Money]") -> Money | None:
    try:
        return ask()
    except _NO_PRICE:
        return None
