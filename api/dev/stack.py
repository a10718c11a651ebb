"""Which programs make up the shop on this machine, and the environment that ties them together."""

import http.client
import json
import secrets
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from api.dev import mailbox, postgres, redis_server
from api.dev.errors import DevError
from api.dev.fake_stripe.service import service as fake_stripe
from api.dev.ports import Ports
from api.dev.private_files import write_privately
from api.dev.processes import LOOPBACK, Service, free_port, is_free
from api.dev.storefront.service import service as storefront_service
from api.dev.unix_user import other_homes
from api.platform import setting_aliases

ROOT: Final = Path(__file__).parents[2]
PAYMENT_INSTRUCTIONS: Final = (
    "Transfer it to Stockroom Demo, IBAN DE02 1203 0000 0000 2020 51, and name the number of your "
    "order."
)
STRIPE_JS: Final = "https://js.stripe.com/v3/"
_SECRETS: Final = ("SECRET_KEY", "JWT_SECRET_KEY", "STRIPE_WEBHOOK_SECRET")


@dataclass
class StackServices:
    """The embedded services and what the shop must know to use them."""

    services: list[Service] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    """Where each part is, for people."""
    cluster: postgres.PostgresCluster | None = None


def embedded(
    environ: Mapping[str, str],
    folder: Path,
    *,
    web_port: int,
    durable: bool,
    ports: Ports | None = None,
) -> StackServices:
    """Prepare every part that the environment does not name already, with its data in `folder`.

    `durable` data survives a power cut, at some cost; a test has no use for it. Without `ports`
    each part has any free one.
    """
    parts = StackServices(environment=_basics(environ, folder, web_port))
    _empty(Path(parts.environment["PROMETHEUS_MULTIPROC_DIR"]))
    ports = ports or Ports(None)
    if not environ.get("DATABASE_URL"):
        _add_postgres(parts, folder / "postgres", port=ports.of("postgres"), durable=durable)
    if not environ.get("REDIS_URL"):
        server = redis_server.prepare(folder / "redis", port=ports.of("redis"), durable=durable)
        parts.services.append(server.service())
        parts.environment["REDIS_URL"] = server.url
        parts.places["Redis"] = f"{LOOPBACK}:{server.port}, files in {short(server.home)}"
    if not environ.get("STRIPE_SECRET_KEY"):
        _add_stripe(parts, folder / "stripe", port=ports.of("stripe"))
    if not environ.get("SMTP_URL"):
        messages = folder / "mailbox"
        port = ports.of("mailbox")
        parts.services.append(mailbox.service(messages, port=port))
        parts.environment["SMTP_URL"] = f"smtp://{LOOPBACK}:{port}"
        parts.places["Mailbox"] = f"every e-mail is a file in {short(messages)}/new"
    return parts


def data_folders(folder: Path) -> list[Path]:
    """Return every folder in which the embedded parts may keep something."""
    return [folder, *other_homes(folder / "postgres")]


