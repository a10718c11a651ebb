"""Parsing of environment variables: each value is read once, and all problems are collected."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.kernel.money import is_currency
from api.platform import setting_aliases

DEVELOPMENT_SECRET = "development-only-secret-do-not-deploy"  # noqa: S105
STOREFRONT_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_SHORTEST_SECRET = 32
_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9/_.-]*)?")
_RATE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class EnvironmentReader:
    """Parses variables and collects their problems."""

    def __init__(self, environ: Mapping[str, str], problems: list[str]) -> None:
        self._environ = environ
        self.problems = problems

    def text(self, name: str, default: str = "") -> str:
        """Return a variable without surrounding blanks, or the default."""
        return self._environ.get(name, "").strip() or default

    def required(self, name: str, needed: bool) -> str:
        """Return a variable; a problem when it is needed and missing."""
        value = self.text(name)
        if needed and not value:
            self.problems.append(f"{name} is missing")
        return value

    def secrets(self, name: str, needed: bool) -> list[str]:
        """Parse the current and previous secrets, `new,old`; never an empty list."""
        self.required(name, needed)
        values = self.items(name)
        if not needed:
            return [*values] or [DEVELOPMENT_SECRET]
        if any(len(one) < _SHORTEST_SECRET or one == DEVELOPMENT_SECRET for one in values):
            self.problems.append(
                f"{name} must be a secret of at least {_SHORTEST_SECRET} characters; make one "
                'with: python -c "import secrets; print(secrets.token_urlsafe(48))". While it is '
                "replaced, the old one follows the new one after a comma"
            )
        return [*values] or [""]

    def url(self, name: str, schemes: tuple[str, ...], needed: bool = True) -> str:
        """Return a URL with one of these schemes."""
        value = self.required(name, needed)
        if value and not self._is_url(value, schemes):
            self.problems.append(
                f"{name} must be an address that begins with "
                f"{' or '.join(scheme + '://' for scheme in schemes)}"
            )
        return value

    @staticmethod
    def _is_url(value: str, schemes: tuple[str, ...]) -> bool:
        try:
            return urlsplit(value).scheme.removesuffix("+psycopg2") in schemes
        except ValueError:
            return False

    def dsn(self, name: str) -> str:
        """Return a Sentry DSN."""
        value = self.url(name, ("https", "http"), needed=False)
        parts = urlsplit(value) if self._is_url(value, ("https", "http")) else None
        if parts is not None and not (parts.username and parts.path.strip("/")):
            self.problems.append(f"{name} must be as Sentry shows it: https://KEY@HOST/PROJECT")
        return value

    def bucket(self, name: str) -> str:
        """Return a bucket as `s3://bucket/prefix`."""
        value = self.url(name, ("s3",), needed=False)
        if value.startswith("s3://") and not _BUCKET.fullmatch(value):
            self.problems.append(f"{name} must name a bucket, as s3://bucket or s3://bucket/folder")
        return value

    def folder_or_bucket(self, name: str) -> str:
        """Return a folder, or a bucket."""
        return self.bucket(name) if "://" in self.text(name) else self.text(name)

    def choice(
        self,
        name: str,
        allowed: tuple[str, ...],
        default: str,
        spelling: Callable[[str], str] = str,
    ) -> str:
        """Return one of the allowed values."""
        value = spelling(self.text(name, default))
        if value not in allowed:
            self.problems.append(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
            return default
        return value

    def whole(self, name: str, default: int, at_least: int = 0, at_most: int | None = None) -> int:
        """Return a whole number within bounds."""
        value = self.text(name, str(default))
        if not value.isdecimal() or not at_least <= int(value) <= (at_most or int(value)):
            bound = (
                f"of at least {at_least}" if at_most is None else f"from {at_least} to {at_most}"
            )
            self.problems.append(f"{name} must be a whole number {bound}, not {value!r}")
            return default
        return int(value)

    def port_ranges(self, name: str, default: tuple[range, ...]) -> tuple[range, ...]:
        """Return ports and ranges of ports, as in `9100-9109,6101`."""
        ranges = []
        for item in self.items(name):
            first, _, last = item.partition("-")
            if not (first.isdecimal() and (last or first).isdecimal()):
                self.problems.append(f"{name} must hold ports such as 9100-9109, not {item!r}")
                break
            ranges.append(range(int(first), int(last or first) + 1))
        return tuple(ranges) or default

    def currency(self, name: str, default: str) -> str:
        """Return a currency of ISO 4217."""
        value = self.text(name, default).upper()
        if not is_currency(value):
            self.problems.append(f"{name} must be a currency such as EUR, not {value!r}")
        return value

    def exchange_rates(self, name: str) -> tuple[tuple[str, Decimal], ...]:
        """Return currencies with how much of each is worth one unit of the shop's currency."""
        rates = []
        for item in self.items(name):
            code, _, rate = item.upper().partition(":")
            if not is_currency(code) or not _RATE.fullmatch(rate) or not Decimal(rate):
                self.problems.append(f"{name} must hold rates such as SEK:11.25, not {item!r}")
                break
            rates.append((code, Decimal(rate)))
        return tuple(rates)

    def country(self, name: str) -> str:
        """Return a country code, or an empty text."""
        value = self.text(name).upper()
        if value and not _COUNTRY.fullmatch(value):
            self.problems.append(f"{name} must be an ISO 3166 code such as DE, not {value!r}")
        return value

    def time_zone(self, name: str, default: str) -> str:
        """Return the name of a time zone."""
        value = self.text(name, default)
        try:
            ZoneInfo(value)
        except (ValueError, ZoneInfoNotFoundError):
            self.problems.append(f"{name} must be a time zone such as Europe/Berlin: {value!r}")
        return value

    def languages(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return language tags in lower case, each once."""
        tags = self.items(name) or default
        for tag in tags:
            if not _LANGUAGE.fullmatch(tag):
                self.problems.append(f"{name} must hold language tags such as en or de-AT: {tag!r}")
        return tuple(dict.fromkeys(tag.lower() for tag in tags))

    def hashed_keys(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return names and the SHA-256 of their keys."""
        keys = tuple(item.partition(":")[::2] for item in self.items(name))
        for owner, key_hash in keys:
            if not STOREFRONT_NAME.fullmatch(owner) or not _SHA256.fullmatch(key_hash):
                self.problems.append(
                    f"{name} must hold entries as name:hash, separated by commas; make one with "
                    "flask --app wsgi storefront-key NAME"
                )
                break
        if len({key_hash for _, key_hash in keys}) < len(keys):
            self.problems.append(f"{name} holds the same key twice")
        return keys

    def items(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        try:
            return setting_aliases.items(self.text(name))
        except ValueError:
            self.problems.append(
                f"{name} must be a list of texts, separated by commas or as JSON, as in "
                '["https://www.shop.example"]'
            )
            return ()


def sqlalchemy_url(url: str) -> str:
    """Add the driver: hosting providers give `postgres://`, which SQLAlchemy does not know."""
    scheme, separator, rest = url.partition("://")
    if separator and scheme in ("postgres", "postgresql"):
        return f"postgresql+psycopg2://{rest}"
    return url
