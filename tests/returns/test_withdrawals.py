"""The withdrawal function over HTTP: two steps, the receipt, the deadline, the refund."""

from datetime import timedelta

import pytest

from api.kernel import clock
from tests.support.books import differences
from tests.support.returned import policy, quotes, receives, refunds, sold, withdraws
from tests.support.shop import Shop
from tests.support.stock import counters
from tests.support.work import drain


def test_two_steps_give_notice_and_a_receipt(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=2)

    texts = buyer.client.get("/api/v1/withdrawals/texts").json
    assert texts["withdraw_label"] == "Withdraw from contract here"
    begun = buyer.client.post(
        "/api/v1/withdrawals",
        json={
            "order_number": order["number"],
            "name": "Carla Customer",
            "email": "carla@example.test",
            "order_id": order["id"],
        },
        headers=buyer.headers,
    )
    assert begun.status_code == 201, begun.json
    assert begun.json["confirm_label"] == "Confirm withdrawal"
    assert "2 x Mug (MUG)" in begun.json["statement"]
    # Nothing is declared before the second step.
    assert staff.gets("/withdrawals").json["data"] == []
    confirm = f"/api/v1/withdrawals/{begun.json['id']}/confirm"
    wrong = buyer.client.post(confirm, json={"token": "x" * 43})
    done = buyer.client.post(confirm, json={"token": begun.json["token"]})
    again = buyer.client.post(confirm, json={"token": begun.json["token"]})
    drain()

    assert wrong.status_code == 404
    assert done.status_code == 200, done.json
    assert again.json == done.json
    (receipt,) = [one for one in shop.mailer.sent if one.to == "carla@example.test"]
    assert done.json["statement"] in receipt.text
    assert f"{clock.now():%Y-%m-%d}" in receipt.text
    (back,) = staff.gets("/returns").json["data"]
    assert (back["kind"], back["status"], back["units"]) == ("withdrawal", "approved", 2)
    (item,) = staff.gets("/attention").json["data"]
    assert (item["kind"], item["order_id"]) == ("withdrawal", order["id"])
    assert item["due_at"] == back["refund_due_at"]
    assert counters(mug).on_hand == 8
    assert differences() == []


def test_no_account_is_needed_and_nothing_is_told_of_orders(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=1)
    stranger = shop.guest()

    found = withdraws(stranger, order, own=False)
    unknown = withdraws(stranger, {**order, "number": "999999"}, own=False)
    wrong_address = withdraws(stranger, order, own=False, email="other@example.test")

    assert found.status_code == unknown.status_code == wrong_address.status_code == 200
    for answer in (found, unknown, wrong_address):
        assert set(answer.json) == {"id", "statement", "email", "confirmed_at"}
        assert "Mug" not in answer.json["statement"]
    (back,) = staff.gets("/returns").json["data"]
    assert back["order_id"] == order["id"]
    unmatched = staff.gets("/withdrawals", is_matched="false").json["data"]
    assert len(unmatched) == 2
    reasons = [one["reason"] for one in staff.gets("/attention").json["data"]]
    assert sum("Say which order it means" in reason for reason in reasons) == 2


def test_a_stranger_does_not_learn_that_an_order_can_no_longer_be_withdrawn_from(
    shop: Shop,
) -> None:
    shop.sells("MUG", 10)
    late, staff, _ = sold(shop, MUG=1)
    with clock.frozen(clock.now() + timedelta(days=20)):
        gone, _, buyer = sold(shop, MUG=1)
        withdraws(buyer, gone)
        answers = [
            withdraws(shop.guest(), order, own=False)
            for order in (late, gone, {**late, "number": "999999"})
        ]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert len(staff.gets("/withdrawals", is_matched="false").json["data"]) == 3


def test_staff_find_the_order_and_the_notice_keeps_its_moment(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=1)
    sent = withdraws(shop.guest(), order, own=False, email="other@example.test").json
    (waiting,) = staff.gets("/withdrawals", is_matched="false").json["data"]

    with clock.frozen(clock.now() + timedelta(days=20)):
        matched = staff.posts(f"/withdrawals/{waiting['id']}/match", {"order_id": order["id"]})

    assert matched.status_code == 200, matched.json
    assert matched.json["withdrawn_at"] == sent["confirmed_at"]
    (item,) = staff.gets("/attention").json["data"]
    assert item["due_at"] == matched.json["refund_due_at"]


