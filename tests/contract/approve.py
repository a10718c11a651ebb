"""`python -m tests.contract.approve`: take the API document as it is now for the approved one.

Read the difference before you commit it: whoever builds on the API will meet it.
"""

import json
from pathlib import Path
from typing import Any

from api.app import create_app
from api.platform.settings import Settings
from tests.support.contract import document

APPROVED = Path(__file__).with_name("openapi.json")


def written(described: dict[str, Any]) -> str:
    """Write a document so that two versions can be compared line by line."""
    return json.dumps(described, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Replace the approved copy."""
    nowhere = {
        "database_url": "postgresql+psycopg2://nobody@127.0.0.1:1/nowhere",
        "redis_url": "redis://127.0.0.1:1/0",
    }
    app = create_app(Settings(env="test", log_level="ERROR", **nowhere))  # type: ignore[arg-type]
    text = written(document(app))
    before = APPROVED.read_text() if APPROVED.exists() else ""
    APPROVED.write_text(text)
    print("nothing has changed" if text == before else f"{APPROVED.name} is approved as it is now")


if __name__ == "__main__":
    main()
