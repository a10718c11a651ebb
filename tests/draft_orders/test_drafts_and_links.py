"""Drafts become orders by a pay link or by hand; links open once and tell nobody anything."""

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from api.kernel import clock
from api.order_edits.models import OrderEdit
from api.orders.models import OrderLink
from api.platform.db import session
from tests.support.books import differences
from tests.support.people import a_customer
from tests.support.plans import copied, plans_of, tables_read_whole
from tests.support.shop import ADDRESS, Buyer, Shop, Staff, key
from tests.support.sql import count_statements
from tests.support.stock import counters
from tests.support.work import drain

DRAFTS = "/draft-orders"


def eur(amount: int) -> dict[str, Any]:
    """Return so many cents as the API writes them."""
    return {"amount": amount, "currency": "EUR"}


def form(**more: Any) -> dict[str, Any]:
    """Return a draft of two mugs that can be sent."""
    return {
        "email": "phone@example.test",
        "lines": [{"sku": "MUG", "quantity": 2}],
        "shipping_address": ADDRESS,
        "shipping_method": "standard",
        **more,
    }


def a_draft(staff: Staff, **more: Any) -> dict[str, Any]:
    """Have staff put a draft together."""
    answer = staff.posts(DRAFTS, form(**more))
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def sends(staff: Staff, draft: dict[str, Any]) -> Any:
    """Mail the pay link of a draft."""
    return staff.posts(f"{DRAFTS}/{draft['id']}/pay-link")


def token_of(shop: Shop, page: str = "pay") -> str:
    """Return the token in the newest e-mail with a link."""
    drain()
    found = re.findall(rf"/{page}#token=(\S+)", shop.mailer.sent[-1].text)
    return str(found[0])


def opens(shop: Shop, token: str, page: str = "pay") -> Any:
    """Open a link as a browser does."""
    return shop.app.test_client().post(f"/api/v1/order-links/{page}", json={"token": token})


def edit(staff: Staff, order: dict[str, Any], **form: Any) -> None:
    """Edit an order as it stands."""
    answer = staff.edits(order, **form)
    assert answer.status_code == 200, answer.json


def as_buyer(shop: Shop, opened: dict[str, Any]) -> Buyer:
    """Go on with the token that the link gave."""
    headers = {"X-Cart-Token": opened["access_token"]}
    return Buyer(shop.app.test_client(), shop.gateway, headers)


def test_a_draft_becomes_an_order_when_its_link_is_opened_and_is_paid_by_card(shop: Shop) -> None:
    shop.sells("MUG", 5, price="10.00 EUR")
    staff = shop.staff("support")
    draft = a_draft(staff)
    assert draft["number"] == "D1"
    assert draft["costs"]["total"] == eur(2490)
    assert counters(shop.variants["MUG"]).allocated == 0

    assert sends(staff, draft).json["status"] == "sent"
    drain()
    assert "2 × Mug (MUG)" in shop.mailer.sent[-1].text
    opened = opens(shop, token_of(shop)).json
    buyer = as_buyer(shop, opened)
    order = buyer.sees({"id": opened["order_id"]})

    assert (order["total"], order["email"]) == (eur(2490), "phone@example.test")
    assert counters(shop.variants["MUG"]).allocated == 2
    assert buyer.pays(order)["payment_status"] == "paid"
    placed = staff.gets(f"{DRAFTS}/{draft['id']}").json
    assert (placed["status"], placed["order_number"]) == ("placed", order["number"])
    assert differences() == []


