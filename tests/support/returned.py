"""Goods on their way back, told over HTTP."""

from typing import Any

from tests.support.shop import Buyer, Shop, Staff, key
from tests.support.work import drain


def delivered(staff: Staff, order: dict[str, Any], **units: int) -> None:
    """Ship units of an order, by default all, and have them arrive."""
    body: dict[str, Any] = {"carrier": "dhl", "tracking_number": "00340434161094"}
    parcel = staff.posts(f"/orders/{order['id']}/ship", body)
    assert parcel.status_code == 201, parcel.json
    answer = staff.posts(f"/fulfilments/{parcel.json['id']}/deliver")
    assert answer.status_code == 200, answer.json


def shipped(staff: Staff, order: dict[str, Any]) -> dict[str, Any]:
    """Ship all of an order; nobody knows whether it has arrived."""
    answer = staff.posts(f"/orders/{order['id']}/ship", {"carrier": "dhl"})
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def lines_of(order: dict[str, Any], units: dict[int, int], **more: Any) -> list[dict[str, Any]]:
    """Name units of an order by the position of their line, counted from 0."""
    return [
        {"order_line_id": order["lines"][at]["id"], "quantity": quantity, **more}
        for at, quantity in units.items()
    ]


def asks(
    buyer: Buyer,
    order: dict[str, Any],
    units: dict[int, int],
    *,
    reason: str = "changed_mind",
    **more: Any,
) -> Any:
    """Have a customer ask for a return, and return the answer."""
    body = {"lines": lines_of(order, units, reason=reason), **more}
    return buyer.client.post(
        f"/api/v1/orders/{order['id']}/returns",
        json=body,
        headers={**buyer.headers, "Idempotency-Key": key()},
    )


def opened(
    staff: Staff,
    order: dict[str, Any],
    units: dict[int, int],
    *,
    reason: str = "changed_mind",
    **more: Any,
) -> dict[str, Any]:
    """Open a return by staff."""
    body = {"lines": lines_of(order, units, reason=reason), **more}
    answer = staff.posts(f"/orders/{order['id']}/returns", body)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def receives(
    staff: Staff,
    back: dict[str, Any],
    units: dict[Any, int],
    *,
    disposition: str | None = None,
    **more: Any,
) -> Any:
    """Receive units by their variants, and return the answer."""
    body = {
        "units": [
            {"variant_id": str(variant_id), "quantity": quantity, "disposition": disposition}
            if disposition
            else {"variant_id": str(variant_id), "quantity": quantity}
            for variant_id, quantity in units.items()
        ],
        **more,
    }
    return staff.posts(f"/returns/{back['id']}/receive", body)


def inspects(
    staff: Staff,
    back: dict[str, Any],
    disposition: str,
    quantity: int,
    *,
    line: int = 0,
    **more: Any,
) -> Any:
    """Say what becomes of units of a line of a return."""
    unit = {
        "line_id": back["lines"][line]["id"],
        "quantity": quantity,
        "disposition": disposition,
    }
    return staff.posts(f"/returns/{back['id']}/inspect", {"units": [unit], **more})


def refunds(staff: Staff, back: dict[str, Any], **body: Any) -> Any:
    """Refund a return, and return the answer."""
    return staff.posts(f"/returns/{back['id']}/refunds", body)


def quotes(staff: Staff, back: dict[str, Any], **body: Any) -> dict[str, Any]:
    """Work out the refund of a return."""
    answer = staff.posts(f"/returns/{back['id']}/refunds/quote", body)
    assert answer.status_code == 200, answer.json
    return dict(answer.json)


def policy(staff: Staff, **values: Any) -> dict[str, Any]:
    """Write a return policy."""
    answer = staff.posts("/return-policies", {"window_days": 30, **values})
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def withdraws(
    buyer: Buyer, order: dict[str, Any], *, own: bool = True, email: str | None = None, **more: Any
) -> Any:
    """Withdraw from a contract in two steps; returns the last answer."""
    body = {
        "order_number": order["number"],
        "name": "Carla Customer",
        "email": email or order["email"],
        **({"order_id": order["id"]} if own else {}),
        **more,
    }
    begun = buyer.client.post("/api/v1/withdrawals", json=body, headers=buyer.headers)
    if begun.status_code != 201:
        return begun
    return buyer.client.post(
        f"/api/v1/withdrawals/{begun.json['id']}/confirm", json={"token": begun.json["token"]}
    )


def sold(shop: Shop, **skus: int) -> tuple[dict[str, Any], Staff, Buyer]:
    """Have a paid order that has arrived, with its staff and its guest."""
    buyer, staff = shop.guest(), shop.staff()
    order = shop.an_order(buyer=buyer, **skus)
    delivered(staff, order)
    return order, staff, buyer


def tells_of_refund(shop: Shop, refund_id: str) -> None:
    """Have the provider tell that a refund failed."""
    shop.app.test_client().post(
        "/api/v1/webhooks/stripe",
        data=f"evt_of_{refund_id} refund.failed {refund_id}",
        headers={"Stripe-Signature": "good"},
    )
    drain()
