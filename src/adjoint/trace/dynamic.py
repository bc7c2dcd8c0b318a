"""Code that a program makes from text while it runs, and what it sees of its own variables.

An expression given to ``eval`` is rewritten like any other; statements given to ``exec`` are run
as they are, and must not see a live value.
"""

import linecache
from itertools import count
from types import CodeType, FunctionType
from typing import Any

from adjoint.errors import MissingRule
from adjoint.trace.operators import own_names
from adjoint.trace.reach import reachable

NUMBERS = count()


class Dynamic:
    """``eval`` and ``exec`` at one level."""

    def __init__(self, level: Any):
        self.level = level

    def evaluate(self, caller: tuple[dict, dict], source: Any, *given: Any, **named: Any) -> Any:
        """``eval(source, globals, locals)`` in a function whose variables are `caller`."""
        scope = scopes(caller, *given, **named)
        self.level.texts.check((source,))
        used = self.live_names(source, *scope)
        if not used:
            return eval(source, *scope)
        if isinstance(source, CodeType | bytes):
            raise refused("eval")
        return self.level.calls.call(made(source.strip(), *scope, used), *used.values())

    def execute(self, caller: tuple[dict, dict], source: Any, *given: Any, **named: Any) -> None:
        """``exec(source, globals, locals)`` in a function whose variables are `caller`."""
        scope = scopes(caller, *given, **named)
        if self.live_names(source, *scope):
            raise refused("exec")
        exec(source, *scope)

    def live_names(self, source: Any, outer: dict, inner: Any) -> dict[str, Any]:
        """The variables that `source` uses, if a live value can be reached from one of them."""
        code = source if isinstance(source, CodeType) else compiled(source)
        names = [] if code is None else all_names(code)
        used = {name: inner[name] for name in names if name in inner}
        others = [outer[name] for name in names if name not in used and name in outer]
        recorder = self.level.recorder
        return used if reachable(recorder, [*used.values(), *others]) else {}


def scopes(
    caller: tuple[dict, dict], globals: dict | None = None, locals: Any = None, /, **named: Any
) -> tuple[dict, Any]:
    globals, locals = named.get("globals", globals), named.get("locals", locals)
    if globals is None:
        return caller[0], own_names(caller[1]) if locals is None else locals
    return globals, globals if locals is None else locals


def compiled(source: Any) -> CodeType | None:
    """The code of a text; None if it is no Python, which `eval` or `exec` will say."""
    try:
        text = source.strip() if isinstance(source, str) else source
        return compile(text, "<text>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, TypeError):
        return None


def all_names(code: CodeType) -> list[str]:
    inner = [part for part in code.co_consts if isinstance(part, CodeType)]
    return [*code.co_names, *(name for part in inner for name in all_names(part))]


def made(source: str, outer: dict, inner: Any, used: dict[str, Any]) -> FunctionType:
    """A function of the variables in `used` that returns the value of an expression."""
    text = f"def evaluated({', '.join(used)}):\n    return (\n{source}\n)\n"
    name = f"<eval {next(NUMBERS)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    code = compile(text, name, "exec", dont_inherit=True)
    body = next(part for part in code.co_consts if isinstance(part, CodeType))
    rest = {} if inner is outer else dict(inner)
    return FunctionType(body, {**outer, **rest}, "evaluated")


def refused(name: str) -> MissingRule:
    return MissingRule(
        f"`{name}` was given code that uses a value that carries a derivative",
        instead="write the code as a function, or give eval the text of an expression",
    )
