"""What may differ between two places: read once, and refused whole when it is not fit."""

import dataclasses
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from api.platform.environment_reader import DEVELOPMENT_SECRET
from api.platform.production_checks import missing_proxy
from api.platform.settings import Settings, SettingsError

SECRET = "a-secret-that-is-long-enough-for-the-shop"
PRODUCTION = {
    "STOCKROOM_ENV": "production",
    "SECRET_KEY": SECRET,
    "JWT_SECRET_KEY": SECRET + "-2",
    "DATABASE_URL": "postgresql://shop:pw@db.internal:5432/shop",
    "REDIS_URL": "redis://cache.internal:6379/0",
    "STRIPE_SECRET_KEY": "sk_live_51ThisIsNoRealKey",
    "STRIPE_WEBHOOK_SECRET": "whsec_ThisIsNoRealSecret",
    "SMTP_URL": "smtps://user:pw@mail.internal",
    "MAIL_FROM": "The Mug Shop <shop@mugs.example>",
    "PUBLIC_URL": "https://shop.mugs.example",
    "TRUSTED_PROXIES": "1",
}
DEVELOPMENT = {
    "STOCKROOM_ENV": "development",
    "DATABASE_URL": "postgresql://shop@127.0.0.1/shop",
    "REDIS_URL": "redis://127.0.0.1/0",
}


def problems_with(base: dict[str, str], **changes: str | None) -> list[str]:
    """Read changed variables and return what is wrong with them; None leaves one out."""
    environ = {name: value for name, value in (base | changes).items() if value is not None}
    try:
        Settings.from_env(environ)
    except SettingsError as unfit:
        return unfit.problems
    return []


def test_a_complete_production_is_fit() -> None:
    settings = Settings.from_env(PRODUCTION)

    assert settings.env == "production"
    assert settings.database_url == "postgresql+psycopg2://shop:pw@db.internal:5432/shop"
    assert settings.rate_limits_enabled
    assert settings.cors_origins == ()


def test_development_needs_only_its_services() -> None:
    settings = Settings.from_env(DEVELOPMENT)

    assert (settings.env, settings.secret_key) == ("development", DEVELOPMENT_SECRET)


def test_production_lists_everything_that_is_wrong_at_once() -> None:
    with pytest.raises(SettingsError) as unfit:
        Settings.from_env(
            {
                "STOCKROOM_ENV": "production",
                "SECRET_KEY": "short",
                "JWT_SECRET_KEY": DEVELOPMENT_SECRET,
                "DATABASE_URL": "mysql://db/shop",
                "STRIPE_SECRET_KEY": "sk_test_1",
                "STRIPE_API_BASE": "http://127.0.0.1:8420",
                "CORS_ORIGINS": "https://a.example, *",
                "RATE_LIMITS": "off",
                "TRUSTED_PROXIES": "one",
                "LOG_LEVEL": "LOUD",
                "SHOP_CURRENCY": "euro",
            }
        )

    said = str(unfit.value)
    assert said.startswith("Stockroom cannot start with these settings:\n  - ")
    assert len(unfit.value.problems) == said.count("\n")
    for name in (
        "SECRET_KEY", "JWT_SECRET_KEY", "DATABASE_URL", "REDIS_URL", "STRIPE_SECRET_KEY",
        "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE", "SMTP_URL", "MAIL_FROM", "PUBLIC_URL",
        "CORS_ORIGINS", "RATE_LIMITS", "TRUSTED_PROXIES", "LOG_LEVEL", "SHOP_CURRENCY",
    ):  # fmt: skip
        assert len([p for p in unfit.value.problems if p.startswith(f"{name} ")]) == 1, name


