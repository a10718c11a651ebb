"""Who may call which route of staff: the table that is reviewed, as it follows from the guards."""

from pathlib import Path

from flask import Flask

from api.accounts.policy import PERMISSIONS
from api.kernel.permissions import Permission, with_implied

TABLE = Path(__file__).parent / "access.txt"
ADMIN = "/api/v1/admin/"
HEAD = """\
Which routes of staff each built-in role opens, and which single permissions do, of a role of the
shop's own or of an API key. `anyone on the staff` is for oneself and opens to no key. Written by
`python -m tests.contract.approve`; read the difference before you commit it.
"""


def guards(app: Flask) -> dict[str, str]:
    """Return the guard of each operation of staff: a permission, `staff` or `public`."""
    found = {}
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if rule.rule.startswith(ADMIN):
                guard = str(getattr(view, "__guard__", "public"))
                found[f"{method} {rule.rule}"] = guard.removeprefix("requires:")
    return found


def opens(guard: str, held: frozenset[Permission], *, is_key: bool = False) -> bool:
    """Tell whether somebody with these permissions comes past a guard."""
    if guard == "staff":
        return not is_key
    return guard == "public" or guard in held


def table(app: Flask) -> str:
    """Write the table: a line for each operation."""
    lines = []
    for operation, guard in sorted(guards(app).items(), key=lambda one: one[0].split()[::-1]):
        if guard == "public":
            told = ["public"]
        elif guard == "staff":
            told = ["anyone on the staff"]
        else:
            roles = [role for role, held in PERMISSIONS.items() if opens(guard, held)]
            told = [" ".join(roles)]
            told += [one for one in Permission if opens(guard, with_implied({one}))]
        lines.append("  ".join([f"{operation:<84}", *told]).rstrip())
    return HEAD + "\n" + "\n".join(lines) + "\n"