def web(environment: Mapping[str, str]) -> Service:
    """Describe the API server: the same gunicorn and configuration as in production."""
    port = int(environment["PORT"])
    return Service(
        name="web",
        command=(sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"),
        is_ready=lambda: _is_healthy(port),
        environment=_without_the_owner(environment),
        folder=ROOT,
        seconds_to_start=120,  # on a machine that does ten other things
        speaks=True,
    )


def worker(environment: Mapping[str, str]) -> Service:
    """Describe the worker: jobs, the relay of facts and the timetable."""
    return Service(
        name="worker",
        command=(sys.executable, "-m", "api.worker"),
        is_ready=lambda: True,
        environment=_without_the_owner(environment),
        folder=ROOT,
        speaks=True,
    )


def _without_the_owner(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what those may know who serve people: not who may change tables."""
    return {**environment, "DATABASE_OWNER_URL": ""}


def storefront(parts: StackServices, port: int) -> Service:
    """Describe the demo's storefront, and let its pages call the shop from their own origin.

    E-mails link to it, so it becomes the shop's public address unless another one is set.
    """
    environment = parts.environment
    api, origin = f"http://{LOOPBACK}:{environment['PORT']}", f"http://{LOOPBACK}:{port}"
    try:
        origins = setting_aliases.items(environment.get("CORS_ORIGINS", ""))
    except ValueError:
        raise DevError("CORS_ORIGINS must be a list, separated by commas or as JSON.") from None
    environment["CORS_ORIGINS"] = ",".join(dict.fromkeys([*origins, origin]))
    if environment["PUBLIC_URL"] == api:
        environment["PUBLIC_URL"] = origin
        environment.setdefault("MEDIA_PUBLIC_URL", f"{api}/media")
    parts.places = {"Storefront": origin, **parts.places}
    embedded_stripe = environment.get("STRIPE_API_BASE")
    script = f"{embedded_stripe}/stripe.js" if embedded_stripe else STRIPE_JS
    return storefront_service(port=port, api=api, stripe_js=script)


def first_steps(environment: Mapping[str, str], *, demo: bool) -> Service:
    """Describe what comes before the first request: migrations, and the demo in an empty shop."""
    return Service(
        name="setup",
        command=(sys.executable, "-m", "api.dev.bootstrap_db", *(["demo"] if demo else [])),
        is_ready=lambda: True,
        environment=environment,
        folder=ROOT,
    )


def choose_web_port(environ: Mapping[str, str], ports: Ports) -> int:
    """Return the port that was asked for, or else that of last time or the first free one from
    8000 on.

    `Trouble` when a port was asked for and cannot be had.
    """
    asked = environ.get("PORT", "")
    if not asked:
        return ports.of("web")
    if not asked.isdecimal() or not 0 < int(asked) < 65536:
        raise DevError(f"PORT must be a number from 1 to 65535, not {asked!r}.")
    port = int(asked)
    if not is_free(port):
        raise DevError(
            f"Port {port} on {LOOPBACK} is taken or not allowed: choose another one with the "
            f"variable PORT, for example PORT={free_port(8000)} make run."
        )
    return port


def _basics(environ: Mapping[str, str], folder: Path, web_port: int) -> dict[str, str]:
    defaults = {
        "STOCKROOM_ENV": "development",
        "PUBLIC_URL": f"http://{LOOPBACK}:{web_port}",
        "STAFF_ALERT_EMAIL": "staff@stockroom.test",
        "PAYMENT_INSTRUCTIONS": PAYMENT_INSTRUCTIONS,
        "MEDIA_ROOT": str(folder.absolute() / "media"),
        "LOG_FORMAT": "text",
        "SHOP_LANGUAGES": "en,de",
        "MANUAL_PAYMENT": "everybody",  # so that the demo shows it; its limits hold
        "PYTHONUNBUFFERED": "1",
    } | _kept_secrets(folder / "secrets.json")
    given = {name: value for name, value in environ.items() if value}
    # They are read under our names by now, and what is added to those must not contradict them.
    given |= {name: "" for name in setting_aliases.SAME if name in given}
    ours = {"PORT": str(web_port), "PROMETHEUS_MULTIPROC_DIR": str(folder.absolute() / "metrics")}
    return defaults | given | ours


def _empty(metrics: Path) -> None:
    """Make the folder in which the processes add up their metrics; counting begins anew."""
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(mode=0o700)


def _kept_secrets(file: Path) -> dict[str, str]:
    """Return this checkout's own secrets, made once: sessions must survive a restart."""
    if not file.exists():
        made = {name: secrets.token_urlsafe(48) for name in _SECRETS}
        write_privately(file, json.dumps(made))
    kept: dict[str, str] = json.loads(file.read_text())
    return kept


def _add_postgres(parts: StackServices, wanted: Path, *, port: int, durable: bool) -> None:
    cluster = postgres.prepare(wanted, port=port, durable=durable)
    parts.cluster = cluster
    parts.services.append(cluster.service())
    parts.environment["DATABASE_URL"] = cluster.shop_url()
    parts.environment["DATABASE_OWNER_URL"] = cluster.url()
    place = f"{LOOPBACK}:{port}, files in {short(cluster.home)}"
    if cluster.owner:
        place += f", run as {cluster.owner} because PostgreSQL refuses root"
    parts.places["PostgreSQL"] = place


def _add_stripe(parts: StackServices, folder: Path, *, port: int) -> None:
    environment = parts.environment
    environment["STRIPE_SECRET_KEY"] = "sk_test_stockroom"  # noqa: S105
    environment["STRIPE_PUBLISHABLE_KEY"] = "pk_test_stockroom"
    environment["STRIPE_API_BASE"] = f"http://{LOOPBACK}:{port}"
    parts.services.append(
        fake_stripe(
            folder,
            port=port,
            webhook_url=f"http://{LOOPBACK}:{environment['PORT']}/api/v1/webhooks/stripe",
            webhook_secret=environment["STRIPE_WEBHOOK_SECRET"],
        )
    )
    parts.places["Stripe"] = f"a look-alike at {environment['STRIPE_API_BASE']}"


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def short(path: Path) -> str:
    """Return a path as a person in the checkout would write it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
