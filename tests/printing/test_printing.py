"""Printers at real ports: what is queued is printed in order, and a dead printer loses nothing."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from api.kernel import clock
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from api.platform.service_registry import get_service, register
from api.platform.settings import Settings
from api.printing import flows, queries, service
from api.printing.gateways import raw
from api.printing.models import Printer, PrintJob
from api.printing.states import PaperKind, PrintFormat
from tests.support.paper_readers import read_zpl
from tests.support.plans import copied, plans_of
from tests.support.shop import Shop, Staff
from tests.support.sql import count_statements
from tests.support.threads import at_once
from tests.support.work import drain


class PrinterPort:
    """A TCP port that takes what is sent, as a printer does; `slam` ends connections unread."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.taken: list[bytes] = []
        self.is_slamming = False
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def close(self) -> None:
        # Closing alone would still let one more caller in, while the thread waits for it.
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                if self.is_slamming:
                    # Closed with unread bytes: the other side gets a reset.
                    connection.recv(1)
                    continue
                whole = b""
                while part := connection.recv(65536):
                    whole += part
                self.taken.append(whole)


@pytest.fixture
def port() -> Iterator[PrinterPort]:
    one = PrinterPort()
    yield one
    one.close()


@pytest.fixture(autouse=True)
def any_port(app: Flask, tmp_path: Path) -> Iterator[None]:
    """Let printers be at any port of this machine, and in a folder of the test."""
    before = get_service(Settings)
    changed = replace(before, printer_ports=(range(1024, 65536),), print_folder=str(tmp_path))
    register(app, Settings, changed)
    yield
    register(app, Settings, before)


@pytest.fixture
def boss(shop: Shop) -> Staff:
    return shop.staff("manager")


def a_printer(boss: Staff, address: str, **more: Any) -> dict[str, Any]:
    body = {"name": "Zebra", "connection": "raw", "address": address, "format": "zpl", **more}
    answer = boss.posts("/printers", body)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def chooses(boss: Staff, station: str, use: str, printer: str | None) -> Any:
    body = {"station": station, "use": use, "printer": printer}
    return boss.posts("/station-printers", body)


def prints(at: str | UUID, content: bytes = b"^XA^XZ", **more: Any) -> UUID:
    with transaction():
        return service.print_document(
            at,
            PaperKind.SHIPPING_LABEL,
            content,
            given=more.pop("given", PrintFormat.ZPL),
            title=more.pop("title", "Label 1001-F1"),
            by=SYSTEM,
            **more,
        )


def job(job_id: UUID) -> dict[str, Any]:
    session.rollback()
    return queries.print_job(job_id)


def later(seconds: float = 120) -> Any:
    return clock.frozen(clock.now() + timedelta(seconds=seconds))


def test_a_station_prints_on_the_printer_that_it_chose(boss: Staff, port: PrinterPort) -> None:
    a_printer(boss, port.address)
    assert chooses(boss, "Bench 1", "shipping_labels", "zebra").status_code == 200

    jobs = [prints("Bench 1", f"^XA{n}^XZ".encode(), copies=1 + n % 2) for n in range(4)]
    assert [job(one)["status"] for one in jobs] == ["queued"] * 4
    drain()

    assert port.taken == [b"^XA0^XZ", b"^XA1^XZ" * 2, b"^XA2^XZ", b"^XA3^XZ" * 2]
    assert [job(one)["status"] for one in jobs] == ["printed"] * 4
    assert boss.gets("/print-jobs", station="Bench 1", include="total").json["page"]["total"] == 4


