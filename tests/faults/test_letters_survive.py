"""The worker dies with a letter in its hand, or is told to stop."""

from concurrent.futures import ThreadPoolExecutor

from tests.support.town import Town
from tests.support.waiting import eventually

CLAIMED = "SELECT subscriber FROM fact_deliveries WHERE done_at IS NULL AND claimed_until > now()"


def test_a_worker_killed_in_the_middle_of_a_letter_leaves_it_to_the_next_one(town: Town) -> None:
    """The server had the text and had not said yes: the letter was not taken, and goes again.

    Not before the dead worker's claim has run out, though: without the claim, a delivery that
    comes due again would be sent beside a first one that is only slow.
    """
    town.owner.sells("MUG", 5)
    buyer = town.visitor("buyer-of-mugs@example.test")

    with town.post_office.holding() as held:
        town.a_paid_order("MUG", by=buyer)
        held.wait()
        town.shop.kill("worker")
    town.shop.start("worker")
    town.finds_worker_dead()
    refused = town.until_job_failed("EmailBeingSent")
    early = town.letters_to("buyer-of-mugs@example.test")
    town.ends_claims()
    town.settles()

    assert refused.subscriber == "notifications.jobs.on_order_paid"
    assert early == []
    letter = town.letter_to("buyer-of-mugs@example.test")
    rows = town.shop.sql("SELECT * FROM letters WHERE recipient = 'buyer-of-mugs@example.test'")
    assert [(row.status, row.attempts, row.message_id) for row in rows] == [
        ("sent", 2, letter.message_id)
    ]


def test_a_worker_told_to_stop_in_the_middle_of_letters_sends_or_hands_back_each(
    town: Town, at_once: ThreadPoolExecutor
) -> None:
    """As at every release: what is in its hand is finished, what waits behind is the next one's."""
    town.owner.sells("BOWL", 9)
    buyers = [f"buyer-{place}-of-bowls@example.test" for place in range(4)]

    with town.post_office.holding() as held:
        for email in buyers:
            town.a_paid_order("BOWL", by=town.visitor(email))
        held.wait()
        stopping = at_once.submit(town.shop.tell_to_stop, "worker")
        eventually(
            lambda: "worker_stopping" in town.shop.log("worker"), what="the worker to hear of it"
        )
    status = stopping.result(20)
    still_claimed = town.shop.sql(CLAIMED)
    early = [letter for email in buyers for letter in town.letters_to(email)]
    town.shop.start("worker")
    town.settles()

    assert (status, still_claimed) == (0, [])
    assert early, "the letter in its hand was not finished"
    for email in buyers:
        letter = town.letter_to(email)
        rows = town.shop.sql("SELECT * FROM letters WHERE recipient = :email", email=email)
        assert [(row.status, row.attempts, row.message_id) for row in rows] == [
            ("sent", 1, letter.message_id)
        ]


def test_a_letter_taken_in_the_moment_of_death_comes_twice_as_one(town: Town) -> None:
    """The window that nobody can close from our side.

    The server took the letter, and the worker died before it could write that down. The letter
    looks unsent and goes again; both copies bear one Message-ID, by which mailboxes know them as
    one. The window lasts from the server's yes to the end of one UPDATE.
    """
    town.owner.sells("CUP", 5)
    buyer = town.visitor("buyer-of-cups@example.test")

    with town.post_office.holding_receipts() as held:
        town.a_paid_order("CUP", by=buyer)
        held.wait()
        town.shop.kill("worker")
    town.shop.start("worker")
    town.ends_claims()
    town.settles()

    first, second = town.letters_to("buyer-of-cups@example.test")
    assert first.message_id == second.message_id
    assert first.text == second.text
    town.may_come_twice.add(first.message_id)


def test_letters_that_the_server_does_not_take_today_are_sent_tomorrow(town: Town) -> None:
    town.owner.sells("TIN", 5)
    buyer = town.visitor("buyer-of-tins@example.test")

    with town.post_office.refusing():
        order = town.a_paid_order("TIN", by=buyer)
        town.until_job_failed("MailUnavailable")
        nothing = town.letters_to("buyer-of-tins@example.test")
    town.hurries()

    assert nothing == []
    letter = town.letter_to("buyer-of-tins@example.test")
    assert letter.subject == f"Your order {order['number']} is confirmed"
