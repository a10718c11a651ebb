"""Which refusals the code behind a view mentions other than to catch them: what it could raise.

Follows names from function to function as Python itself resolves them. It sees no method of an
object that it does not know, but those of the payment gateway, and takes every mention for a
raise; so it finds a little too much rather than too little.
"""

import ast
import inspect
import textwrap
import types
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from api.kernel.errors import DomainError
from api.payments.gateways.stripe import StripeGateway

UNKNOWN = object()
# What these raise is read off guards and headers; settings refuse to start and nothing else.
READ_OFF = tuple(
    f"api.platform.{name}"
    for name in (
        *("auth", "response_cache", "etags", "http", "idempotency", "rate_limits", "observability"),
        *("problems", "request_parsing", "openapi_errors", "settings", "storefronts"),
    )
)
_GATEWAY = {
    name: member
    for name, member in vars(StripeGateway).items()
    if isinstance(member, types.FunctionType) and not name.startswith("_")
}
Found = tuple[frozenset[type[DomainError]], frozenset[types.FunctionType]]


def could_raise(view: Callable[..., Any]) -> set[type[DomainError]]:
    """Return the refusals that a view or what it calls mentions."""
    found: set[type[DomainError]] = set()
    seen: set[types.FunctionType] = set()
    waiting = list(_functions(view))
    while waiting:
        function = waiting.pop()
        if function not in seen:
            seen.add(function)
            errors, calls = _mentioned(function)
            found |= errors
            waiting += calls
    return found


@cache
def _mentioned(function: types.FunctionType) -> Found:
    if function.__name__ == "<lambda>":  # read with the function that it stands in
        return frozenset(), frozenset()
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except OSError:  # written by a dataclass
        return frozenset(), frozenset()
    passed_over = {id(part) for node in ast.walk(tree) for part in _not_raised(node)}
    known = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
    errors: set[type[DomainError]] = set()
    calls: set[types.FunctionType] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in passed_over:
            for meant in _within(_resolved(node, known)):
                if isinstance(meant, type) and issubclass(meant, DomainError):
                    errors.add(meant)
                else:
                    calls.update(_functions(meant))
    return frozenset(errors), frozenset(calls)


def _not_raised(node: ast.AST) -> Iterator[ast.AST]:
    """List the parts of a node in which a refusal is caught, or is a type."""
    if isinstance(node, ast.ExceptHandler) and node.type:
        yield from ast.walk(node.type)
    if isinstance(node, ast.FunctionDef):
        types_ = [a.annotation for a in (*node.args.args, *node.args.kwonlyargs)]
        for part in (*types_, node.returns, *node.decorator_list):
            yield from ast.walk(part) if part else ()


def _resolved(node: ast.expr, known: dict[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return known.get(node.id, UNKNOWN)
    if isinstance(node, ast.Attribute):
        owner = _resolved(node.value, known)
        if owner is UNKNOWN:
            return _GATEWAY.get(node.attr, UNKNOWN)
        return inspect.getattr_static(owner, node.attr, UNKNOWN)
    return UNKNOWN


def _within(meant: Any) -> Iterator[Any]:
    """List what a table holds, a class defines; anything else is itself."""
    if isinstance(meant, dict):
        yield from meant.values()
    elif isinstance(meant, list | tuple | set | frozenset):
        yield from meant
    elif isinstance(meant, type) and not issubclass(meant, DomainError) and _is_ours(meant):
        yield from vars(meant).values()
    else:
        yield meant


def _functions(meant: Any) -> Iterator[types.FunctionType]:
    """List the functions of ours that something callable is made of, decorators included."""
    waiting, seen = [meant], set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, staticmethod | classmethod | types.MethodType):
            one = one.__func__
        if isinstance(one, property):
            one = one.fget
        if id(one) in seen or not callable(one):
            continue
        seen.add(id(one))
        waiting.append(getattr(one, "__wrapped__", None))
        if isinstance(one, types.FunctionType):
            if _is_ours(one):
                yield one
            waiting += [_content(cell) for cell in one.__closure__ or ()]


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _is_ours(meant: Any) -> bool:
    module = str(getattr(meant, "__module__", ""))
    return module.startswith("api.") and not module.startswith(READ_OFF)
