"""The names that other guides give to settings of ours: taken for ours, or refused by name.

None is ignored without a word, because a shop that was told how to reach its mail server and does
not know it loses letters. Two names of one setting must say the same.
"""

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, unquote, urlsplit

SAME: Final = {
    "ENVIRONMENT": "STOCKROOM_ENV",
    "BACKEND_CORS_ORIGINS": "CORS_ORIGINS",
    "EMAIL_FROM": "MAIL_FROM",
}
MAIL_SERVER: Final = {
    "SMTP_HOST": "hostname",
    "SMTP_PORT": "port",
    "SMTP_USER": "username",
    "EMAIL_USERNAME": "username",
    "SMTP_PASSWORD": "password",
    "EMAIL_PASSWORD": "password",
}
"""What SMTP_URL says in one line, and which part of it each of these is."""
_MAIL_PREFIXES = ("SMTP_", "EMAIL_")
_OWN_MAIL = "SMTP_URL"
_ALGORITHM = "HS256"


def own_names(environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the environment under our names alone, and everything that is wrong with the others.

    Of SMTP_HOST and what belongs to it an SMTP_URL is made: port 465 means TLS from the beginning,
    587 or a user name means STARTTLS, anything else neither.
    """
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    problems: list[str] = []
    if given.get("ALGORITHM", _ALGORITHM) != _ALGORITHM:
        problems.append(f"ALGORITHM must be {_ALGORITHM}, with which access tokens are signed")
    for alias, own in SAME.items():
        if alias in given:
            _take(given, alias, own, problems)
    for name in sorted(given):
        if name.startswith(_MAIL_PREFIXES) and name not in {*MAIL_SERVER, *SAME, _OWN_MAIL}:
            problems.append(
                f"{name} is not a setting: use {_OWN_MAIL}, or {', '.join(MAIL_SERVER)} and "
                "EMAIL_FROM"
            )
    _take_mail_server(given, problems)
    return given, problems


def under_given_names(problems: list[str], environ: Mapping[str, str]) -> list[str]:
    """Tell what is wrong with a setting under the name that was given for it."""
    told = list(problems)
    for alias, own in SAME.items():
        if environ.get(alias, "").strip() and not environ.get(own, "").strip():
            told = [
                f"{alias} ({own}) {problem.removeprefix(own).lstrip()}"
                if problem.startswith(f"{own} ")
                else problem
                for problem in told
            ]
    return told


def items(text: str) -> tuple[str, ...]:
    """Read a list of texts, as JSON or separated by commas. Raises `ValueError` for other JSON."""
    if not text.lstrip().startswith("["):
        return tuple(item.strip() for item in text.split(",") if item.strip())
    found = json.loads(text)
    if not all(isinstance(item, str) for item in found):
        raise ValueError("not all of them are texts")
    return tuple(item.strip() for item in found if item.strip())


def _take(given: dict[str, str], alias: str, own: str, problems: list[str]) -> None:
    value = given[alias]
    if own not in given:
        given[own] = value
    elif not _say_the_same(given[own], value):
        problems.append(f"{alias} and {own} are two names of one setting and differ: keep one")


def _say_the_same(one: str, other: str) -> bool:
    try:
        return items(one) == items(other)
    except ValueError:
        return one == other


def _take_mail_server(given: dict[str, str], problems: list[str]) -> None:
    told: dict[str, tuple[str, str]] = {}
    for name, part in MAIL_SERVER.items():
        if name not in given:
            continue
        before, value = told.setdefault(part, (name, given[name]))
        if value != given[name]:
            problems.append(f"{name} and {before} are two names of one setting and differ")
    parts = {part: value for part, (_, value) in told.items()}
    if not parts:
        return
    if _OWN_MAIL in given:
        problems += _differing(given[_OWN_MAIL], told)
    elif "hostname" not in parts:
        names = ", ".join(name for name, _ in told.values())
        problems.append(f"{names} need SMTP_HOST beside them, or {_OWN_MAIL} instead of them")
    elif not parts.get("port", "587").isdecimal() or not 0 < int(parts.get("port", "587")) < 65536:
        problems.append(f"SMTP_PORT must be a number from 1 to 65535, not {parts['port']!r}")
    else:
        given[_OWN_MAIL] = _mail_url(**parts)


def _mail_url(hostname: str, port: str = "587", username: str = "", password: str = "") -> str:
    scheme = "smtp"
    if port == "465":
        scheme = "smtps"
    elif port == "587" or username:
        scheme = "smtp+starttls"
    login = f"{quote(username, safe='')}:{quote(password, safe='')}@" if username else ""
    host = f"[{hostname}]" if ":" in hostname else hostname
    return f"{scheme}://{login}{host}:{port}"


def _differing(url: str, told: Mapping[str, tuple[str, str]]) -> list[str]:
    try:
        split = urlsplit(url)
        said = {
            "hostname": split.hostname or "",
            "port": str(split.port or ""),
            "username": unquote(split.username or ""),
            "password": unquote(split.password or ""),
        }
    except ValueError:
        return []  # SMTP_URL itself is refused
    return [
        f"{name} says something else than {_OWN_MAIL}: keep one of them"
        for part, (name, value) in told.items()
        if said[part] != value
    ]