def test_a_pay_link_opens_once_and_not_after_a_change_or_its_day(shop: Shop) -> None:
    shop.sells("MUG", 9, price="10.00 EUR")
    staff = shop.staff()
    draft = a_draft(staff)
    assert sends(staff, draft).status_code == 200
    first = token_of(shop)
    sent = staff.gets(f"{DRAFTS}/{draft['id']}").json
    nothing = staff.client.patch(
        f"/api/v1/admin{DRAFTS}/{draft['id']}",
        json={},
        headers={**staff.headers, "If-Match": f'"{sent["version"]}"'},
    )
    assert nothing.status_code == 422
    assert staff.gets(f"{DRAFTS}/{draft['id']}").json["status"] == "sent"
    changed = staff.client.patch(
        f"/api/v1/admin{DRAFTS}/{draft['id']}",
        json={"lines": [{"sku": "MUG", "quantity": 1}]},
        headers={**staff.headers, "If-Match": f'"{sent["version"]}"'},
    )
    assert changed.status_code == 200, changed.json
    assert opens(shop, first).json["code"] == "link_void"

    sends(staff, draft)
    second = token_of(shop)
    assert opens(shop, second).status_code == 200
    assert opens(shop, second).json["code"] == "link_opened"
    assert opens(shop, "nothing").json["code"] == "link_not_found"

    other = a_draft(staff)
    sends(staff, other)
    third = token_of(shop)
    with clock.frozen(clock.now() + timedelta(days=4)):
        assert opens(shop, third).json["code"] == "link_expired"
    stored = {row.token_hash for row in session.scalars(select(OrderLink))}
    assert not {first, second, third} & stored


def test_a_quote_keeps_its_prices_until_its_day(shop: Shop) -> None:
    shop.sells("MUG", 9, price="10.00 EUR")
    staff = shop.staff()
    until = clock.now() + timedelta(days=10)
    price = [{"sku": "MUG", "quantity": 3, "unit_price": eur(800)}]
    assert staff.posts(DRAFTS, form(lines=price)).status_code == 422  # no reason
    draft = a_draft(staff, lines=price, reason="Wholesale", valid_until=until.isoformat())
    assert sends(staff, draft).json["quoted_total"] == eur(2890)
    drain()
    assert "this is our quote D1 over 28.90 EUR" in shop.mailer.sent[-1].text

    with clock.frozen(until + timedelta(minutes=1)):
        assert sends(staff, draft).json["code"] == "quote_expired"
        late = staff.posts(f"{DRAFTS}/{draft['id']}/mark-paid", {"reference": "cash"})
        assert late.json["code"] == "quote_expired"


def test_units_are_reserved_on_request_only_and_become_the_orders(shop: Shop) -> None:
    shop.sells("MUG", 2, price="10.00 EUR")
    staff, guest = shop.staff(), shop.guest()
    draft = a_draft(staff)
    kept = staff.posts(f"{DRAFTS}/{draft['id']}/reserve", {"hours": 24})
    assert kept.status_code == 200, kept.json
    assert counters(shop.variants["MUG"]).reserved == 2
    assert guest.client.post("/api/v1/cart/items", json={"sku": "MUG", "quantity": 1}).json[
        "code"
    ] in ("not_enough_in_stock", "insufficient_stock")

    paid = staff.posts(f"{DRAFTS}/{draft['id']}/mark-paid", {"reference": "cash at the counter"})

    assert paid.status_code == 201, paid.json
    assert paid.json["payment_status"] == "paid"
    now = counters(shop.variants["MUG"])
    assert (now.reserved, now.allocated) == (0, 2)
    assert differences() == []


def test_a_discarded_draft_gives_its_units_and_its_link_up(shop: Shop) -> None:
    shop.sells("MUG", 2, price="10.00 EUR")
    staff = shop.staff()
    draft = a_draft(staff)
    staff.posts(f"{DRAFTS}/{draft['id']}/reserve", {"hours": 1})
    sends(staff, draft)
    token = token_of(shop)
    version = staff.gets(f"{DRAFTS}/{draft['id']}").json["version"]
    gone = staff.client.delete(
        f"/api/v1/admin{DRAFTS}/{draft['id']}",
        headers={**staff.headers, "If-Match": f'"{version}"'},
    )

    assert gone.status_code == 204
    assert counters(shop.variants["MUG"]).reserved == 0
    assert opens(shop, token).json["code"] == "link_void"
    assert staff.gets(DRAFTS).json["data"] == []
    assert sends(staff, draft).status_code == 409


