"""Half a minute of everything, from a number that is printed; `make chaos` does it for longer."""

import os
from itertools import islice

from tests.faults.chaos import driver, plan
from tests.faults.chaos.actors import Actor
from tests.faults.chaos.story import Chaos, Told
from tests.support import chance
from tests.support.town import Town

SECONDS = float(os.environ.get("STOCKROOM_CHAOS_SECONDS", "10"))


def test_all_adds_up_after_everything_happened_and_everything_broke(town: Town) -> None:
    seed = chance.seed()

    outcome = driver.run(town, seed, SECONDS)

    print(outcome.in_words())
    assert outcome.wrong == []
    assert len(outcome.chaos.orders) > driver.PEOPLE, "hardly anything happened"
    assert len(outcome.faults) > 1, "hardly anything broke"


def test_a_seed_makes_one_plan_and_another_seed_another_one() -> None:
    def planned(seed: int) -> list[object]:
        return [*islice(plan.steps(seed, 3), 50), *islice(plan.faults(seed), 20)]

    assert planned(7) == planned(7)
    assert planned(7) != planned(8)
    assert {fault.name for fault in islice(plan.faults(7), len(plan.FAULTS))} == set(plan.FAULTS)
    assert all(callable(getattr(Actor, name)) for name in plan.OPERATIONS)


def test_an_operation_that_never_did_what_it_is_for_is_told() -> None:
    chaos = Chaos(None, 0.0)  # type: ignore[arg-type]
    steps = {step.name: step for step in islice(plan.steps(1, 1), 2000)}
    for name, step in steps.items():
        if name not in ("checkout", "correct_parcel", "ship"):
            chaos.note(Told(step, name, 200, "", 0, 1))
    chaos.note(Told(steps["checkout"], "cart", 200, "", 0, 1))
    chaos.note(Told(steps["correct_parcel"], "correct", 422, "invalid_body", 0, 1))
    chaos.note(Told(steps["ship"], "see_order", 200, "", 0, 1))
    chaos.note(Told(steps["ship"], "ship", 422, "units_not_verified", 0, 1))
    few = chaos.never_succeeded()
    for name in ("checkout", "correct_parcel", "ship"):
        chaos.note(Told(steps[name], name, 201, "", 0, 1))
    chaos.note(Told(steps["intent"], "intent", 503, "gateway_unavailable", 0, 1))

    assert few == [
        "never succeeded: checkout",
        "never succeeded: ship",
        "never succeeded: correct_parcel",
        "never told: gateway_unavailable",
    ]
    assert chaos.never_succeeded() == []


def test_a_failure_is_explained_by_an_outage_of_its_kind_alone() -> None:
    step = next(plan.steps(1, 1))
    chaos = Chaos(None, 0.0)  # type: ignore[arg-type]
    chaos.outages = [("kill_postgres", 10.0, 12.0), ("kill_web", 20.0, 21.0)]

    def told(status: int, began: float, ended: float) -> Told:
        return Told(step, "checkout", status, "", began, ended)

    explained = [told(503, 11, 11.1), told(503, 9, 10.1), told(503, 15, 16), told(0, 20.5, 20.6),
                 told(409, 50, 51)]  # fmt: skip
    bugs = [told(500, 11, 11.1), told(503, 20.5, 20.6), told(0, 11, 11.1), told(503, 5, 9),
            told(503, 16.5, 17)]  # fmt: skip
    chaos.told = [*explained, *bugs]

    assert chaos.unexplained() == bugs