def test_a_place_that_says_nothing_of_itself_is_production() -> None:
    """Else a server on which one line was forgotten would trust tokens that anyone can sign."""
    assert problems_with(PRODUCTION, STOCKROOM_ENV=None) == []
    assert len(problems_with(DEVELOPMENT, STOCKROOM_ENV=None)) > 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", "too-short"),
        ("JWT_SECRET_KEY", DEVELOPMENT_SECRET),
        ("DATABASE_URL", None),
        ("DATABASE_URL", "sqlite:///shop.db"),
        ("DATABASE_URL", "postgresql://[oops"),
        ("REDIS_URL", "http://cache"),
        ("STRIPE_SECRET_KEY", None),
        ("STRIPE_SECRET_KEY", "sk_test_1"),
        ("STRIPE_SECRET_KEY", "rk_test_1"),
        ("STRIPE_SECRET_KEY", "pk_live_51ThisIsNoRealKey"),
        ("STRIPE_SECRET_KEY", "sk_live_..."),
        ("STRIPE_PUBLISHABLE_KEY", "pk_test_51ThisIsNoRealKey"),
        ("STRIPE_PUBLISHABLE_KEY", "sk_live_51ThisIsNoRealKey"),
        ("STRIPE_WEBHOOK_SECRET", None),
        ("STRIPE_WEBHOOK_SECRET", "sk_live_51ThisIsNoRealKey"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_ThisIsNoRealSecret,whsec_"),
        ("SECRET_KEY", "a" * 48),
        ("SECRET_KEY", "changeme-please-" * 3),
        ("JWT_SECRET_KEY", SECRET),
        ("METRICS_TOKEN", SECRET),
        ("STRIPE_API_BASE", "http://127.0.0.1:8420"),
        ("SMTP_URL", "mail.internal:25"),
        ("MAIL_FROM", None),
        ("PUBLIC_URL", None),
        ("PUBLIC_URL", "shop.mugs.example"),
        ("PUBLIC_URL", "http://shop.mugs.example"),
        ("SMTP_URL", "smtp://user:pw@mail.internal"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "null"),
        ("CORS_ORIGINS", "https://shop.mugs.example/"),
        ("TRUSTED_PROXIES", None),
        ("STOREFRONT_KEYS", "a-key-in-the-clear"),
        ("STOREFRONT_KEYS", "web:" + "g" * 64),
        ("STOREFRONT_KEYS", "The Web:" + "0" * 64),
        ("STOREFRONT_KEYS", "web:" + "0" * 64 + ",app:" + "0" * 64),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "LOUD"),
        ("SHOP_CURRENCY", "EURO"),
        ("SHOP_CURRENCY", "E1R"),
        ("TRUSTED_PROXIES", "-1"),
        ("DATABASE_POOL_SIZE", "0"),
        ("RATE_LIMITS", "off"),
        ("RATE_LIMITS", "sometimes"),
        ("STOCKROOM_ENV", "staging"),
    ],
)
def test_production_refuses(name: str, value: str | None) -> None:
    problems = problems_with(PRODUCTION, **{name: value})

    assert [problem.split()[0] for problem in problems] == [name]


def test_mail_to_this_machine_needs_no_encryption() -> None:
    assert problems_with(PRODUCTION, SMTP_URL="smtp://user:pw@127.0.0.1:25") == []
    assert problems_with(PRODUCTION, SMTP_URL="smtp://mail.internal:25") == []


def test_no_proxy_and_nobody_but_this_machine_do_not_go_together() -> None:
    alone = Settings.from_env(PRODUCTION | {"TRUSTED_PROXIES": "0"})

    assert "TRUSTED_PROXIES" in (missing_proxy(alone, ["127.0.0.1", "::1"]) or "")
    assert missing_proxy(alone, ["0.0.0.0"]) is None
    assert missing_proxy(Settings.from_env(PRODUCTION), ["127.0.0.1"]) is None
    assert missing_proxy(Settings.from_env(DEVELOPMENT), ["127.0.0.1"]) is None


def test_a_refusal_never_repeats_a_secret() -> None:
    secret = "hunter2-hunter2"

    said = "\n".join(
        problems_with(
            PRODUCTION, SECRET_KEY=secret, DATABASE_URL=f"mysql://u:{secret}@db/x", MAIL_FROM=None
        )
    )

    assert "SECRET_KEY" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_the_driver_is_named_whatever_the_panel_calls_the_database(scheme: str) -> None:
    settings = Settings.from_env(DEVELOPMENT | {"DATABASE_URL": f"{scheme}://u@h/d"})

    assert settings.database_url == "postgresql+psycopg2://u@h/d"


