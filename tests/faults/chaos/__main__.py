"""`make chaos MINUTES=60`: a shop of its own in which everything happens and everything breaks."""

import argparse
import sys
import time
from pathlib import Path

from tests.faults.chaos import driver
from tests.support.town import open_town


def main() -> int:
    """Run, say what happened, and end with 1 when something does not add up."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    parser.add_argument("--log", type=Path, default=Path("var/chaos"))
    wanted = parser.parse_args()
    wanted.log.mkdir(parents=True, exist_ok=True)
    file = wanted.log / f"{wanted.seed}.jsonl"
    print(f"Chaos for {wanted.minutes:g} minutes with SEED={wanted.seed}; every answer in {file}")
    with open_town() as town, file.open("w") as log:
        outcome = driver.run(town, wanted.seed, wanted.minutes * 60, log)
        print(outcome.in_words())
        if outcome.wrong:
            print(town.said())
    print(f"SEED={wanted.seed}: {len(outcome.wrong) or 'nothing'} wrong")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
