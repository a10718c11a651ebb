"""Who may call which route of staff: the table that is reviewed, as it follows from the guards."""

from pathlib import Path

from flask import Flask

from api.accounts.roles import KEY_SCOPES, PERMISSIONS
from api.kernel.permissions import Permission, with_implied
from api.platform.auth import FRESH_CODE, IN_PERSON

TABLE = Path(__file__).parent / "access.txt"
ADMIN = "/api/v1/admin/"
HEAD = """\
Which routes of staff each built-in role opens, and which single permissions do, of a role of the
shop's own. With a star a permission does so for an API key, too. `anyone on the staff` is for
oneself. Written by `python -m tests.contract.approve`; read the difference before you commit it.
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


def permission_of(guard: str) -> str:
    """Return the permission that a guard asks for."""
    return guard.removesuffix(IN_PERSON).removesuffix(FRESH_CODE)


def opens(guard: str, held: frozenset[Permission], *, is_key: bool = False) -> bool:
    """Tell whether somebody with these permissions comes past a guard."""
    if is_key and (guard == "staff" or guard.endswith(IN_PERSON)):
        return False
    return guard in ("public", "staff") or permission_of(guard) in held


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
            single = {one: with_implied({one}) for one in Permission}
            told += [one for one, held in single.items() if opens(guard, held)]
            # A star: the permission opens it for a program with a key, too.
            keys = {p for p in KEY_SCOPES if opens(guard, single[p] & KEY_SCOPES, is_key=True)}
            told = [f"{one}*" if one in keys else one for one in told]
        lines.append("  ".join([f"{operation:<84}", *told]).rstrip())
    return HEAD + "\n" + "\n".join(lines) + "\n"
