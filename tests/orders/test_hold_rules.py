"""Rules that hold orders when they are paid for the first time."""

from typing import Any

import pytest

from tests.support.people import a_customer
from tests.support.shop import ADDRESS, Buyer, Shop, Staff
from tests.support.sql import count_statements


def rule(staff: Staff, condition: str, **more: Any) -> dict[str, Any]:
    body = {"code": condition.replace("_", "-"), "name": f"Look at {condition}",
            "condition": condition, "reason": "risk", **more}  # fmt: skip
    answer = staff.posts("/hold-rules", body)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def pays(shop: Shop, buyer: Buyer, order: dict[str, Any], **risk: Any) -> None:
    intent = buyer.asks_to_pay(order)
    shop.gateway.pay(intent["payment_intent_id"], **risk)
    assert buyer.confirms(order).status_code == 200


def reasons(staff: Staff, order: dict[str, Any]) -> list[str]:
    return [one["note"] for one in staff.opens(order)["holds"] if one["released_at"] is None]


@pytest.mark.parametrize(
    ("value", "risk", "is_held"),
    [
        ("elevated", "normal", False),
        ("elevated", "elevated", True),
        ("elevated", "highest", True),
        ("highest", "elevated", False),
        ("highest", "highest", True),
        ("highest", "not_assessed", False),
    ],
)
def test_an_order_is_held_by_the_risk_of_its_payment(
    shop: Shop, value: str, risk: str, is_held: bool
) -> None:
    shop.sells("MUG", 10)
    owner, buyer = shop.staff(), shop.guest()
    rule(owner, "risk_level", value=value)
    order = shop.an_order(MUG=1, buyer=buyer, paid=False)

    pays(shop, buyer, order, risk_level=risk)

    assert reasons(owner, order) == ([f"Look at risk_level: the risk is {risk}"] if is_held else [])
    ready = [one["number"] for one in owner.gets("/orders", queue="to_ship").json["data"]]
    assert (order["number"] in ready) is not is_held
    assert owner.opens(order)["payments"][0]["risk_level"] == risk


@pytest.mark.parametrize(
    ("value", "failed", "is_held"),
    [("cvc", ("cvc",), True), ("cvc", ("address",), False), ("any", ("address",), True),
     ("address", ("address", "cvc"), True), ("any", (), False)],
)  # fmt: skip
def test_an_order_is_held_by_a_check_that_failed(
    shop: Shop, value: str, failed: tuple[str, ...], is_held: bool
) -> None:
    shop.sells("MUG", 10)
    owner, buyer = shop.staff(), shop.guest()
    rule(owner, "card_check_failed", value=value)
    order = shop.an_order(MUG=1, buyer=buyer, paid=False)

    pays(shop, buyer, order, risk_level="normal", failed_checks=failed)

    assert bool(reasons(owner, order)) is is_held


def test_an_order_above_an_amount_is_held_also_when_it_is_paid_by_transfer(shop: Shop) -> None:
    shop.sells("MUG", 10, price="50.00 EUR")
    owner = shop.staff()
    rule(owner, "amount_above", limit={"amount": 10_000, "currency": "EUR"})
    rule(owner, "first_order_above", limit={"amount": 1, "currency": "USD"})
    small, large = shop.an_order(MUG=1), shop.an_order(MUG=3, paid=False)
    assert owner.marks_paid(large).status_code in (200, 201)

    assert reasons(owner, small) == []
    assert reasons(owner, large) == ["Look at amount_above: above 100.00 EUR"]
    assert [one["held"] for one in owner.gets("/hold-rules").json["data"]] == [1, 0]


def test_only_the_first_order_of_somebody_is_held_above_an_amount(shop: Shop) -> None:
    shop.sells("MUG", 10, price="50.00 EUR")
    owner, guest = shop.staff(), shop.guest()
    rule(owner, "first_order_above", limit={"amount": 2_000, "currency": "EUR"})
    customer = shop.customer(a_customer())

    first, second = (shop.an_order(MUG=1, buyer=guest) for _ in range(2))
    third, fourth = (shop.an_order(MUG=1, buyer=customer) for _ in range(2))

    held = [bool(reasons(owner, one)) for one in (first, second, third, fourth)]
    assert held == [True, False, True, False]


def test_an_order_from_another_country_is_held_where_a_trusted_proxy_tells_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sells("MUG", 10)
    owner = shop.staff()
    rule(owner, "ip_country_differs")
    settings = shop.app.extensions["stockroom_settings"]
    object.__setattr__(settings, "client_country_header", "CF-IPCountry")

    def ordered(country: str, proxies: int = 1) -> dict[str, Any]:
        object.__setattr__(settings, "trusted_proxies", proxies)
        buyer = shop.guest()
        buyer.adds("MUG", 1)
        buyer.headers = {**buyer.headers, "CF-IPCountry": country}
        return buyer.pays(buyer.checks_out())

    try:
        orders = [ordered("FR"), ordered("DE"), ordered("XX"), ordered("FR", proxies=0)]
    finally:
        object.__setattr__(settings, "client_country_header", "")
        object.__setattr__(settings, "trusted_proxies", 0)

    assert [owner.opens(one)["ip_country"] for one in orders] == ["FR", "DE", None, None]
    assert [bool(reasons(owner, one)) for one in orders] == [True, False, False, False]
    assert ADDRESS["country"] == "DE"