def test_what_is_missing_or_not_allowed_is_said(shop: Shop) -> None:
    shop.sells("MUG", 2, price="10.00 EUR")
    staff, support = shop.staff(), shop.staff("support")
    bare = staff.posts(DRAFTS, {"lines": [{"sku": "MUG"}]}).json
    assert "an e-mail address" in bare["incomplete"]
    assert sends(staff, bare).json["code"] == "draft_incomplete"
    assert staff.posts(DRAFTS, form(lines=[{"sku": "NO"}])).json["code"] == "variant_not_found"
    assert staff.posts(DRAFTS, form(customer_id=key())).json["code"] == "customer_unknown"
    cheap = [{"sku": "MUG", "unit_price": eur(1)}]
    refused = support.posts(DRAFTS, form(lines=cheap, reason="Friend"))
    assert refused.json["code"] == "permission_missing"
    dollars = [{"sku": "MUG", "unit_price": {"amount": 1, "currency": "USD"}}]
    answer = staff.posts(DRAFTS, form(lines=dollars, reason="Friend"))
    assert answer.json["code"] == "wrong_currency"
    too_many = a_draft(staff, lines=[{"sku": "MUG", "quantity": 3}])
    short = staff.posts(f"{DRAFTS}/{too_many['id']}/reserve", {"hours": 1})
    assert short.json["code"] == "insufficient_stock"
    assert differences() == []


def test_values_that_no_draft_can_keep_are_refused_with_their_place(shop: Shop) -> None:
    shop.sells("MUG", 2, price="10.00 EUR")
    staff = shop.staff()
    draft = a_draft(staff)
    its = f"{DRAFTS}/{draft['id']}"

    def place(path: str, body: dict[str, Any]) -> str:
        answer = staff.posts(path, body)
        assert answer.status_code == 422, answer.json
        return str(answer.json["errors"][0]["pointer"])

    assert place(DRAFTS, form(email="a" * 250 + "@example.test")) == "/email"
    assert place(DRAFTS, form(valid_until="2020-01-01T00:00:00Z")) == "/valid_until"
    assert place(DRAFTS, form(valid_on="2020-01-01")) == "/valid_on"
    assert place(DRAFTS, form(valid_on="9999-12-31")) == "/valid_on"
    dear = [{"sku": "MUG", "unit_price": eur(10**12)}]
    assert place(DRAFTS, form(lines=dear, reason="No")) == "/lines/0/unit_price/amount"
    dollars = {"sku": "MUG", "unit_price": {"amount": 1, "currency": "USD"}, "reason": "No"}
    assert place(f"{its}/prices", dollars) == "/unit_price/currency"
    assert place(f"{its}/mark-paid", {"reference": "  "}) == "/reference"
    assert staff.gets(its).json == draft


def test_the_list_of_drafts_takes_the_same_statements_however_long_it_is(shop: Shop) -> None:
    shop.sells("MUG", 9, price="10.00 EUR")
    staff = shop.staff()
    a_draft(staff)
    with count_statements() as few:
        assert len(staff.gets(DRAFTS).json["data"]) == 1
    for _ in range(4):
        a_draft(staff)
    with count_statements() as many:
        assert len(staff.gets(DRAFTS).json["data"]) == 5
    assert len(many.texts) == len(few.texts)


def test_lists_of_drafts_and_edits_and_links_use_their_indexes(shop: Shop) -> None:
    shop.sells("MUG", 9, price="10.00 EUR")
    staff = shop.staff()
    ours, other = shop.an_order(MUG=1), shop.an_order(MUG=1)
    for order in (ours, other):
        edit(staff, order, email="other@example.test")
    draft = a_draft(staff)
    sends(staff, draft)
    drain()
    copied(
        "draft_orders", draft["id"], 2000, number="'X' || n", status="'discarded'",
        created_at="created_at - n * interval '1 minute'",
    )  # fmt: skip
    mine = select(OrderEdit.id).where(OrderEdit.order_id == other["id"])
    copied("order_edits", session.scalar(mine), 2000)
    link = session.scalar(select(OrderLink.id).where(OrderLink.draft_id == draft["id"]))
    copied("order_links", link, 2000, token_hash="md5(n::text)")

    assert "ix_draft_orders_open" in plans_of(lambda: staff.gets(DRAFTS))
    assert "ix_draft_orders_newest" in plans_of(lambda: staff.gets(DRAFTS, status="discarded"))
    edits = plans_of(lambda: staff.gets(f"/orders/{ours['id']}/edits"))
    assert "ix_order_edits_order" in edits
    by_token = plans_of(lambda: opens(shop, "nothing"))
    assert "order_links" in by_token
    assert "order_links" not in tables_read_whole(by_token)


