"""`python -m tests.contract.approve`: take the API documents as they are now for the approved ones.

So is the table of who may call which route of staff. Read the difference before you commit it:
whoever builds on the API will meet it.
"""

import json
from pathlib import Path
from typing import Any

from api.app import create_app
from api.platform.settings import Settings
from tests.contract import access
from tests.support.contract import documents

APPROVED = Path(__file__).parent


def approved(audience: str) -> Path:
    """Return where the approved document of an audience stands."""
    return APPROVED / f"openapi-{audience}.json"


def written(described: dict[str, Any]) -> str:
    """Write a document so that two versions can be compared line by line."""
    return json.dumps(described, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Replace the approved copies."""
    nowhere = {
        "database_url": "postgresql+psycopg2://nobody@127.0.0.1:1/nowhere",
        "redis_url": "redis://127.0.0.1:1/0",
    }
    app = create_app(Settings(env="test", log_level="ERROR", **nowhere))  # type: ignore[arg-type]
    copies = {approved(audience): written(told) for audience, told in documents(app).items()}
    for copy, text in (copies | {access.TABLE: access.table(app)}).items():
        before = copy.read_text() if copy.exists() else ""
        copy.write_text(text)
        print(f"{copy.name}:", "as before" if text == before else "approved as it is now")


if __name__ == "__main__":
    main()
