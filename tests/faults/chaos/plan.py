"""What everybody will do and what will break, worked out from a number before anything happens.

The same number makes the same plan. Moments differ from run to run, so that a replay does the same
things and not always with the same outcome.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

OPERATIONS = {
    "browse": 10, "cart": 8, "checkout": 12, "intent": 10, "pay": 10, "decline": 1, "confirm": 5,
    "webhook_again": 2, "mark_paid": 4, "mark_part": 1, "ship": 8, "ship_part": 4, "deliver": 4,
    "correct_parcel": 3, "void_parcel": 3, "refund_line": 3, "refund_amount": 2, "cancel": 3,
    "cancel_own": 2, "amend": 2, "hold": 2, "release": 2, "adjust": 3, "import_file": 1,
    "move_units": 6, "change_state": 2, "count_bin": 3,
    "order_goods": 3, "receive_ordered": 5, "receive_loose": 2, "undo_receipt": 1,
    "send_transfer": 3, "receive_transfer": 4, "end_transfer": 1,
    "refund_elsewhere": 2, "fail_refund": 2, "dispute": 1, "fraud_warning": 1,
}  # fmt: skip
"""By name: how often it is chosen, beside the others."""

FAULTS = {
    "kill_web": 3, "kill_web_process": 3, "kill_worker": 4, "kill_postgres": 2, "kill_redis": 2,
    "stripe_fails": 2, "stripe_answers_lost": 2, "webhooks_lost": 2, "orders_expire": 3,
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One operation: `pick`, `size` and `chance` decide about what it is and how."""

    actor: int
    number: int
    name: str
    pick: float
    size: int
    chance: float
    is_repeated: bool


@dataclass(frozen=True)
class Fault:
    """Something breaks, `pause` seconds after the last one was mended, for `lasts` seconds."""

    number: int
    name: str
    pause: float
    lasts: float


def steps(seed: int, actor: int) -> Iterator[Step]:
    """Plan what one actor does, without end."""
    dice = random.Random(f"{seed}/{actor}")
    names, weights = list(OPERATIONS), list(OPERATIONS.values())
    number = 0
    while True:
        number += 1
        (name,) = dice.choices(names, weights)
        yield Step(actor, number, name, dice.random(), dice.randint(1, 900), dice.random(),
                   dice.random() < 0.25)  # fmt: skip


def faults(seed: int) -> Iterator[Fault]:
    """Plan what breaks, without end. The first ones are one of each kind, in some order.

    Every second of the later failures of Stripe outlasts all that the shop tries by itself.
    """
    dice = random.Random(f"{seed}/faults")
    names, weights = list(FAULTS), list(FAULTS.values())
    once = dice.sample(names, len(names))
    number = 0
    while True:
        number += 1
        is_first = bool(once)
        name = once.pop() if once else dice.choices(names, weights)[0]
        pause, lasts = dice.uniform(0.5, 2.5), dice.uniform(0.0, 1.5)
        if name == "stripe_fails" and not is_first and dice.random() < 0.5:
            lasts = dice.uniform(5.0, 10.0)
        yield Fault(number, name, pause, lasts)
