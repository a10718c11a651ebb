"""Live rates: carriers are asked before a transaction, all at once, for two seconds at most."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import Final

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
from api.carriers.rules import RateQuery
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


def _price(ask: "partial[Money]") -> Money | None:
    try:
        return ask()
    except _NO_PRICE:
        return None