def test_a_dead_printer_delays_nothing_and_loses_nothing(boss: Staff, port: PrinterPort) -> None:
    printer = a_printer(boss, port.address)
    port.close()
    jobs = [prints(UUID(printer["id"]), f"^XA{n}^XZ".encode()) for n in range(3)]

    drain()
    for minutes in (2, 4, 6):
        with later(60 * minutes):
            assert flows.print_all_waiting() == 0
    told = boss.gets(f"/printers/{printer['id']}").json
    assert (told["state"], told["waiting"], told["failures"]) == ("not answering", 3, 4)
    assert "connection refused" in told["last_error"]
    (item,) = boss.gets("/attention").json["data"]
    assert item["kind"] == "printer_down"
    assert "Zebra does not print" in item["reason"]
    # The others were not even tried: they wait behind the first.
    assert [job(one)["attempts"] for one in jobs] == [4, 0, 0]

    alive = PrinterPort()
    etag = {"If-Match": f'"{told["version"]}"'}
    answer = boss.client.patch(
        f"/api/v1/admin/printers/{printer['id']}",
        json={"address": alive.address},
        headers={**boss.headers, **etag},
    )
    assert answer.status_code == 200, answer.json
    drain()
    alive.close()
    assert alive.taken == [b"^XA0^XZ", b"^XA1^XZ", b"^XA2^XZ"]
    assert [job(one)["status"] for one in jobs] == ["printed"] * 3
    assert boss.gets("/attention").json["data"] == []


def test_bytes_that_the_printer_did_not_confirm_are_sent_again(
    boss: Staff, port: PrinterPort
) -> None:
    printer = a_printer(boss, port.address)
    port.is_slamming = True
    one = prints(UUID(printer["id"]), b"^XA" + b"0" * 200_000 + b"^XZ")
    drain()
    assert (job(one)["status"], job(one)["attempts"]) == ("queued", 1)

    port.is_slamming = False
    with later():
        assert flows.print_all_waiting() == 1
    assert [len(each) for each in port.taken] == [200_006]


