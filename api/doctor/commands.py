"""The `flask doctor` command."""

import sys
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from typing import Any

import click
import orjson
from flask.cli import with_appcontext

from api.doctor import flows, queries
from api.doctor.invariants import Finding, Report, Section, State
from api.kernel.principal import SYSTEM
from api.kernel.text_folding import counted

_MARKS = {State.OK: "ok", State.DIFFERS: "DIFFERS", State.FAILED: "FAILED"}
_SECTIONS = ", ".join(Section)


@click.command(
    "doctor",
    epilog=f"Sections: {_SECTIONS}. Exit status: 0 when nothing differs, 1 when something differs, "
    "2 when something could not be checked.",
)
@click.argument("names", nargs=-1)
@click.option("--fix", is_flag=True, help="Mend what follows from other rows; never money.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--show", default=10, show_default=True, help="Name so many differences of each.")
@with_appcontext
def doctor(names: tuple[str, ...], fix: bool, as_json: bool, show: int) -> None:
    """Check that goods, orders and money add up; or only the sections or invariants NAMES.

    The shop may stay open. The result of a full check is stored, and differences of money are put
    on the attention list. With --fix, corrections are added to the stock journal, and statuses,
    stock flags and search words are recomputed.
    """
    try:
        invariants = flows.chosen(names)
    except LookupError as unknown:
        known = ", ".join(one.name for one in queries.INVARIANTS)
        raise click.ClickException(
            f"There is no section and no invariant called {unknown}. Sections: {_SECTIONS}. "
            f"Invariants: {known}."
        ) from unknown
    with _silence(as_json), _bar(len(invariants), hidden=as_json) as bar:

        def asked(finding: Finding) -> None:
            bar.update(1, finding.name)

        if names:
            report = flows.examine(invariants, fix=fix, asked=asked)
            if fix:
                flows.list_money(report)
        else:
            report = flows.run(SYSTEM, fix=fix, asked=asked)
    if as_json:
        click.echo(orjson.dumps(_as_json(report), option=orjson.OPT_INDENT_2))
    else:
        _print(report, max(0, show))
    if report.failed:
        sys.exit(2)
    if report.differences:
        sys.exit(1)


def _silence(as_json: bool) -> AbstractContextManager[object]:
    """Keep standard output for the JSON alone: log lines go to standard error meanwhile."""
    return redirect_stdout(sys.stderr) if as_json else nullcontext()


def _bar(total: int, *, hidden: bool) -> Any:
    return click.progressbar(
        length=total,
        label="Checking",
        show_pos=True,
        item_show_func=lambda name: name,
        hidden=hidden or not sys.stdout.isatty(),
    )


def _print(report: Report, show: int) -> None:
    width = max(len(finding.name) for finding in report.findings)
    for finding in report.findings:
        words = [_MARKS[finding.state].ljust(7), finding.name.ljust(width), finding.promise]
        if finding.differences:
            words.append(f"- {counted(finding.differences, 'difference')}")
        if finding.fixed:
            words.append(f"- {finding.fixed:,} mended")
        click.echo("  ".join(words))
        if finding.error:
            click.echo(f"           {finding.error}")
        for one in finding.shown[:show]:
            click.echo(f"           {one}")
        if (more := finding.differences - min(show, len(finding.shown))) > 0 and finding.shown:
            click.echo(f"           ... and {more:,} more")
    if report.differences or report.failed:
        parts = [f"{counted(report.differences, 'difference')}"]
        if report.failed:
            parts.append(f"{counted(report.failed, 'check')} could not be made")
        click.echo(f"{', '.join(parts)}.")
    else:
        click.echo(f"All {len(report.findings)} checks are sound.")


def _as_json(report: Report) -> dict[str, object]:
    return {
        "differences": report.differences,
        "failed": report.failed,
        "findings": [finding.to_json() for finding in report.findings],
    }
