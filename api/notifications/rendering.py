"""E-mails as texts: one template per kind and language, whose first line is the subject.

English has all of them; a kind without a text in another language is written in English. Plain
text, so nothing is escaped. The sandbox and `StrictUndefined` are for whoever edits a template: it
can reach nothing but what it is given, and a word that is missing is an error here and never a gap
in an e-mail.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from api.kernel.money import Money
from api.platform.languages import match_language

_LONGEST_SUBJECT = 200
_TEMPLATES: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class _Form:
    """How a language writes days, units and amounts."""

    months: tuple[str, ...]
    after_day: str = ""
    unit: str = "unit"
    units: str = "units"
    decimal: str = "."


_FORMS: Final = {
    "en": _Form(
        ("January", "February", "March", "April", "May", "June", "July", "August", "September",
         "October", "November", "December"),
    ),
    "de": _Form(
        ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
         "Oktober", "November", "Dezember"),
        after_day=".", unit="Stück", units="Stück", decimal=",",
    ),
}  # fmt: skip
LANGUAGES: Final = tuple(_FORMS)
"""The languages that e-mails are written in; the first is used where the others have no text."""


def moment(at: datetime, language: str = "en") -> str:
    """Write a moment as people read it: `5 March 2026, 14:30 UTC`."""
    return f"{day(at, language)}, {at:%H:%M} {at.tzname()}"


def day(at: datetime, language: str = "en") -> str:
    """Write a day as people read it: `5 March 2026`, `5. März 2026`."""
    form = _FORMS[language]
    return f"{at.day}{form.after_day} {form.months[at.month - 1]} {at.year}"


def units(count: int, language: str = "en") -> str:
    """Count units: `1 unit`, `3 units`."""
    form = _FORMS[language]
    return f"{count} {form.unit if count == 1 else form.units}"


def money(amount: Money, language: str = "en") -> str:
    """Write an amount: `19.99 EUR`, `19,99 EUR`."""
    return str(amount).replace(".", _FORMS[language].decimal)


def one_line(text: object) -> str:
    """Put a text on one line: what others wrote must not break an e-mail's form."""
    return " ".join(str(text).split())


@cache
def _environment(language: str) -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=FileSystemLoader([_TEMPLATES / language, _TEMPLATES]),
        autoescape=False,  # plain text: an ampersand in a name is an ampersand
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )

    @pass_context
    def local_moment(context: Context, at: datetime) -> str:
        return moment(_local(context, at), language)

    @pass_context
    def local_day(context: Context, at: datetime) -> str:
        return day(_local(context, at), language)

    environment.filters.update(
        moment=local_moment,
        day=local_day,
        units=lambda count: units(count, language),
        money=lambda amount: money(amount, language),
        one_line=one_line,
    )
    return environment


def _local(context: Mapping[str, Any] | Context, at: datetime) -> datetime:
    return at.astimezone(context.get("zone") or UTC)


def language_of(wanted: str | None, kind: str) -> str:
    """Return the language in which an e-mail is written: the wanted one, if it has a text."""
    language = match_language(LANGUAGES, [wanted] if wanted else [])
    has_text = (_TEMPLATES / language / f"{kind}.txt").is_file()
    return language if has_text else LANGUAGES[0]


def render(kind: str, language: str | None = None, /, **context: object) -> tuple[str, str]:
    """Return the subject line and the text of an e-mail of a kind.

    Days and times are those of `zone`, by default UTC.
    """
    templates = _environment(language_of(language, kind))
    written = templates.get_template(f"{kind}.txt").render(**context)
    subject, _, text = written.partition("\n")
    return one_line(subject)[:_LONGEST_SUBJECT], text.strip() + "\n"
