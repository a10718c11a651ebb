"""E-mails as texts: one template per kind and language, whose first line is the subject.

English has all of them; a kind without a text in another language is written in English. Plain
text, so nothing is escaped. The sandbox and `StrictUndefined` are for whoever edits a template: it
can reach nothing but what it is given, and a word that is missing is an error here and never a gap
in an e-mail.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from api.documents.words import LANGUAGES, day, moment, money, units
from api.platform.languages import match_language

_LONGEST_SUBJECT = 200
_TEMPLATES: Final = Path(__file__).parent / "templates"


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
