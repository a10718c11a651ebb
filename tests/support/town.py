"""The shop as real processes, its payment provider, its post office and the roads between them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from api.notifications.service import MOOT
from tests.support import books
from tests.support.detour import Detour
from tests.support.letters import Letter, Mailbox
from tests.support.live import StaffMember, Visitor, open_shop
from tests.support.post_office import PostOffice
from tests.support.stack import RunningShop, running_shop
from tests.support.till import Till
from tests.support.waiting import eventually, soon

WAITING = """
    SELECT (SELECT count(*) FROM facts WHERE relayed_at IS NULL)
         + (SELECT count(*) FROM fact_deliveries WHERE done_at IS NULL)"""
UNDONE = "SELECT subscriber, attempts, last_error FROM fact_deliveries WHERE done_at IS NULL"
PATIENCE_BEFORE_HURRYING = 2.0
HURRIES = 15
STUCK = """
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name = 'stockroom' AND wait_event_type = 'Lock'"""
SENT = "SELECT message_id, recipient FROM letters WHERE status = 'sent'"

GIVEN_UP = "SELECT message_id, recipient FROM letters WHERE last_error = :error"
HOW = "SELECT id, kind, status, attempts, last_error FROM letters WHERE message_id = :id"


@dataclass
class Town:
    """Everybody whom a shop deals with. `to_stripe` and `from_stripe` are the ways to the till."""

    shop: RunningShop
    owner: StaffMember
    till: Till
    to_stripe: Detour
    from_stripe: Detour
    post_office: PostOffice
    mailbox: Mailbox
    visitors: list[Visitor] = field(default_factory=list)
    may_come_twice: set[str] = field(default_factory=set)
    """The Message-IDs of letters of which a fault explains a second copy."""

    def a_paid_order(self, sku: str, quantity: int = 1, *, by: Visitor) -> dict[str, Any]:
        """Have somebody buy something and pay for it; returns the paid order."""
        order = by.orders(sku, quantity)
        self.till.pay(by.asks_to_pay(order))
        return by.confirms(order)

    def visitor(self, email: str = "guest@example.test") -> Visitor:
        """Have somebody come by."""
        self.visitors.append(Visitor(self.shop.url, email))
        return self.visitors[-1]

    def letters_to(self, email: str, *, about: str = "") -> list[Letter]:
        """Return the letters in a mailbox, those whose subject says so."""
        return [each for each in self.letters() if each.to == email and about in each.subject]

    def letter_to(self, email: str, *, about: str = "") -> Letter:
        """Wait for a letter; fail when there is more than one."""
        found = eventually(
            lambda: self.letters_to(email, about=about), what=f"a letter to {email}: {about}"
        )
        (letter,) = found
        return letter

    def letters(self) -> list[Letter]:
        """Return every copy of every letter that was taken."""
        return self.mailbox.letters()

    def wakes(self, periodic: str) -> None:
        """Let the worker's timetable run a periodic job now instead of at its own time."""
        self.shop.sql(
            "UPDATE timetable SET next_run_at = now(), last_run_at = NULL WHERE name = :name",
            name=periodic,
        )
        ran = "SELECT last_error FROM timetable WHERE name = :name AND last_run_at IS NOT NULL"
        ((error,),) = eventually(lambda: self.shop.sql(ran, name=periodic), what=periodic)
        assert error is None, error

    def hurries(self) -> None:
        """Let everything that waits for another attempt come due now."""
        self.shop.sql("UPDATE fact_deliveries SET due_at = now() WHERE done_at IS NULL")
        self.shop.sql("UPDATE sweep_attempts SET next_attempt_at = now()")

    def finds_worker_dead(self) -> None:
        """Let the claims on deliveries run out that a worker held when it was killed."""
        self.shop.sql(
            "UPDATE fact_deliveries SET claimed_until = now() - interval '1 second', due_at = now()"
            " WHERE done_at IS NULL"
        )

    def ends_claims(self) -> None:
        """Let the claims on letters run out that their worker did not live to finish."""
        self.shop.sql("UPDATE letters SET claimed_until = now() WHERE status = 'sending'")
        self.finds_worker_dead()

    def until_job_failed(self, error: str) -> Any:
        """Wait until an unfinished delivery notes an error of this kind; returns the delivery."""
        failed = "SELECT * FROM fact_deliveries WHERE done_at IS NULL AND last_error LIKE :error"
        return eventually(lambda: self.shop.sql(failed, error=f"{error}%"), what=error)[0]

    def until_waiting_for_locks(self, connections: int) -> None:
        """Wait until so many of the shop's connections stand before a lock."""
        eventually(lambda: self.shop.sql(STUCK) == [(connections,)], what="somebody to wait")

    def settles(self, patience: float = PATIENCE_BEFORE_HURRYING) -> None:
        """Wait until every fact has been told and every job is done.

        What waits for another attempt is hurried after `patience` seconds. What a dead worker held
        comes due within twenty.
        """
        for _ in range(HURRIES):
            if soon(lambda: self.shop.sql(WAITING) == [(0,)], within=patience):
                return
            self.hurries()
        raise AssertionError(f"these jobs are not done: {self.shop.sql(UNDONE)}")

    def differences(self) -> list[str]:
        """Say which books do not balance: the shop's, the till's against it, and the mail's."""
        with self.shop.database() as connection:
            found = books.differences(connection) + self.till.differences(connection)
        sent = {(row.message_id, row.recipient) for row in self.shop.sql(SENT)}
        # Of those given up nobody knows whether they left before their worker died.
        given_up = {(row.message_id, row.recipient) for row in self.shop.sql(GIVEN_UP, error=MOOT)}
        taken = {(letter.message_id, letter.to) for letter in self.letters()} - given_up
        found += [f"a letter was sent and is not there: {each}" for each in sent - taken]
        found += [
            f"a letter is there that was never sent: {each}, {self.shop.sql(HOW, id=each[0])}"
            for each in taken - sent
        ]
        return found

    def said(self) -> str:
        """Return the last words of the shop's own processes, and which jobs are not done."""
        words = [f"--- {name}\n{self.shop.log(name)[-6000:]}" for name in ("web", "worker")]
        return "\n".join([*words, f"--- not done\n{self.shop.sql(UNDONE)}"])


@contextmanager
def open_town(**settings: str) -> Iterator[Town]:
    """Build a town for the length of a block; its shop has settings of its own, if any."""
    with ExitStack() as stack:
        to_stripe, from_stripe, post_office = Detour(), Detour(), PostOffice()
        for way in (to_stripe, from_stripe, post_office):
            stack.callback(way.close)
        shop = stack.enter_context(
            running_shop(
                # Everybody lives in one street and comes from one address.
                environment={
                    "MANUAL_PAYMENT_MAX_ORDERS": "0",
                    "MANUAL_PAYMENT_MAX_UNITS": "0",
                    "MANUAL_PAYMENT_MAX_ORDERS_PER_IP": "0",
                    "MANUAL_PAYMENT_MAX_UNITS_PER_IP": "0",
                    **settings,
                },
                detours={
                    "STRIPE_API_BASE": to_stripe.lead_to,
                    "STRIPE_WEBHOOK_URL": from_stripe.lead_to,
                    "SMTP_URL": post_office.lead_to,
                },
            )
        )
        till = Till(to_stripe.destination, shop.env["STRIPE_SECRET_KEY"])
        owner = open_shop(shop)
        mailbox = Mailbox(shop.mailbox)
        town = Town(shop, owner, till, to_stripe, from_stripe, post_office, mailbox)
        yield town
        for caller in (owner, *town.visitors):
            caller.close()