def test_a_rule_holds_an_order_once(shop: Shop) -> None:
    shop.sells("MUG", 10)
    owner, buyer = shop.staff(), shop.guest()
    rule(owner, "risk_level", value="elevated")
    order = shop.an_order(MUG=1, buyer=buyer, paid=False)
    pays(shop, buyer, order, risk_level="elevated")
    (hold,) = owner.opens(order)["holds"]

    assert owner.posts(f"/order-holds/{hold['id']}/release").status_code == 200
    buyer.confirms(order)

    assert reasons(owner, order) == []
    assert owner.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"}).status_code == 201


def test_rules_are_changed_switched_off_and_deleted(shop: Shop) -> None:
    owner = shop.staff()
    made = rule(owner, "risk_level", value="elevated")
    path = f"/api/v1/admin/hold-rules/{made['id']}"

    def asks(method: str, version: int, **body: Any) -> Any:
        headers = {**owner.headers, "If-Match": f'"{version}"'}
        return owner.client.open(path, method=method, json=body, headers=headers)

    assert asks("PATCH", 1, is_active=False, value="highest").json["value"] == "highest"
    assert asks("PATCH", 1, is_active=True).status_code == 412
    wrong = asks("PATCH", 2, value="cvc")
    assert (wrong.status_code, wrong.json["code"]) == (422, "rule_impossible")
    again = owner.posts("/hold-rules", {"code": made["code"], "name": "Other", "reason": "risk",
                                        "condition": "ip_country_differs"})  # fmt: skip
    assert (again.status_code, again.json["code"]) == (409, "hold_rule_taken")
    assert asks("DELETE", 2).status_code == 204
    assert shop.staff("warehouse").posts("/hold-rules", {}).status_code == 403


def test_a_rule_without_what_its_condition_needs_is_refused(shop: Shop) -> None:
    owner = shop.staff()

    def code(condition: str, **more: Any) -> str:
        answer = owner.posts("/hold-rules", {"code": "a", "name": "A", "reason": "risk",
                                             "condition": condition, **more})  # fmt: skip
        assert answer.status_code == 422, answer.json
        return str(answer.json["code"])

    limit = {"amount": 1, "currency": "EUR"}
    assert code("risk_level") == "rule_impossible"
    assert code("amount_above") == "rule_impossible"
    assert code("ip_country_differs", limit=limit) == "rule_impossible"
    assert code("amount_above", limit=limit, value="any") == "rule_impossible"


def test_rules_leave_as_csv_and_come_back(shop: Shop) -> None:
    owner = shop.staff()
    rule(owner, "risk_level", value="elevated")
    rule(owner, "amount_above", limit={"amount": 10_000, "currency": "EUR"}, is_active=False)
    written = owner.gets("/hold-rules/export").get_data(as_text=True)

    imported = owner.posts("/hold-rules/import", {"csv": written.replace("Look at", "See")})

    assert imported.json == {"rows": 2}, imported.json
    names = [one["name"] for one in owner.gets("/hold-rules").json["data"]]
    assert names == ["See amount_above", "See risk_level"]
    broken = written.replace("elevated", "awful").replace("EUR", "XXQ")
    refused = owner.posts("/hold-rules/import", {"csv": broken})
    assert refused.status_code == 422
    assert "XXQ" in refused.json["detail"]
    assert owner.posts("/hold-rules/import", {"csv": "a;b\n1;2"}).status_code == 422
    capitals = written.replace("amount-above", "ÄMOUNT")
    refused = owner.posts("/hold-rules/import", {"csv": capitals})
    assert "small letters" in refused.json["detail"]
    assert owner.gets("/hold-rules/export").get_data(as_text=True).count("See") == 2


def test_a_name_in_the_csv_is_no_formula_and_comes_back_as_it_was(shop: Shop) -> None:
    owner = shop.staff()
    rule(owner, "risk_level", value="elevated", name="=SUM(A1)")
    rule(owner, "ip_country_differs", name="'=quoted")

    written = owner.gets("/hold-rules/export").get_data(as_text=True)
    assert ",'=SUM(A1)," in written
    assert owner.posts("/hold-rules/import", {"csv": written}).json == {"rows": 2}
    names = {one["name"] for one in owner.gets("/hold-rules").json["data"]}
    assert names == {"=SUM(A1)", "'=quoted"}


def test_paying_costs_one_statement_for_the_rules_while_there_are_none(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=1, paid=False), shop.staff()

    with count_statements() as statements:
        owner.marks_paid(order)

    assert sum("hold_rules" in text for text in statements.texts) == 1
    assert not any("risk_level" in text and "SELECT payments" in text for text in statements.texts)
