"""Letters as texts: one template per kind, whose first line is the subject.

Plain text, so nothing is escaped. The sandbox and `StrictUndefined` are for whoever edits a
template: it can reach nothing but what it is given, and a word that is missing is an error here
and never a gap in a letter.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

_LONGEST_SUBJECT = 200


def moment(at: datetime) -> str:
    """Write a moment as people read it: `5 March 2026, 14:30 UTC`."""
    return f"{day(at)}, {at:%H:%M} UTC"


def day(at: datetime) -> str:
    """Write a day as people read it: `5 March 2026`."""
    return f"{at.day} {at:%B %Y}"


def units(count: int) -> str:
    """Count units: `1 unit`, `3 units`."""
    return "1 unit" if count == 1 else f"{count} units"


def one_line(text: object) -> str:
    """Put a text on one line: what others wrote must not break a letter's form."""
    return " ".join(str(text).split())


def _environment() -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=False,  # plain text: an ampersand in a name is an ampersand
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(moment=moment, day=day, units=units, one_line=one_line)
    return environment


_templates = _environment()


def render(kind: str, **context: Any) -> tuple[str, str]:
    """Return the subject line and the text of a letter of a kind."""
    written = _templates.get_template(f"{kind}.txt").render(**context)
    subject, _, text = written.partition("\n")
    return one_line(subject)[:_LONGEST_SUBJECT], text.strip() + "\n"