def test_the_period_ends_after_the_last_parcel_arrived(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, _, buyer = sold(shop, MUG=1)

    with clock.frozen(clock.now() + timedelta(days=20)):
        late = withdraws(buyer, order)

    assert (late.status_code, late.json["code"]) == (422, "withdrawal_period_over")
    with clock.frozen(clock.now() + timedelta(days=13)):
        assert withdraws(buyer, order).status_code == 200


def test_a_draft_that_is_confirmed_too_late_gives_no_notice(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=1)
    body = {"order_number": order["number"], "name": "Carla", "email": order["email"]}
    begun = buyer.client.post("/api/v1/withdrawals", json=body).json

    with clock.frozen(clock.now() + timedelta(days=20)):
        late = buyer.client.post(
            f"/api/v1/withdrawals/{begun['id']}/confirm", json={"token": begun["token"]}
        )

    assert late.json["code"] == "withdrawal_period_over"
    assert staff.gets("/returns").json["data"] == []


def test_units_that_were_not_shipped_never_leave(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    buyer, staff = shop.guest(), shop.staff()
    order = shop.an_order(buyer=buyer, MUG=2)

    assert withdraws(buyer, order).status_code == 200

    seen = staff.opens(order)
    assert seen["lines"][0]["cancelled_quantity"] == 2
    assert (counters(mug).on_hand, counters(mug).allocated) == (10, 0)
    (back,) = staff.gets("/returns").json["data"]
    quote = quotes(staff, back)
    # Everything, with the standard delivery: nothing has to come back first.
    assert quote["amount"]["amount"] == 2 * 999 + 490
    assert refunds(staff, back).status_code == 201
    assert staff.opens(order)["payment_status"] == "refunded"
    assert staff.gets(f"/returns/{back['id']}").json["status"] == "closed"
    assert staff.gets("/attention").json["data"] == []
    assert differences() == []


def test_an_unpaid_order_is_ended_without_a_deadline(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    buyer, staff = shop.guest(), shop.staff()
    order = shop.an_order(buyer=buyer, paid=False, MUG=2)

    assert withdraws(buyer, order).status_code == 200

    assert staff.opens(order)["status"] == "cancelled"
    assert counters(mug).allocated == 0
    (back,) = staff.gets("/returns").json["data"]
    assert back["status"] == "closed"
    assert staff.gets("/attention").json["data"] == []


def test_a_full_withdrawal_gives_the_standard_delivery_back(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=2)
    policy(staff, restocking_fee=1000)
    withdraws(buyer, order)
    (back,) = staff.gets("/returns").json["data"]
    receives(staff, back, {mug: 2}, disposition="restock")

    quote = quotes(staff, back)

    assert (quote["shipping"]["amount"], quote["fee"]["amount"]) == (490, 0)
    assert quote["amount"]["amount"] == 2 * 999 + 490
    assert any("least expensive standard delivery" in why for why in quote["explanation"])


def test_part_of_a_contract_gives_no_delivery_back(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=2)
    line = {"order_line_id": order["lines"][0]["id"], "quantity": 1}

    assert withdraws(buyer, order, lines=[line]).status_code == 200
    (back,) = staff.gets("/returns").json["data"]
    receives(staff, back, {mug: 1}, disposition="restock")
    assert quotes(staff, back)["amount"]["amount"] == 999
    refunds(staff, back)

    # The rest may follow, and is the whole then.
    assert withdraws(buyer, order).status_code == 200
    rest = staff.gets("/returns", state="open").json["data"][0]
    receives(staff, rest, {mug: 1}, disposition="restock")
    assert quotes(staff, rest)["amount"]["amount"] == 999 + 490
    assert withdraws(buyer, order).json["code"] == "nothing_to_withdraw"


@pytest.mark.parametrize(
    ("exclusion", "status"),
    [("custom_made", 422), ("perishable", 422), ("sealed_hygiene", 200), ("sealed_media", 200)],
)
def test_excluded_goods(shop: Shop, exclusion: str, status: int) -> None:
    shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=1)
    policy(
        staff,
        product_id=order["lines"][0]["product_id"],
        withdrawal_exclusion=exclusion,
        is_final_sale=True,
    )

    answer = withdraws(buyer, order)

    assert answer.status_code == status
    if status == 422:
        assert answer.json["code"] == "withdrawal_excluded"
        assert "article 16" in answer.json["errors"][0]["detail"]


def test_the_refund_may_wait_until_the_proof_of_posting(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=1)
    withdraws(buyer, order)
    (back,) = staff.gets("/returns").json["data"]
    assert staff.gets(f"/returns/{back['id']}").json["may_withhold_refund"] is True

    posted = buyer.client.post(
        f"/api/v1/returns/{back['id']}/posted",
        json={"carrier": "DHL", "tracking_number": "123 456"},
        headers=buyer.headers,
    )

    assert posted.status_code == 200, posted.json
    assert (posted.json["status"], posted.json["may_withhold_refund"]) == ("in_transit", False)


def test_a_withdrawal_is_not_taken_back_by_its_customer(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=1)
    withdraws(buyer, order)
    (back,) = staff.gets("/returns").json["data"]

    answer = buyer.client.post(f"/api/v1/returns/{back['id']}/cancel", headers=buyer.headers)

    assert (answer.status_code, answer.json["code"]) == (409, "invalid_state")


def test_sentences_are_settings_per_language(shop: Shop) -> None:
    staff = shop.staff()
    path = "/api/v1/admin/return-texts/en"
    written = staff.client.put(
        path,
        json={"texts": {"withdraw_label": "Step back from the contract"}},
        headers={**staff.headers, "If-Match": '"0"'},
    )
    stale = staff.client.put(path, json={"texts": {}}, headers={**staff.headers, "If-Match": '"0"'})

    assert written.status_code == 200, written.json
    assert stale.status_code == 412
    texts = staff.client.get("/api/v1/withdrawals/texts").json
    assert texts["withdraw_label"] == "Step back from the contract"
    assert texts["confirm_label"] == "Confirm withdrawal"


def test_a_letter_is_a_withdrawal_as_well(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=1)

    answer = staff.posts(f"/orders/{order['id']}/withdraw", {})

    assert answer.status_code == 201, answer.json
    assert answer.json["kind"] == "withdrawal"


def test_braces_in_the_shops_sentences_break_nothing(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=1)
    texts = {"whole_order": "all {goods} of {number}", "receipt_subject": "{} {number}"}
    staff.client.put(
        "/api/v1/admin/return-texts/en",
        json={"texts": texts},
        headers={**staff.headers, "If-Match": '"0"'},
    )

    answer = withdraws(shop.guest(), order, own=False)
    drain()

    assert f"all {{goods}} of {order['number']}" in answer.json["statement"]
    subjects = [one.subject for one in shop.mailer.sent]
    assert f"{{}} {order['number']}" in subjects