def test_blanks_around_values_and_empty_values_do_not_count() -> None:
    settings = Settings.from_env(
        DEVELOPMENT
        | {"CORS_ORIGINS": " https://a.example , https://b.example,", "SHOP_CURRENCY": " jpy "}
        | {"LOG_LEVEL": "debug", "SHOP_NAME": ""}
    )

    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert (settings.currency, settings.log_level) == ("JPY", "DEBUG")
    assert settings.shop_name == "Stockroom Demo"


def test_settings_do_not_change_while_the_shop_runs() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().env = "production"  # type: ignore[misc]


def test_settings_never_show_their_secrets() -> None:
    shown = repr(Settings.from_env(PRODUCTION | {"METRICS_TOKEN": SECRET + "-3"}))

    for secret in (SECRET, "pw@", "sk_live", "whsec"):
        assert secret not in shown


GUIDE = {
    name: value
    for name, value in PRODUCTION.items()
    if name not in ("STOCKROOM_ENV", "SMTP_URL", "MAIL_FROM")
} | {
    "ENVIRONMENT": "production",
    "BACKEND_CORS_ORIGINS": '["http://localhost:3000", "https://yourdomain.example"]',
    "SMTP_HOST": "smtp.mail.example",
    "SMTP_PORT": "587",
    "EMAIL_USERNAME": "shop@mail.example",
    "EMAIL_PASSWORD": "p@ss/w:rd",
    "EMAIL_FROM": "The Mug Shop <shop@mugs.example>",
    "ALGORITHM": "HS256",
    "ACCESS_TOKEN_EXPIRE_MINUTES": "30",
    "LOG_LEVEL": "INFO",
}
"""The names that the guide gives, with values of its kind."""


def test_the_names_of_the_guide_are_taken() -> None:
    settings = Settings.from_env(GUIDE)

    assert settings.env == "production"
    assert settings.cors_origins == ("http://localhost:3000", "https://yourdomain.example")
    assert settings.smtp_url == (
        "smtp+starttls://shop%40mail.example:p%40ss%2Fw%3Ard@smtp.mail.example:587"
    )
    assert settings.mail_from == "The Mug Shop <shop@mugs.example>"
    assert settings.access_token_minutes == 30
    assert settings.refresh_token_days == 30


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"SMTP_HOST": "mail"}, "smtp+starttls://mail:587"),
        ({"SMTP_HOST": "mail", "SMTP_PORT": "465"}, "smtps://mail:465"),
        ({"SMTP_HOST": "127.0.0.1", "SMTP_PORT": "1025"}, "smtp://127.0.0.1:1025"),
        ({"SMTP_HOST": "::1", "SMTP_PORT": "25"}, "smtp://[::1]:25"),
        (
            {"SMTP_HOST": "mail", "SMTP_PORT": "2525", "SMTP_USER": "a", "SMTP_PASSWORD": "b"},
            "smtp+starttls://a:b@mail:2525",
        ),
    ],
)
def test_a_mail_server_may_be_told_in_parts(given: dict[str, str], url: str) -> None:
    assert Settings.from_env(DEVELOPMENT | given).smtp_url == url


