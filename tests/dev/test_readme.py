"""The README's example leads from a product to a paid order, whatever the ports are."""

import os
import re
import subprocess
import sys
from pathlib import Path

from api.dev.stack import ROOT
from tests.dev.conftest import Copy


def example() -> str:
    """Return the lines that the README shows, as they stand there."""
    text = (ROOT / "README.md").read_text()
    found = re.search(r"## From a product to a paid order.*?```sh\n(.*?)```", text, re.DOTALL)
    assert found
    return found[1]


def test_the_example_leads_to_a_paid_order(copy: Copy) -> None:
    copy.ensure_running()
    # The same lines for a copy whose data lies elsewhere; only where to look changes.
    lines = example()
    assert lines.count("$(make env)") == 1
    assert lines.count("var/mailbox/new") == 1
    lines = lines.replace("$(make env)", f"$({sys.executable} -m api.dev env {copy.folder})")
    lines = lines.replace("var/mailbox/new", f"{copy.folder}/mailbox/new")

    for _ in range(2):  # the second time the first one's e-mail is there too
        walked = subprocess.run(
            ["bash", "-eu", "-c", lines],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip

        assert walked.returncode == 0, walked.stderr
        assert walked.stdout.startswith("paid\n"), walked.stdout
        assert walked.stdout.count("\nTo: ada@example.test") == 1, walked.stdout


def test_the_example_waits_until_the_order_is_paid_and_not_for_ever(tmp_path: Path) -> None:
    wait = example().strip().splitlines()[-1].partition("; for")[0]
    answers = """
        field() { cat; }; sleep() { :; }; API= ORDER=
        send() {
            echo asked >> asked
            [ "$(wc -l < asked)" -ge "$PAID_AT" ] && echo paid || echo unpaid
        }
    """

    def walk(paid_at: int) -> str:
        (tmp_path / "asked").unlink(missing_ok=True)
        return subprocess.run(
            ["bash", "-eu", "-c", answers + wait],
            cwd=tmp_path, env={**os.environ, "PAID_AT": str(paid_at)},
            capture_output=True, text=True, check=True, timeout=30,
        ).stdout  # fmt: skip

    assert walk(paid_at=3) == "paid\n"
    assert walk(paid_at=1000) == ""


def test_what_make_env_prints_is_for_a_shell_and_for_a_running_shop(copy: Copy) -> None:
    copy.ensure_running()
    said = subprocess.run(
        [sys.executable, "-m", "api.dev", "env", str(copy.folder)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip

    read = subprocess.run(
        ["sh", "-eu", "-c", f'{said}\necho "$API $FLASK_APP"; echo "$PAYMENT_INSTRUCTIONS"'],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip

    assert read.startswith(f"http://127.0.0.1:{copy.port}/api/v1 api.dev.app\n")
    assert "IBAN DE02 1203 0000 0000 2020 51" in read


def test_without_a_running_shop_there_is_nothing_to_print(copy: Copy, open_folder: object) -> None:
    said = copy.refusal("env", folder=open_folder / "var")  # type: ignore[operator]

    assert said == "stockroom: Stockroom is not running in this folder: start it with make run."
