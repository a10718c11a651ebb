"""A field that joins the table of fields travels: API, storefront, export, import and audit.

On a throwaway copy of the shop's code, that has one line more in the model, in the inputs and in
the table, and on a database of its own with one column more.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from api.platform.settings import Settings
from tests.support.stack import Postgres

ROOT = Path(__file__).resolve().parents[2]
ADDED = {
    "catalog/models/products.py": (
        '    vendor: Mapped[str] = mapped_column(String(255), default="")\n',
        '    care: Mapped[str] = mapped_column(String(500), default="", server_default="")\n',
    ),
    "catalog/service/inputs.py": ('    vendor: str = ""\n', '    care: str = ""\n'),
    "catalog/fields.py": (
        '    _product("vendor", Kind.TEXT, 255, in_forms=True, in_storefront=True),\n',
        '    _product("care", Kind.TEXT, 500, in_forms=True, in_storefront=True),\n',
    ),
}
# What somebody does with the field, as a program of its own: the copy stands before our own code.
STORY = """
import json, sys
from flask_migrate import upgrade
from sqlalchemy import select, text
from api.app import create_app
from api.imports.policy import FileFormat
from api.platform.audit import AuditEntry
from api.platform.db import db, session
from api.platform.settings import Settings
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer
from tests.support.moving import changes_of, moved_in, moved_out
from tests.support.people import a_staff_member

app = create_app(
    Settings(**json.loads(sys.stdin.read())), mailer=RecordingMailer(), gateway=ScriptedGateway()
)
told = {}
with app.app_context():
    upgrade(directory=sys.argv[1])
    column = "ALTER TABLE products ADD COLUMN care varchar(500) DEFAULT '' NOT NULL"
    with db.engine.begin() as connection:
        connection.execute(text(column))
    headers = a_staff_member("manager").headers
    client = app.test_client()
    url = "/api/v1/admin/products"
    form = {"title": "Mug", "slug": "mug", "care": "By hand", "variants": [{"sku": "MUG"}]}
    made = client.post(url, json=form, headers=headers)
    told["created"] = made.json["care"]
    path = f"{url}/{made.json['id']}"
    long = {"care": "x" * 501}
    tagged = {**headers, "If-Match": made.headers["ETag"]}
    told["too long"] = client.patch(path, json=long, headers=tagged).status_code
    changed = client.patch(path, json={"care": "Dry"}, headers=tagged)
    told["changed"] = changed.json["care"]
    client.post(f"{path}/publish", headers=headers)
    page = client.get("/api/v1/products/mug?currency=EUR")
    told["storefront"] = page.json["care"]
    session.rollback()
    line = json.loads(moved_out(FileFormat.JSONL))
    told["line"] = line["care"]
    header, row = moved_out(FileFormat.CSV).decode("utf-8-sig").splitlines()
    told["cell"] = dict(zip(header.split(","), row.split(",")))["care"]
    lines = moved_in(json.dumps({"slug": "mug", "care": "Wash"}).encode())
    told["from a line"] = [(c["field"], c["after"]) for c in changes_of(lines["id"])[0]["fields"]]
    cells = moved_in(b"slug,care\\nmug,Iron\\n")
    told["from a cell"] = [(c["field"], c["after"]) for c in changes_of(cells["id"])[0]["fields"]]
    told["new from a line"] = moved_in(
        json.dumps({"slug": "jug", "title": "Jug", "care": "Cold"}).encode()
    )["result"]["products"]["created"]
    told["audit"] = [
        entry.changes["care"]
        for entry in session.scalars(
            select(AuditEntry)
            .where(AuditEntry.action == "product.edited")
            .order_by(AuditEntry.created_at)
        )
        if "care" in entry.changes
    ]
    told["now"] = client.get(path, headers=headers).json["care"]
print(json.dumps(told))
"""


def test_a_field_of_the_table_travels(
    postgres: Postgres, settings: Settings, tmp_path: Path
) -> None:
    """Three lines and a migration: what it takes is also told in CONTRIBUTING.md."""
    shutil.copytree(ROOT / "api", tmp_path / "api", ignore=shutil.ignore_patterns("__pycache__"))
    for name, (after, line) in ADDED.items():
        path = tmp_path / "api" / name
        before = path.read_text()
        assert before.count(after) == 1, name
        path.write_text(before.replace(after, after + line))
    url = postgres.fresh_database().replace("postgresql://", "postgresql+psycopg2://")
    ran = subprocess.run(
        [sys.executable, "-c", STORY, str(ROOT / "migrations")],
        input=json.dumps(_said(replace(settings, database_url=url))),
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)

    assert told == {
        "created": "By hand",
        "too long": 422,
        "changed": "Dry",
        "storefront": "Dry",
        "line": "Dry",
        "cell": "Dry",
        "from a line": [["care", "Wash"]],
        "from a cell": [["care", "Iron"]],
        "new from a line": 1,
        "audit": ["Dry", "Wash", "Iron"],
        "now": "Iron",
    }


def _said(settings: Settings) -> dict[str, Any]:
    """Return what of the settings is not as it is by itself."""
    return {
        one.name: value
        for one in fields(settings)
        if (value := getattr(settings, one.name)) != one.default
    }