def test_two_names_that_say_the_same_are_fit() -> None:
    same = {
        "STOCKROOM_ENV": "production",
        "CORS_ORIGINS": "http://localhost:3000,https://yourdomain.example",
        "MAIL_FROM": GUIDE["EMAIL_FROM"],
        "SMTP_URL": "smtp+starttls://shop%40mail.example:p%40ss%2Fw%3Ard@smtp.mail.example:587",
        "SMTP_USER": GUIDE["EMAIL_USERNAME"],
        "SMTP_PASSWORD": GUIDE["EMAIL_PASSWORD"],
    }

    assert problems_with(GUIDE | same) == []


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"STOCKROOM_ENV": "test"}, ["ENVIRONMENT", "STOCKROOM_ENV"]),
        ({"CORS_ORIGINS": "https://a.example"}, ["BACKEND_CORS_ORIGINS", "CORS_ORIGINS"]),
        ({"MAIL_FROM": "b@b.example"}, ["EMAIL_FROM", "MAIL_FROM"]),
        ({"SMTP_USER": "other"}, ["EMAIL_USERNAME", "SMTP_USER"]),
        ({"SMTP_PASSWORD": "other"}, ["EMAIL_PASSWORD", "SMTP_PASSWORD"]),
        ({"SMTP_URL": "smtp://elsewhere:587"}, ["SMTP_HOST", "SMTP_URL"]),
        ({"SMTP_HOST": ""}, ["SMTP_PORT", "SMTP_HOST"]),
        ({"SMTP_PORT": "many"}, ["SMTP_PORT"]),
        ({"SMTP_PORT": "65536"}, ["SMTP_PORT"]),
        ({"SMTP_PASSWD": "p"}, ["SMTP_PASSWD", "SMTP_URL"]),
        ({"EMAIL_HOST": "mail"}, ["EMAIL_HOST", "SMTP_URL"]),
        ({"SENTRY_DSN": "https://sentry.example/1"}, ["SENTRY_DSN", "https://KEY@HOST/PROJECT"]),
        ({"SENTRY_DSN": "key"}, ["SENTRY_DSN", "https://"]),
        ({"ALGORITHM": "RS256"}, ["ALGORITHM", "HS256"]),
        ({"ALGORITHM": "none"}, ["ALGORITHM", "HS256"]),
        ({"ENVIRONMENT": "staging"}, ["ENVIRONMENT", "production"]),
        ({"BACKEND_CORS_ORIGINS": '["*"]'}, ["BACKEND_CORS_ORIGINS"]),
        ({"BACKEND_CORS_ORIGINS": "[1]"}, ["BACKEND_CORS_ORIGINS", "JSON"]),
        ({"BACKEND_CORS_ORIGINS": '["https://a.example"'}, ["BACKEND_CORS_ORIGINS", "JSON"]),
        ({"ACCESS_TOKEN_EXPIRE_MINUTES": "0"}, ["ACCESS_TOKEN_EXPIRE_MINUTES", "1440"]),
        ({"ACCESS_TOKEN_EXPIRE_MINUTES": "11520"}, ["ACCESS_TOKEN_EXPIRE_MINUTES", "1440"]),
        ({"REFRESH_TOKEN_EXPIRE_DAYS": "400"}, ["REFRESH_TOKEN_EXPIRE_DAYS", "365"]),
    ],
)
def test_no_name_is_ignored_without_a_word(given: dict[str, str], named: list[str]) -> None:
    problems = problems_with(GUIDE, **given)

    assert [problem for problem in problems if all(name in problem for name in named)], problems
    assert problems[0].split()[0] in given or problems[0].startswith(tuple(named)), problems


def test_no_problem_repeats_a_password() -> None:
    for given in ({"SMTP_PASSWORD": "other"}, {"SMTP_URL": "smtp://u:hidden@elsewhere:1"}):
        told = " ".join(problems_with(GUIDE, **given))
        assert "other" not in told.split()
        assert GUIDE["EMAIL_PASSWORD"] not in told
        assert "hidden" not in told


def test_a_secret_of_before_follows_todays_after_a_comma() -> None:
    old, new = SECRET, SECRET[::-1]
    settings = Settings.from_env({**PRODUCTION, "JWT_SECRET_KEY": f"{new}, {old}-2"})

    assert settings.jwt_secret_keys == (new, f"{old}-2")
    assert settings.secret_keys == (old,)
    (refused,) = problems_with(PRODUCTION, JWT_SECRET_KEY=f"{new},short")
    assert refused.startswith("JWT_SECRET_KEY must be a secret")
    assert "short," not in refused


def test_the_page_of_secrets_tells_how_each_is_replaced() -> None:
    told = Path("docs/secrets.md").read_text()
    secret = {one.name for one in dataclasses.fields(Settings) if not one.repr}

    missing = {
        name.upper()
        for name in secret - {"secret_keys_before", "jwt_secret_keys_before"}
        if f"`{name.upper()}`" not in told
    }
    assert missing == set()
