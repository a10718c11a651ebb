"""The demo's parcels: sent and delivered in the past, in this process or in a second one.

Sending changes no availability, so orders come out the same whichever process does it when.
"""

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from api.app import create_app
from api.dev.backdating import aside, backdated
from api.fulfilment import flows as fulfilment_flows
from api.fulfilment.flows import HandOver
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.platform.db import session, transaction
from api.platform.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """What leaves for one order, when, and when it arrives, if it has."""

    order_id: UUID
    in_part: bool
    carrier: str
    tracking_number: str
    shipped_at: datetime
    delivered_at: datetime | None
    by: Principal


def send(parcel: Parcel) -> None:
    """Ship it and, if it has arrived, deliver it: one transaction."""
    with aside(), transaction():
        with backdated(parcel.shipped_at):
            lines = orders_service.lock(parcel.order_id).lines
            units = {line.id: line.quantity for line in (lines[:1] if parcel.in_part else lines)}
            parcel_id = fulfilment_flows.ship_order(
                parcel.order_id,
                units,
                HandOver(
                    carrier=parcel.carrier, tracking_number=parcel.tracking_number, verified=units
                ),
                by=parcel.by,
            )
            session.flush()
        if parcel.delivered_at is not None:
            with backdated(parcel.delivered_at):
                fulfilment_flows.deliver_fulfilment(parcel_id, by=parcel.by)
                session.flush()


@contextmanager
def sender(processes: int) -> Iterator[Callable[[Parcel], object]]:
    """Give a function that sends parcels: at once, or with two processes beside this one.

    What went wrong in the second one is raised at the end of the block.
    """
    if processes == 1:
        yield send
        return
    fresh = multiprocessing.get_context("spawn")
    sent: list[Future[None]] = []
    with ProcessPoolExecutor(1, mp_context=fresh, initializer=_open_shop) as second:
        yield lambda parcel: sent.append(second.submit(send, parcel))
        for each in sent:
            each.result()


def hurry() -> None:
    """Make this process quick for many small transactions that could all be made again."""
    gc.freeze()
    session.execute(text("SET synchronous_commit = off"))
    session.commit()


def _open_shop() -> None:
    create_app(Settings.from_env(os.environ), answers_requests=False).app_context().push()
    hurry()
