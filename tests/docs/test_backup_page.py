"""The page about backups, followed step by step as it is printed, by somebody in a hurry."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from api.dev.stack import ROOT
from api.platform.settings import Settings
from tests.support.shop import Shop
from tests.support.stack import Postgres

PAGE = (ROOT / "docs/backup.md").read_text()
KEYGEN = """#!{python}
import sys, pyrage
key = pyrage.x25519.Identity.generate()
open(sys.argv[2], "w").write(f"# public key: {{key.to_public()}}\\n{{key}}\\n")
"""


def program(folder: Path, name: str, text: str) -> None:
    """Put a program on the path that stands in for one of the machine's."""
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


@pytest.mark.slow
def test_the_page_is_followed_from_nothing_to_a_shop_that_is_back(
    shop: Shop, settings: Settings, postgres: Postgres, tmp_path: Path
) -> None:
    shop.sells("MUG", 7)
    address = settings.database_url.replace("+psycopg2", "")
    blocks = re.findall(r"```sh\n(.+?)```", PAGE, re.DOTALL)
    assert len(blocks) == 6
    programs = tmp_path / "programs"
    programs.mkdir()
    program(programs, "systemctl", "#!/bin/sh\necho systemctl $*\n")
    program(programs, "install", "#!/bin/sh\nfor last; do :; done; mkdir -p $last\n")
    if shutil.which("age-keygen") is None:
        program(programs, "age-keygen", KEYGEN.format(python=sys.executable))
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/environment").write_text(
        f"DATABASE_URL={address}\nREDIS_URL={settings.redis_url}\nSTOCKROOM_ENV=development\n"
        f"MEDIA_ROOT={tmp_path}/media\n"
    )
    fresh = postgres.fresh_database()
    here = {
        "/etc/stockroom": f"{tmp_path}/etc",
        "/var/backups/stockroom": f"{tmp_path}/backups",
        "/opt/stockroom/.venv/bin": str(Path(sys.executable).parent),
        "cd /opt/stockroom": f"cp backup-key.txt {tmp_path}/key.txt; cd {ROOT}",
        "--identity backup-key.txt": f"--identity {tmp_path}/key.txt",
    }
    steps = list(blocks)
    # The last one is for a new server: the same settings, an empty database.
    steps[-1] = f"export DATABASE_URL={fresh}\n{steps[-1]}"
    script = "\n".join(steps)
    for written, meant in here.items():
        assert written in script, written
        script = script.replace(written, meant)

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    try:
        assert done.returncode == 0, done.stdout + done.stderr
        assert "can be restored" in done.stdout
        assert "is in the database yesterday" in done.stdout
        connection = psycopg2.connect(fresh)
        with connection.cursor() as cursor:
            cursor.execute("SELECT sum(on_hand) FROM stock_levels")
            assert cursor.fetchone() == (7,)
        connection.close()
    finally:
        postgres.drop_database(postgres.url("yesterday"))
        postgres.drop_database(fresh)