def test_what_lies_in_the_buffers_of_this_computer_is_not_printed(
    boss: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "CONFIRM_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as out_of_paper:
        out_of_paper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        address = f"127.0.0.1:{out_of_paper.getsockname()[1]}"
        one = prints(UUID(a_printer(boss, address)["id"]), b"0" * 12_000)
        drain()

    assert job(one)["status"] == "queued"
    assert "took a part and then stopped" in job(one)["last_error"]


def test_a_paper_whose_worker_ended_waits_for_a_person(boss: Staff, port: PrinterPort) -> None:
    printer = a_printer(boss, port.address)
    printer_id = UUID(printer["id"])
    one, other = prints(printer_id, b"^XA1^XZ"), prints(printer_id, b"^XA2^XZ")
    with transaction():
        claimed = service.claim_printer(printer_id)
        assert claimed is not None
        assert service.next_job(claimed) is not None
    # The worker is killed here. Another one does not disturb it before its claim runs out.
    assert flows.print_waiting(printer_id) == 0
    with later(180):
        assert flows.print_all_waiting() == 1

    assert port.taken == [b"^XA2^XZ"]
    assert (job(one)["status"], job(other)["status"]) == ("failed", "printed")
    assert "Look whether the paper is there" in job(one)["last_error"]
    # What the dead worker would still say is not believed.
    with transaction():
        service.note_printed(claimed, one)
    assert job(one)["status"] == "failed"

    again = boss.posts(f"/print-jobs/{one}/reprint")
    assert again.status_code == 201, again.json
    drain()
    assert port.taken == [b"^XA2^XZ", b"^XA1^XZ"]
    assert job(one)["status"] == "cancelled"
    assert again.json["reprint_of"] == str(one)


def test_two_workers_print_each_paper_once(app: Flask, boss: Staff, port: PrinterPort) -> None:
    printer_id = UUID(a_printer(boss, port.address)["id"])
    for n in range(12):
        prints(printer_id, f"^XA{n}^XZ".encode())

    outcomes = at_once(app, [lambda: flows.print_waiting(printer_id) for _ in range(4)])

    assert not outcomes.errors
    assert sum(outcomes.results) == 12
    assert port.taken == [f"^XA{n}^XZ".encode() for n in range(12)]


def test_the_same_key_is_printed_once(app: Flask, boss: Staff, port: PrinterPort) -> None:
    printer_id = UUID(a_printer(boss, port.address)["id"])

    def ask() -> UUID:
        return prints(printer_id, once_key="label:1001-F1")

    outcomes = at_once(app, [ask for _ in range(4)])
    assert not outcomes.errors
    assert len(set(outcomes.results)) == 1
    drain()
    assert len(port.taken) == 1


def test_a_paper_moves_to_another_printer(boss: Staff, port: PrinterPort) -> None:
    dead = a_printer(boss, "127.0.0.1:1025", name="Dead")
    a_printer(boss, port.address, name="Alive")
    a_printer(boss, port.address, name="Laser", format="pdf")
    one = prints(UUID(dead["id"]))

    wrong = boss.posts(f"/print-jobs/{one}/reprint", {"printer": "Laser"})
    assert (wrong.status_code, wrong.json["code"]) == (422, "printer_format_wrong")
    assert job(one)["status"] == "queued"
    assert boss.posts(f"/print-jobs/{one}/reprint", {"printer": "alive"}).status_code == 201
    drain()
    assert len(port.taken) == 1
    assert job(one)["status"] == "cancelled"
    refused = boss.posts(f"/print-jobs/{one}/cancel")
    assert (refused.status_code, refused.json["current"]) == (409, "cancelled")


def test_files_are_whole_and_have_one_name(boss: Staff, tmp_path: Path) -> None:
    printer = a_printer(boss, "labels", connection="folder")
    one = prints(UUID(printer["id"]), b"^XA^XZ")
    drain()

    (file,) = (tmp_path / "labels").iterdir()
    assert (file.name, file.read_bytes()) == (f"{one}.zpl", b"^XA^XZ")
    told = boss.gets(f"/print-jobs/{one}/file")
    assert told.data == b"^XA^XZ"


@pytest.mark.parametrize(
    ("connection", "address"),
    [
        ("raw", "printer.test:port"),
        ("raw", "a b"),
        ("raw", "[::1"),
        ("raw", "host:70000"),
        ("cups", "-o raw"),
        ("cups", "a/b"),
        ("folder", "../elsewhere"),
        ("folder", "/etc"),
        ("folder", "a/b"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(
    boss: Staff, connection: str, address: str
) -> None:
    body = {"name": "P", "connection": connection, "address": address, "format": "zpl"}
    answer = boss.posts("/printers", body)

    assert (answer.status_code, answer.json["code"]) == (422, "printer_address_invalid")


def test_a_printer_is_only_where_the_settings_allow_one(
    app: Flask, boss: Staff, port: PrinterPort
) -> None:
    register(app, Settings, replace(get_service(Settings), printer_ports=(range(9100, 9101),)))
    one = prints(UUID(a_printer(boss, port.address)["id"]))
    drain()

    assert "PRINTER_PORTS" in str(job(one)["last_error"])
    assert port.taken == []


def test_no_printer_is_where_clouds_hand_out_their_secrets(
    boss: Staff, port: PrinterPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = prints(UUID(a_printer(boss, port.address)["id"]))
    monkeypatch.setattr(socket, "create_connection", lambda at, _: Metadata().reached(at))
    flows.print_all_waiting()

    assert "169.254" in str(job(one)["last_error"])


class Metadata(socket.socket):
    """A connection whose other side says that it is the metadata service of a cloud."""

    def reached(self, address: tuple[str, int]) -> "Metadata":
        self.connect(address)
        return self

    def getpeername(self) -> tuple[str, int]:
        return "169.254.169.254", 80


def test_what_a_station_has_no_printer_for_is_refused_in_words(boss: Staff) -> None:
    laser = a_printer(boss, "laser", connection="folder", name="Laser", format="pdf")
    a_printer(boss, "zebra", connection="folder", name="Zebra")
    assert chooses(boss, "Bench 2", "papers", "Laser").status_code == 200
    assert chooses(boss, "Bench 2", "papers", "Zebra").json["code"] == "printer_format_wrong"
    assert chooses(boss, "Bench 2", "papers", "Nobody").status_code == 404
    (row,) = boss.gets("/station-printers").json["data"]
    assert (row["station"], row["use"], row["printer_id"]) == ("Bench 2", "papers", laser["id"])

    with pytest.raises(queries.StationHasNoPrinter, match=r"No printer for shipping labels"):
        prints("Bench 2")
    assert chooses(boss, "Bench 2", "papers", None).json["data"] == []


def test_a_printer_with_waiting_papers_stays(boss: Staff) -> None:
    printer = a_printer(boss, "127.0.0.1:1025")
    one = prints(UUID(printer["id"]))
    headers = {**boss.headers, "If-Match": '"1"'}
    path = f"/api/v1/admin/printers/{printer['id']}"
    refused = boss.client.delete(path, headers=headers)
    assert (refused.status_code, refused.json["waiting"]) == (409, 1)

    assert boss.posts(f"/print-jobs/{one}/cancel").status_code == 200
    assert boss.client.delete(path, headers=headers).status_code == 204
    assert job(one)["printer_id"] is None
    gone = boss.posts(f"/print-jobs/{one}/reprint")
    assert (gone.status_code, gone.json["code"]) == (409, "print_content_gone")


def test_names_are_one_of_a_kind_in_any_case(boss: Staff) -> None:
    a_printer(boss, "one", connection="folder")
    body = {"name": "ZEBRA", "connection": "folder", "address": "two", "format": "zpl"}
    answer = boss.posts("/printers", body)
    assert (answer.status_code, answer.json["code"]) == (409, "printer_name_taken")


def test_the_warehouse_prints_and_the_manager_sets_printers_up(shop: Shop, boss: Staff) -> None:
    printer = a_printer(boss, "p", connection="folder")
    mia = shop.staff("warehouse")
    body = {"name": "P", "connection": "folder", "address": "p", "format": "zpl"}

    assert mia.posts("/printers", body).status_code == 403
    assert mia.gets("/printers").status_code == 200
    assert chooses(mia, "Bench 1", "labels", "Zebra").status_code == 200
    answer = mia.posts(f"/printers/{printer['id']}/test-page")
    assert answer.status_code == 201, answer.json
    (label,) = read_zpl(mia.gets(f"/print-jobs/{answer.json['id']}/file").data.decode())
    assert label.barcodes[0][2] == "PRINTER-OK"


def test_an_inactive_printer_keeps_its_papers(boss: Staff, port: PrinterPort) -> None:
    printer_id = UUID(a_printer(boss, port.address, is_active=False)["id"])
    one = prints(printer_id)
    drain()
    assert (job(one)["status"], port.taken) == ("queued", [])
    assert boss.gets(f"/printers/{printer_id}").json["state"] == "paused"


def test_what_was_printed_a_month_ago_is_forgotten(boss: Staff, tmp_path: Path) -> None:
    printer_id = UUID(a_printer(boss, "p", connection="folder")["id"])
    one = prints(printer_id)
    drain()
    with later(31 * 86_400), transaction():
        assert service.purge_contents(50) == 1
    gone = boss.gets(f"/print-jobs/{one}/file")
    assert (gone.status_code, gone.json["code"]) == (409, "print_content_gone")


def test_lists_take_as_many_statements_for_one_as_for_many_and_use_their_indexes(
    boss: Staff,
) -> None:
    printer_id = UUID(a_printer(boss, "127.0.0.1:1025")["id"])
    one = prints(printer_id, subject_id=printer_id)

    def lists() -> None:
        every = {"status": None, "printer_id": None, "subject_id": None, "station": None}
        for narrowed in ({}, {"subject_id": printer_id}):
            queries.print_jobs(**every | narrowed, limit=20, cursor=None, with_total=False)  # type: ignore[arg-type]

    with count_statements() as few:
        lists()
    copied("print_jobs", one, 3000, once_key="NULL", status="'printed'",
           subject_id="gen_random_uuid()")  # fmt: skip
    with count_statements() as many:
        lists()
    assert len(few) == len(many)
    plans = plans_of(lists)
    assert "ix_print_jobs_subject_id" in plans
    with transaction():
        claimed = service.claim_printer(printer_id)
        assert claimed is not None
    due = plans_of(queries.printers_due)
    assert "Seq Scan on print_jobs" not in plans + due
    assert session.query(Printer).count() == 1
    assert session.query(PrintJob).count() == 3001
