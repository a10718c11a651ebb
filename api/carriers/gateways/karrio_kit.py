"""karrio as a builder of requests and a reader of answers, loaded when the first label is bought.

karrio 2026.1.32 replaces `ssl._create_default_https_context` at its import by one that checks no
certificate, for every urllib in the process, and tells Pillow to read pictures that are cut off as
if they were whole. Both are put back here before anything else runs.
"""

import importlib
import ssl
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any, Final

from api.carriers.gateways import LabelOrder, NotOffered, Party, decimal_text

_LOADING: Final = Lock()
_GRAMS: Final = 1000
_MILLIMETRES: Final = 10


@dataclass(frozen=True, slots=True)
class Kit:
    """The parts of karrio that one carrier needs."""

    mapper: Any
    settings: Any
    models: Any
    lib: Any

    def request(self, order: LabelOrder) -> object:
        """Return an order as karrio's own request, with all that it maps well."""
        models = self.models
        length, width, height = order.size_mm or (None, None, None)
        parcel = models.Parcel(
            weight=order.weight_grams / _GRAMS,
            weight_unit="KG",
            **(
                {
                    "length": length / _MILLIMETRES,
                    "width": width / _MILLIMETRES,
                    "height": height / _MILLIMETRES,
                    "dimension_unit": "CM",
                }
                if length and width and height
                else {}
            ),
            description="Goods",
        )
        return models.ShipmentRequest(
            service=order.service,
            shipper=models.Address(**_address(order.sender)),
            recipient=models.Address(**_address(order.recipient)),
            parcels=[parcel],
            reference=order.reference,
            label_type=order.label_format,
            options={"currency": order.customs.currency} if order.customs else {},
            customs=self._customs(order),
        )

    def _customs(self, order: LabelOrder) -> object:
        if order.customs is None:
            return None
        models, customs = self.models, order.customs
        return models.Customs(
            commodities=[
                models.Commodity(
                    sku=goods.sku,
                    title=goods.title,
                    description=goods.title,
                    quantity=goods.quantity,
                    hs_code=goods.hs_code,
                    origin_country=goods.origin,
                    # karrio takes numbers; what JSON shows of them is the amount again.
                    value_amount=float(decimal_text(goods.unit_value)),
                    value_currency=customs.currency,
                    weight=goods.weight_grams / _GRAMS,
                    weight_unit="KG",
                )
                for goods in customs.goods
            ],
            content_type="merchandise",
            content_description="Goods sold",
            incoterm="DAP",
            invoice=customs.invoice,
            duty=models.Duty(paid_by="recipient", currency=customs.currency),
        )


@cache
def load(extension: str) -> Kit:
    """Load karrio and one of its carriers. Raises `NotOffered` where it is not installed."""
    with _LOADING:
        # Taken even from another thread's import in progress: that one holds the lock.
        checked = ssl._create_default_https_context
        pictures: Any = importlib.import_module("PIL.ImageFile")
        truncated = pictures.LOAD_TRUNCATED_IMAGES
        try:
            with warnings.catch_warnings():
                # Of its own dependencies, about which nobody here can do anything.
                warnings.simplefilter("ignore")
                carrier = importlib.import_module(f"karrio.mappers.{extension}")
                models = importlib.import_module("karrio.core.models")
                lib = importlib.import_module("karrio.lib")
        except ModuleNotFoundError as missing:
            raise NotOffered(
                f"The package karrio-{extension.replace('_', '-')} is not installed on this "
                "server: pip install -r requirements-carriers.txt, then restart it."
            ) from missing
        finally:
            ssl._create_default_https_context = checked
            pictures.LOAD_TRUNCATED_IMAGES = truncated
        _silence()
    return Kit(carrier.Mapper, carrier.Settings, models, lib)


def _silence() -> None:
    """Switch off karrio's log: it would tell names and addresses."""
    if (loguru := sys.modules.get("loguru")) is not None:
        loguru.logger.disable("karrio")


def _address(party: Party) -> Mapping[str, object]:
    return {
        "person_name": party.name,
        "company_name": party.company,
        "address_line1": party.line1,
        "address_line2": party.line2,
        "city": party.city,
        "postal_code": party.postal_code,
        "state_code": party.region,
        "country_code": party.country,
        "phone_number": party.phone,
        "email": party.email,
        "residential": party.company is None,
    }
