"""URL rules that are matched, and built into URLs only where somebody asks."""

from collections.abc import Callable

from werkzeug.routing import Rule


class MatchedRule(Rule):
    """A rule that compiles no functions to build URLs before the first URL is built.

    The shop builds none, and werkzeug compiles two functions for each rule at the start: 3 MB.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        return _with_query if append_unknown else _without_query


def _with_query(rule: Rule, /, **values: object) -> tuple[str, str]:
    build: Callable[..., tuple[str, str]] = Rule._compile_builder(rule, append_unknown=True)
    return build(rule, **values)


def _without_query(rule: Rule, /, **values: object) -> tuple[str, str]:
    build: Callable[..., tuple[str, str]] = Rule._compile_builder(rule, append_unknown=False)
    return build(rule, **values)