def test_the_difference_of_an_edit_is_paid_by_link(shop: Shop) -> None:
    shop.sells("MUG", 9, price="10.00 EUR")
    staff, guest = shop.staff(), shop.guest()
    order = shop.an_order(MUG=1, buyer=guest)
    assert staff.posts(f"/orders/{order['id']}/pay-link").json["code"] == "nothing_due_on_order"

    def edits(quantity: int) -> None:
        edit(staff, order, lines=[{"order_line_id": order["lines"][0]["id"], "quantity": quantity}])

    edits(2)
    assert staff.posts(f"/orders/{order['id']}/pay-link").status_code == 201
    old = token_of(shop)
    assert "10.00 EUR" in shop.mailer.sent[-1].text
    edits(3)
    assert opens(shop, old).json["code"] == "link_void"
    staff.posts(f"/orders/{order['id']}/pay-link")
    buyer = as_buyer(shop, opens(shop, token_of(shop)).json)
    paid = buyer.pays(order)

    assert paid["payment_status"] == "paid"
    assert sorted(one.received for one in shop.gateway.intents.values()) == [1490, 2000]
    assert differences() == []


def test_the_access_of_a_link_ends_with_the_next_change_and_after_a_day(shop: Shop) -> None:
    shop.sells("MUG", 9, price="10.00 EUR")
    staff = shop.staff()
    draft = a_draft(staff)
    sends(staff, draft)
    opened = opens(shop, token_of(shop)).json
    buyer = as_buyer(shop, opened)
    order = buyer.sees({"id": opened["order_id"]})
    url = f"/api/v1/orders/{order['id']}"
    other = shop.an_order(MUG=1)
    assert (
        buyer.client.get(f"/api/v1/orders/{other['id']}", headers=buyer.headers).status_code == 404
    )
    with clock.frozen(clock.now() + timedelta(days=2)):
        assert buyer.client.get(url, headers=buyer.headers).status_code == 404
    line = staff.opens(order)["lines"][0]["id"]
    edit(staff, order, lines=[{"order_line_id": line, "quantity": 1}])
    assert buyer.client.get(url, headers=buyer.headers).status_code == 404


def test_a_look_up_mails_a_link_and_never_tells_whether_there_is_an_order(shop: Shop) -> None:
    shop.sells("MUG", 9, price="10.00 EUR")
    order = shop.an_order(MUG=1)
    drain()
    before = len(shop.mailer.sent)
    client = shop.app.test_client()

    def asks(number: str, email: str) -> tuple[int, Any]:
        answer = client.post("/api/v1/order-links/look-up", json={"number": number, "email": email})
        return answer.status_code, answer.json

    right = asks(f"#{order['number']}", "GUEST@example.test")
    assert right == asks(order["number"], "else@example.test") == asks("99", "guest@example.test")
    assert right[0] == 202
    opened = opens(shop, token_of(shop, "orders/link"), "view").json
    assert len(shop.mailer.sent) == before + 1
    assert as_buyer(shop, opened).sees(order)["number"] == order["number"]


def test_orders_of_a_guest_join_the_account_that_proves_their_e_mail(shop: Shop) -> None:
    shop.sells("MUG", 9, price="10.00 EUR")
    person = a_customer()
    guest = Buyer(shop.app.test_client(), shop.gateway, email=person.email.upper())
    order = shop.an_order(MUG=1, buyer=guest)
    other = shop.an_order(MUG=1)
    customer = shop.customer(person)
    client = shop.app.test_client()

    def numbers() -> list[str]:
        listed = client.get("/api/v1/orders", headers=customer.headers).json["data"]
        return [one["number"] for one in listed]

    assert numbers() == []  # an e-mail that is only claimed proves nothing
    asked = {"number": order["number"], "email": person.email}
    client.post("/api/v1/order-links/look-up", json=asked)
    token = token_of(shop, "orders/link")
    answer = client.post(
        "/api/v1/order-links/view", json={"token": token}, headers=customer.headers
    )

    assert answer.status_code == 200, answer.json
    assert numbers() == [order["number"]]
    assert other["number"] not in numbers()
    assert guest.sees(order)["number"] == order["number"]
