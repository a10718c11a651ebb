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


def doctor_light(seen: DoctorLight | None, paints: Styles) -> list[Line]:
    """Tell at home that the books need somebody; nothing while they are sound."""
    if seen is None or seen.state not in LIGHTS:
        return []
    glyph, sense, words = LIGHTS[seen.state]
    when = f"looked {age(seen.checked_at)} ago" if seen.checked_at else "never looked"
    number = f"{count(seen.differences)} rows, " if seen.differences else ""
    return [
        Line(()),
        Line(((" BOOKS", paints.heading),)),
        Line(((f" {glyph} ", paints.senses[sense]), (words, paints.ink))),
        Line(((f"   {number}{when}", paints.dim),)),
        Line((("   F5, then c", paints.dim),)),
    ]


def doctor_page(run: DoctorRun, paints: Styles, width: int) -> list[Line]:
    """Everything that differs or could not be checked, with its first rows."""
    when = f"{age(run.finished_at)} ago " if run.finished_at else ""
    lines = [Line(((" THE BOOKS", paints.heading),), ((when, paints.dim),))]
    wrong = [one for one in run.findings if one.state != "ok"]
    for finding in wrong:
        lines += [Line(), *_finding(finding, paints, width)]
    sound = len(run.findings) - len(wrong)
    lines += [
        Line(),
        Line(((f" ✔ {sound} of {len(run.findings)} checks are sound", paints.senses[Sense.GOOD]),)),
    ]
    return lines


def _finding(finding: Finding, paints: Styles, width: int) -> list[Line]:
    number = f"{count(finding.differences)} " if finding.differences else ""
    lines = [Line(((f" ✖ {finding.name}", paints.senses[Sense.BAD]),), ((number, paints.bright),))]
    told = [finding.promise, *([finding.error] if finding.error else [])]
    told += [f"{one.label}: is {one.recorded}, not {one.expected}" for one in finding.shown]
    for place, words in enumerate(told):
        ink = paints.dim if place == 0 else paints.ink
        lines += [Line(((f"   {row}", ink),)) for row in wrapped(words, max(10, width - 4))]
    if (more := finding.differences - len(finding.shown)) > 0:
        lines.append(Line(((f"   and {count(more)} more", paints.dim),)))
    return lines
