"""What goes into a request for a label: account, sender, and what customs is told."""

from uuid import UUID

from api.carriers import queries as carriers_queries
from api.carriers.gateways import CustomsDeclaration, Goods
from api.documents import customs_form as customs_paper
from api.documents.customs_form import CustomsPaper, DeclaredLine
from api.inventory import queries as inventory_queries
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.platform.addresses import label_lines, labelled
from api.printing import service as printing_service
from api.printing.states import PaperKind, PrintFormat
from api.shipping_labels import queries
from api.shipping_labels.errors import CustomsDataMissing, NoCarrierAccount, SenderAddressMissing
from api.shipping_labels.queries import ParcelContent
from api.shipping_labels.rules import (
    CustomsLine,
    customs_lines,
    missing_for_customs,
    needs_customs,
)


def customs_form(fulfilment_id: UUID, *, location_id: UUID | None = None) -> dict[str, object]:
    """Return what a CN23 says of a parcel: sender, recipient, and each article with its value.

    Also for a parcel that customs never sees; `is_needed` tells. Raises `FulfilmentNotFound`,
    `LocationNotFound` and `SenderAddressMissing`.
    """
    content = queries.parcel_content(fulfilment_id)
    sender = sender_of(content, location_id)
    lines, grams, value = _declared(content)
    return {
        "number": content.number,
        "is_needed": needs_customs(sender, content.shipping_address),
        "category": "sale_of_goods",
        "sender": labelled(sender),
        "recipient": labelled(content.shipping_address),
        "lines": lines,
        "net_weight_grams": grams,
        "value": value,
        "postage": Money(content.shipping_total, content.currency),
        "missing": missing_for_customs(content.goods),
    }


def customs_paper_of(fulfilment_id: UUID) -> CustomsPaper:
    """Return what is printed of a customs form.

    Raises `CustomsDataMissing`, and what `customs_form` raises.
    """
    content = queries.parcel_content(fulfilment_id)
    _refuse_missing(content)
    lines, grams, value = _declared(content)
    return CustomsPaper(
        number=content.number,
        category="Sale of goods / Vente de marchandises",
        sender=label_lines(sender_of(content, None)),
        recipient=label_lines(content.shipping_address),
        lines=[
            DeclaredLine(
                *(one["description"], one["quantity"], one["net_weight_grams"], one["value"]),
                *(one["hs_code"], one["origin_country"]),
            )
            for one in lines
        ],
        net_weight_grams=grams,
        value=value,
        postage=Money(content.shipping_total, content.currency),
    )


def print_customs(fulfilment_id: UUID, *, station: str, by: Principal) -> UUID:
    """Print a customs form at a station, each time it is asked; returns the print job.

    Needs a transaction. Raises what `customs_paper_of` raises, `StationHasNoPrinter`, and
    `PrinterFormatWrong` where the printer takes no PDF.
    """
    of = customs_paper_of(fulfilment_id)
    return printing_service.print_drawn(
        station,
        PaperKind.CUSTOMS,
        {PrintFormat.PDF: lambda _: customs_paper.paper(of)},
        title=f"Customs form {of.number}",
        by=by,
        subject_id=fulfilment_id,
    )


def account_of(
    content: ParcelContent, account: str | None, carrier_service: str | None
) -> tuple[UUID, str]:
    """Return from which account, and as which product of the carrier, a label is bought.

    Those of the shipping method, unless others are named. Raises `NoCarrierAccount` and
    `CarrierAccountNotFound`.
    """
    of_method = queries.method_account(content.shipping_method["code"], content.currency)
    account_id = carriers_queries.account_id_of(account) if account else None
    if account_id is None and of_method is not None:
        account_id = of_method.account_id
    is_same = of_method is not None and of_method.account_id == account_id
    carrier_service = carrier_service or (of_method.service if of_method and is_same else None)
    if account_id is None or carrier_service is None:
        raise NoCarrierAccount
    if not carriers_queries.is_usable(account_id):
        raise NoCarrierAccount("The carrier account is switched off: choose another one.")
    return account_id, carrier_service


def sender_of(content: ParcelContent, location_id: UUID | None) -> dict[str, object]:
    """Return where a parcel is sent from: a location, or where most of its units are allocated.

    Raises `SenderAddressMissing` and `LocationNotFound`.
    """
    line_ids = [one.order_line_id for one in content.goods]
    location_id = location_id or inventory_queries.ships_from(content.order_id, line_ids)
    if location_id is None:
        raise SenderAddressMissing(location="The parcel")
    location = inventory_queries.location(location_id)
    address = inventory_queries.sender_address(location["id"])
    if address is None:
        raise SenderAddressMissing(location=location["name"])
    return address


def declaration_of(content: ParcelContent, sender: dict[str, object]) -> CustomsDeclaration | None:
    """Return what customs is told; None where nothing is. Raises `CustomsDataMissing`."""
    if not needs_customs(sender, content.shipping_address):
        return None
    _refuse_missing(content)
    return CustomsDeclaration(
        goods=tuple(
            Goods(
                sku=one.sku,
                title=one.title,
                quantity=one.quantity,
                unit_value=Money(one.unit_value, content.currency),
                weight_grams=one.weight_grams,
                hs_code=one.hs_code,
                origin=one.origin,
            )
            for one in content.goods
        ),
        currency=content.currency,
        invoice=content.order_number,
    )


def snapshot_of(declaration: CustomsDeclaration) -> dict[str, object]:
    """Return a declaration as the label keeps it."""
    return {
        "currency": declaration.currency,
        "value": declaration.value,
        "lines": [
            {
                "sku": one.sku,
                "description": one.title,
                "quantity": one.quantity,
                "unit_value": one.unit_value.amount,
                "weight_grams": one.weight_grams,
                "hs_code": one.hs_code,
                "origin_country": one.origin,
            }
            for one in declaration.goods
        ],
    }


def _declared(content: ParcelContent) -> tuple[list[CustomsLine], int, Money]:
    """Return the lines of a declaration, with the net weight in grams and the value of all."""
    lines = customs_lines(content.goods, content.currency)
    grams = sum(line["net_weight_grams"] for line in lines)
    return lines, grams, Money(sum(line["value"].amount for line in lines), content.currency)


def _refuse_missing(content: ParcelContent) -> None:
    if missing := missing_for_customs(content.goods):
        raise CustomsDataMissing(
            number=content.number,
            errors=[
                {"pointer": "", "code": CustomsDataMissing.code, "detail": sentence}
                for sentence in missing
            ],
        )
