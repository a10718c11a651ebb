"""Common other names of our settings: accepted as aliases, or refused with the right name.

None is silently ignored: a shop whose mail settings are not read loses e-mails. Two names of one
setting must have the same value.
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
"""The part of SMTP_URL that each of these variables holds."""
_MAIL_PREFIXES = ("SMTP_", "EMAIL_")
_OWN_MAIL = "SMTP_URL"
_ALGORITHM = "HS256"


def own_names(environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the environment with aliases replaced by our names, and the problems of the aliases.

    SMTP_HOST and related variables become an SMTP_URL: port 465 means TLS, 587 or a user name
    STARTTLS, anything else neither.
    """
    variables = {name: value.strip() for name, value in environ.items() if value.strip()}
    problems: list[str] = []
    if variables.get("ALGORITHM", _ALGORITHM) != _ALGORITHM:
        problems.append(f"ALGORITHM must be {_ALGORITHM}, with which access tokens are signed")
    for alias, own in SAME.items():
        if alias in variables:
            _apply_alias(variables, alias, own, problems)
    for name in sorted(variables):
        if name.startswith(_MAIL_PREFIXES) and name not in {*MAIL_SERVER, *SAME, _OWN_MAIL}:
            problems.append(
                f"{name} is not a setting: use {_OWN_MAIL}, or {', '.join(MAIL_SERVER)} and "
                "EMAIL_FROM"
            )
    _apply_mail_server(variables, problems)
    return variables, problems


def under_given_names(problems: list[str], environ: Mapping[str, str]) -> list[str]:
    """Return the problems with our names replaced by the aliases that the environment uses."""
    renamed = list(problems)
    for alias, own in SAME.items():
        if environ.get(alias, "").strip() and not environ.get(own, "").strip():
            renamed = [
                f"{alias} ({own}) {problem.removeprefix(own).lstrip()}"
                if problem.startswith(f"{own} ")
                else problem
                for problem in renamed
            ]
    return renamed


def items(text: str) -> tuple[str, ...]:
    """Parse a list of texts, as JSON or separated by commas. Raises `ValueError` for other JSON."""
    if not text.lstrip().startswith("["):
        return tuple(item.strip() for item in text.split(",") if item.strip())
    values = json.loads(text)
    if not all(isinstance(value, str) for value in values):
        raise ValueError("not all of them are texts")
    return tuple(value.strip() for value in values if value.strip())


def _apply_alias(variables: dict[str, str], alias: str, own: str, problems: list[str]) -> None:
    value = variables[alias]
    if own not in variables:
        variables[own] = value
    elif not _are_equal(variables[own], value):
        problems.append(f"{alias} and {own} are two names of one setting and differ: keep one")


def _are_equal(first: str, second: str) -> bool:
    try:
        return items(first) == items(second)
    except ValueError:
        return first == second


def _apply_mail_server(variables: dict[str, str], problems: list[str]) -> None:
    by_part: dict[str, tuple[str, str]] = {}
    for name, part in MAIL_SERVER.items():
        if name not in variables:
            continue
        earlier, value = by_part.setdefault(part, (name, variables[name]))
        if value != variables[name]:
            problems.append(f"{name} and {earlier} are two names of one setting and differ")
    parts = {part: value for part, (_, value) in by_part.items()}
    if not parts:
        return
    if _OWN_MAIL in variables:
        problems += _differing(variables[_OWN_MAIL], by_part)
    elif "hostname" not in parts:
        names = ", ".join(name for name, _ in by_part.values())
        problems.append(f"{names} need SMTP_HOST beside them, or {_OWN_MAIL} instead of them")
    elif not parts.get("port", "587").isdecimal() or not 0 < int(parts.get("port", "587")) < 65536:
        problems.append(f"SMTP_PORT must be a number from 1 to 65535, not {parts['port']!r}")
    else:
        variables[_OWN_MAIL] = _mail_url(**parts)


def _mail_url(hostname: str, port: str = "587", username: str = "", password: str = "") -> str:
    scheme = "smtp"
    if port == "465":
        scheme = "smtps"
    elif port == "587" or username:
        scheme = "smtp+starttls"
    login = f"{quote(username, safe='')}:{quote(password, safe='')}@" if username else ""
    host = f"[{hostname}]" if ":" in hostname else hostname
    return f"{scheme}://{login}{host}:{port}"


def _differing(url: str, by_part: Mapping[str, tuple[str, str]]) -> list[str]:
    try:
        split = urlsplit(url)
        url_parts = {
            "hostname": split.hostname or "",
            "port": str(split.port or ""),
            "username": unquote(split.username or ""),
            "password": unquote(split.password or ""),
        }
    except ValueError:
        return []  # SMTP_URL itself is refused
    return [
        f"{name} differs from {_OWN_MAIL}: keep one of them"
        for part, (name, value) in by_part.items()
        if url_parts[part] != value
    ]
