"""All settings of an installation, read once from environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from api.kernel import clock, packages
from api.platform import production_checks, setting_aliases
from api.platform.environment_reader import DEVELOPMENT_SECRET, EnvironmentReader, sqlalchemy_url
from api.platform.service_registry import get_service

Environment = Literal["development", "test", "production"]
LogFormat = Literal["text", "json"]
ManualPayment = Literal["off", "customers", "everybody"]
ShipVerification = Literal["off", "barcoded", "all"]

VIES = "https://ec.europa.eu/taxation_customs/vies/rest-api"
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(Exception):
    """The settings are invalid; lists all problems at once."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        lines = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(f"Stockroom cannot start with these settings:\n{lines}")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One shop's settings. Build with `from_env` in production, by keyword in tests."""

    env: Environment = "development"
    secret_key: str = field(default=DEVELOPMENT_SECRET, repr=False)
    """Signs and digests. Signatures of `secret_keys_before` stay valid."""
    secret_keys_before: tuple[str, ...] = field(default=(), repr=False)
    jwt_secret_key: str = field(default=DEVELOPMENT_SECRET, repr=False)
    """Signs access tokens; those of `jwt_secret_keys_before` stay valid until they expire."""
    jwt_secret_keys_before: tuple[str, ...] = field(default=(), repr=False)
    database_url: str = field(default="", repr=False)
    redis_url: str = field(default="", repr=False)
    stripe_secret_key: str = field(default="", repr=False)
    stripe_publishable_key: str = ""
    stripe_webhook_secret: str = field(default="", repr=False)
    stripe_api_base: str = ""
    """Another base URL of the payment provider; only for fakes in development."""
    smtp_url: str = field(default="", repr=False)
    mail_from: str = "Stockroom <shop@example.test>"
    mails_deliveries: bool = True
    """Whether customers get an e-mail when a parcel has arrived."""
    staff_alert_email: str = ""
    """The recipient of e-mails about low stock and attention items; empty sends none."""
    cors_origins: tuple[str, ...] = ()
    storefront_keys: tuple[tuple[str, str], ...] = ()
    """The storefront servers that may send their buyers' IP addresses: name and key's SHA-256."""
    public_url: str = "http://127.0.0.1:8000"
    payment_instructions: str = ""
    """How to pay other than by card, quoted word for word in e-mails: the bank account."""
    manual_payment: ManualPayment = "customers"
    """Who may place orders that are not paid by card; such an order allocates stock."""
    manual_payment_hours: int = 48
    """How long the stock of such an order is kept while it is unpaid."""
    manual_payment_max_orders: int = 3
    """The limit of such unpaid orders: per e-mail or customer, and per postal address."""
    manual_payment_max_units: int = 20
    """The limit of units in them, the new order included. 0 means no limit, also in the others."""
    manual_payment_max_orders_per_ip: int = 10
    manual_payment_max_units_per_ip: int = 60
    """The same limit for all orders from one network address."""
    ship_verification: ShipVerification = "barcoded"
    """Which units must be scanned before they may ship; others may be."""
    count_tolerance_units: int = 1
    """A count that differs by no more units than this is posted without a second person."""
    count_tolerance_percent: int = 2
    """The same as a share of what was expected; the larger of both counts."""
    gift_card_valid_days: int = 0
    """How long a gift card is valid, unless staff say another date; 0 is without end."""
    gift_card_min_days: int = 1826
    """How long a gift card is valid at least. Five years, as in the United States (15 U.S.C.
    1693l-1); German law has three from the end of the year (sections 195 and 199 BGB)."""
    print_folder: str = ""
    """The folder below which printers of the kind `folder` have theirs; empty allows none."""
    cups_server: str = ""
    """The print server, as `host:port` or the path of its socket; empty is the one of this host."""
    printer_ports: tuple[range, ...] = (range(9100, 9110),)
    """The TCP ports at which printers may be: what is sent to others could do harm there."""
    return_address: str = ""
    """Where customers send returns to; its lines are separated by commas."""
    shop_name: str = "Stockroom Demo"
    country: str = ""
    """Where the shop is established (ISO 3166): decides what is domestic, intra-EU or export."""
    vat_id: str = ""
    """The shop's own VAT id: VIES proves its answers to whoever names itself."""
    vies_url: str = ""
    """The REST interface of VIES; without it VAT ids are not checked there, and orders flagged."""
    oss_threshold: int = 0
    """Whole units of `currency`: up to these sales a year to other member states, consumers there
    pay the shop's own rates (article 59c of Directive 2006/112/EC: 10,000 EUR, or what a state
    without the euro made of it). 0 taxes them at their own."""
    oss_rates: tuple[tuple[str, Decimal], ...] = ()
    """How much of other currencies is worth one unit of `currency`, for that threshold."""
    time_zone: str = "UTC"
    """Where its days begin and end (IANA); the day of an order decides its tax."""
    currency: str = "EUR"
    languages: tuple[str, ...] = ("en",)
    """The languages of the catalog (BCP 47); the first is its source language."""
    media_root: str = "var/media"
    """The folder of pictures, unless `media_url` names a bucket."""
    media_url: str = ""
    """`s3://bucket/prefix`: store pictures there instead."""
    media_endpoint: str = ""
    """The endpoint of the bucket, for services other than Amazon's."""
    media_region: str = "us-east-1"
    media_access_key: str = field(default="", repr=False)
    media_secret_key: str = field(default="", repr=False)
    media_public_url: str = ""
    """The base URL of pictures, when a CDN or another host serves them."""
    media_most_megabytes: int = 20
    """How large one uploaded picture may be."""
    database_owner_url: str = field(default="", repr=False)
    """The role that owns the tables and may change them, where that of `database_url` may not."""
    backup_url: str = ""
    """Where backups are stored: a folder, or `s3://bucket/prefix`. Empty makes none."""
    backup_recipient: str = ""
    """The public age key that they are encrypted to; required for a bucket."""
    backup_identity_file: str = ""
    """The file with the private key, only where backups are verified or restored."""
    backup_keep: int = 14
    """How many backups are kept."""
    backup_endpoint: str = ""
    backup_region: str = "us-east-1"
    backup_access_key: str = field(default="", repr=False)
    backup_secret_key: str = field(default="", repr=False)
    log_level: str = "INFO"
    log_format: LogFormat = "json"
    log_file: str = ""
    """A log file, kept for ten days, that all processes of the shop may share."""
    sentry_dsn: str = field(default="", repr=False)
    """Where errors are reported, without personal data; empty reports none."""
    security_log: str = ""
    """The log file of refused sign-ins with their full IP addresses; empty keeps none."""
    metrics_token: str = field(default="", repr=False)
    """Bearer token for /metrics; without one only the machine itself may read them."""
    cron_secret: str = field(default="", repr=False)
    """The bearer token for `/cron/work`, which a scheduler calls instead of a worker."""
    access_token_minutes: int = 15
    """How long an access token is valid, unless its sign-in ends before."""
    refresh_token_days: int = 30
    """How long a sign-in lasts without being used."""
    trusted_proxies: int = 0
    """How many reverse proxies stand in front; their X-Forwarded-For entries are trusted."""
    client_country_header: str = ""
    """The header in which the trusted proxy says from which country a request comes, such as
    CF-IPCountry; empty where none does."""
    database_pool_size: int = 5
    rate_limits_enabled: bool = True

    @property
    def zone(self) -> ZoneInfo:
        """The shop's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def today(self) -> date:
        """The day in the shop's time zone."""
        return clock.now().astimezone(self.zone).date()

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The current and previous secrets of signatures, the current one first."""
        return (self.secret_key, *self.secret_keys_before)

    @property
    def jwt_secret_keys(self) -> tuple[str, ...]:
        """The current and previous secrets of access tokens, the current one first."""
        return (self.jwt_secret_key, *self.jwt_secret_keys_before)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings from environment variables.

        Common other names are accepted or refused, see `setting_aliases.py`. Raises
        `SettingsError` with all problems at once: a half-configured shop must not start.
        """
        read = EnvironmentReader(*setting_aliases.own_names(environ))
        # Production by default: a server without the variable must not use the public secrets.
        env = read.choice("STOCKROOM_ENV", get_args(Environment), "production")
        in_production = env == "production"
        secret_key, *secret_keys_before = read.secrets("SECRET_KEY", in_production)
        jwt_secret_key, *jwt_secret_keys_before = read.secrets("JWT_SECRET_KEY", in_production)
        settings = cls(
            env=env,  # type: ignore[arg-type]
            secret_key=secret_key,
            secret_keys_before=tuple(secret_keys_before),
            jwt_secret_key=jwt_secret_key,
            jwt_secret_keys_before=tuple(jwt_secret_keys_before),
            database_url=sqlalchemy_url(read.url("DATABASE_URL", ("postgresql", "postgres"))),
            redis_url=read.url("REDIS_URL", ("redis", "rediss", "unix")),
            stripe_secret_key=read.required("STRIPE_SECRET_KEY", in_production),
            stripe_publishable_key=read.text("STRIPE_PUBLISHABLE_KEY"),
            stripe_webhook_secret=read.required("STRIPE_WEBHOOK_SECRET", in_production),
            stripe_api_base=read.text("STRIPE_API_BASE"),
            smtp_url=read.url("SMTP_URL", ("smtp", "smtps", "smtp+starttls"), in_production),
            mail_from=read.required("MAIL_FROM", in_production) or cls.mail_from,
            mails_deliveries=read.choice("DELIVERED_EMAIL", ("yes", "no"), "yes") == "yes",
            staff_alert_email=read.text("STAFF_ALERT_EMAIL"),
            cors_origins=read.items("CORS_ORIGINS"),
            storefront_keys=read.hashed_keys("STOREFRONT_KEYS"),
            public_url=read.url("PUBLIC_URL", ("https", "http"), in_production) or cls.public_url,
            payment_instructions=read.text("PAYMENT_INSTRUCTIONS"),
            manual_payment=read.choice(  # type: ignore[arg-type]
                "MANUAL_PAYMENT", get_args(ManualPayment), cls.manual_payment
            ),
            manual_payment_hours=read.whole(
                "MANUAL_PAYMENT_HOURS", cls.manual_payment_hours, at_least=1
            ),
            manual_payment_max_orders=read.whole(
                "MANUAL_PAYMENT_MAX_ORDERS", cls.manual_payment_max_orders
            ),
            manual_payment_max_units=read.whole(
                "MANUAL_PAYMENT_MAX_UNITS", cls.manual_payment_max_units
            ),
            manual_payment_max_orders_per_ip=read.whole(
                "MANUAL_PAYMENT_MAX_ORDERS_PER_IP", cls.manual_payment_max_orders_per_ip
            ),
            manual_payment_max_units_per_ip=read.whole(
                "MANUAL_PAYMENT_MAX_UNITS_PER_IP", cls.manual_payment_max_units_per_ip
            ),
            ship_verification=read.choice(  # type: ignore[arg-type]
                "SHIP_VERIFICATION", get_args(ShipVerification), cls.ship_verification
            ),
            count_tolerance_units=read.whole("COUNT_TOLERANCE_UNITS", cls.count_tolerance_units),
            count_tolerance_percent=read.whole(
                "COUNT_TOLERANCE_PERCENT", cls.count_tolerance_percent
            ),
            gift_card_valid_days=read.whole("GIFT_CARD_VALID_DAYS", cls.gift_card_valid_days),
            gift_card_min_days=read.whole("GIFT_CARD_MIN_DAYS", cls.gift_card_min_days),
            print_folder=read.text("PRINT_FOLDER"),
            cups_server=read.text("CUPS_SERVER"),
            printer_ports=read.port_ranges("PRINTER_PORTS", cls.printer_ports),
            return_address=read.text("RETURN_ADDRESS"),
            shop_name=read.text("SHOP_NAME", cls.shop_name),
            country=read.country("SHOP_COUNTRY"),
            vat_id=read.text("SHOP_VAT_ID").replace(" ", "").upper(),
            vies_url=read.text("VIES_URL", VIES if in_production else ""),
            oss_threshold=read.whole("OSS_THRESHOLD", 0),
            oss_rates=read.exchange_rates("OSS_RATES"),
            time_zone=read.time_zone("SHOP_TIME_ZONE", cls.time_zone),
            currency=read.currency("SHOP_CURRENCY", cls.currency),
            languages=read.languages("SHOP_LANGUAGES", cls.languages),
            media_root=read.text("MEDIA_ROOT", cls.media_root),
            media_url=read.bucket("MEDIA_URL"),
            media_endpoint=read.url("MEDIA_ENDPOINT", ("https", "http"), needed=False),
            media_region=read.text("MEDIA_REGION", cls.media_region),
            media_access_key=read.text("MEDIA_ACCESS_KEY"),
            media_secret_key=read.text("MEDIA_SECRET_KEY"),
            media_public_url=read.url("MEDIA_PUBLIC_URL", ("https", "http"), needed=False),
            media_most_megabytes=read.whole(
                "MEDIA_MOST_MEGABYTES", cls.media_most_megabytes, at_least=1
            ),
            database_owner_url=sqlalchemy_url(
                read.url("DATABASE_OWNER_URL", ("postgresql", "postgres"), needed=False)
            ),
            backup_url=read.folder_or_bucket("BACKUP_URL"),
            backup_recipient=read.text("BACKUP_RECIPIENT"),
            backup_identity_file=read.text("BACKUP_IDENTITY_FILE"),
            backup_keep=read.whole("BACKUP_KEEP", cls.backup_keep, at_least=1),
            backup_endpoint=read.url("BACKUP_ENDPOINT", ("https", "http"), needed=False),
            backup_region=read.text("BACKUP_REGION", cls.backup_region),
            backup_access_key=read.text("BACKUP_ACCESS_KEY"),
            backup_secret_key=read.text("BACKUP_SECRET_KEY"),
            log_level=read.choice("LOG_LEVEL", _LOG_LEVELS, cls.log_level, str.upper),
            log_format=read.choice("LOG_FORMAT", get_args(LogFormat), "json"),  # type: ignore[arg-type]
            log_file=read.text("LOG_FILE"),
            sentry_dsn=read.dsn("SENTRY_DSN"),
            security_log=read.text("SECURITY_LOG"),
            metrics_token=read.text("METRICS_TOKEN"),
            cron_secret=read.text("CRON_SECRET"),
            access_token_minutes=read.whole(
                "ACCESS_TOKEN_EXPIRE_MINUTES", cls.access_token_minutes, at_least=1, at_most=1440
            ),
            refresh_token_days=read.whole(
                "REFRESH_TOKEN_EXPIRE_DAYS", cls.refresh_token_days, at_least=1, at_most=365
            ),
            trusted_proxies=read.whole("TRUSTED_PROXIES", 0),
            client_country_header=read.text("CLIENT_COUNTRY_HEADER"),
            database_pool_size=read.whole("DATABASE_POOL_SIZE", 5, at_least=1),
            rate_limits_enabled=read.choice("RATE_LIMITS", ("on", "off"), "on") == "on",
        )
        if 0 < settings.gift_card_valid_days < settings.gift_card_min_days:
            read.problems.append(
                "GIFT_CARD_VALID_DAYS must be 0, for gift cards without end, or at least "
                f"GIFT_CARD_MIN_DAYS ({settings.gift_card_min_days})"
            )
        needing: dict[str, tuple[str, packages.Part]] = {
            "MEDIA_URL": (settings.media_url, "s3"),
            "BACKUP_URL": (settings.backup_url, "s3"),
            "SENTRY_DSN": (settings.sentry_dsn, "sentry"),
        }
        for name, (value, part) in needing.items():
            if value and (problem := packages.problem_of(part)) is not None:
                read.problems.append(f"{name} is set. {problem.detail.rstrip('.')}")
        if in_production:
            read.problems += production_checks.find_weaknesses(settings, environ)
        if read.problems:
            raise SettingsError(setting_aliases.under_given_names(read.problems, environ))
        return settings


def current_settings() -> Settings:
    """Return the settings of the running app."""
    settings: Settings = get_service(Settings)
    return settings
