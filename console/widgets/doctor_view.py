"""What the doctor found, written out: what differs first, and the rest as a number."""

from __future__ import annotations

from console.client.doctor import DoctorLight, DoctorRun, Finding
from console.flows.formatting import Sense, age, count
from console.theme import Styles
from console.widgets.text_layout import Line, wrapped

LIGHTS = {
    "differs": ("✖", Sense.BAD, "do not add up"),
    "failed": ("⚠", Sense.PART, "could not all be checked"),
    "outdated": ("⚠", Sense.PART, "were not checked lately"),
}


def doctor_light(seen: DoctorLight | None, styles: Styles) -> list[Line]:
    """Tell at home that the books need somebody; nothing while they are sound."""
    if seen is None or seen.state not in LIGHTS:
        return []
    glyph, sense, words = LIGHTS[seen.state]
    when = f"looked {age(seen.checked_at)} ago" if seen.checked_at else "never looked"
    number = f"{count(seen.differences)} rows, " if seen.differences else ""
    return [
        Line(()),
        Line(((" BOOKS", styles.heading),)),
        Line(((f" {glyph} ", styles.senses[sense]), (words, styles.ink))),
        Line(((f"   {number}{when}", styles.dim),)),
        Line((("   ⇧F5, then c", styles.dim),)),
    ]


def doctor_page(run: DoctorRun, styles: Styles, width: int) -> list[Line]:
    """Everything that differs or could not be checked, with its first rows."""
    when = f"{age(run.finished_at)} ago " if run.finished_at else ""
    lines = [Line(((" THE BOOKS", styles.heading),), ((when, styles.dim),))]
    wrong = [one for one in run.findings if one.state != "ok"]
    for finding in wrong:
        lines += [Line(), *_finding(finding, styles, width)]
    sound = len(run.findings) - len(wrong)
    lines += [
        Line(),
        Line(((f" ✔ {sound} of {len(run.findings)} checks are sound", styles.senses[Sense.GOOD]),)),
    ]
    return lines


def _finding(finding: Finding, styles: Styles, width: int) -> list[Line]:
    number = f"{count(finding.differences)} " if finding.differences else ""
    lines = [Line(((f" ✖ {finding.name}", styles.senses[Sense.BAD]),), ((number, styles.bright),))]
    told = [finding.promise, *([finding.error] if finding.error else [])]
    told += [f"{one.label}: is {one.recorded}, not {one.expected}" for one in finding.shown]
    for place, words in enumerate(told):
        ink = styles.dim if place == 0 else styles.ink
        lines += [Line(((f"   {row}", ink),)) for row in wrapped(words, max(10, width - 4))]
    if (more := finding.differences - len(finding.shown)) > 0:
        lines.append(Line(((f"   and {count(more)} more", styles.dim),)))
    return lines
