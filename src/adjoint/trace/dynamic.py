"""Code that a program makes from text while it runs, and what it sees of its own variables.

Expressions given to ``eval`` and statements given to ``exec`` are rewritten like any others, also
where the program has compiled them; code that was compiled before must not see a live value.
"""

import ast
import functools
import linecache
import symtable
import sys
import weakref
from collections.abc import Mapping
from itertools import count
from types import CodeType, FrameType, FunctionType
from typing import Any

from adjoint.errors import MissingRule, outside_adjoint
from adjoint.source import names_of_code, parsed, remember, uncollected
from adjoint.trace.reach import reachable

NUMBERS = count()
COMPILED: weakref.WeakKeyDictionary[CodeType, tuple[str, str]] = weakref.WeakKeyDictionary()


class Dynamic:
    """``eval`` and ``exec`` at one level."""

    def __init__(self, level: Any):
        self.level = level

    def compile(self, source: Any, filename: Any, mode: str, *args: Any, **kwargs: Any) -> Any:
        """``compile``, which remembers the text."""
        self.level.texts.check((source,))
        with uncollected():  # it may make a syntax tree
            code = compile(source, filename, mode, *args, **kwargs)
        if isinstance(code, CodeType) and isinstance(source, str | ast.AST):
            text = source if isinstance(source, str) else ast.unparse(source)
            COMPILED[code] = (text, mode)
            if isinstance(source, str):
                remember(code, source)
        return code

    def evaluate(self, caller: tuple[dict, dict], source: Any, *given: Any, **named: Any) -> Any:
        """``eval(source, globals, locals)`` in a function whose variables are `caller`."""
        scope = scopes(caller, *given, **named)
        self.level.texts.check((source,))
        used = self.live_names(source, *scope)
        if used is None:
            return eval(runnable(source, "eval"), *scope)
        source, mode = text_of(source, "eval")
        if mode != "eval":
            return self.run(source, *scope)
        return self.level.calls.call(made(source.strip(), *scope, used), *used.values())

    def execute(self, caller: tuple[dict, dict], source: Any, *given: Any, **named: Any) -> None:
        """``exec(source, globals, locals)`` in a function whose variables are `caller`."""
        scope = scopes(caller, *given, **named)
        self.level.texts.check((source,))
        if self.live_names(source, *scope) is None:
            exec(runnable(source, "exec"), *scope)
            return
        self.run(text_of(source, "exec")[0], *scope)

    def run(self, source: str, outer: dict, inner: Any) -> None:
        """Run statements as a function whose variables are all global, then hand them on."""
        assigned = assigned_names(source)
        variables = outer if inner is outer else {**outer, **self.held_by(inner, source)}
        function = statements(source, assigned, variables)
        try:
            self.level.calls.call(function)
        finally:
            for name in () if inner is outer else assigned:
                if name in variables:
                    self.level.members.store(variables[name], inner, name)
                elif name in inner:
                    del inner[name]

    def held_by(self, inner: Any, source: str) -> Mapping:
        """The local variables, also of an object that can only be asked for one by its name."""
        if isinstance(inner, Mapping):
            return inner
        code = compiled(source)
        names = () if code is None else names_of_code(code)
        return {name: self.level.members.load(inner, name) for name in names if name in inner}

    def live_names(self, source: Any, outer: dict, inner: Any) -> dict[str, Any] | None:
        """The local variables that `source` uses; None if it cannot reach a live value."""
        code = source if isinstance(source, CodeType) else compiled(source)
        names = () if code is None else names_of_code(code)
        used = {name: inner[name] for name in names if name in inner}
        others = [outer[name] for name in names if name not in used and name in outer]
        recorder = self.level.recorder
        return used if reachable(recorder, [*used.values(), *others]) else None


def runnable(source: Any, mode: str) -> Any:
    """What `eval` or `exec` runs of a text: code, whose functions can be found in the text."""
    if not isinstance(source, str):
        return source
    return code_of(source.lstrip(" \t") if mode == "eval" else source, mode)


@functools.lru_cache(maxsize=1024)
def code_of(text: str, mode: str) -> CodeType:
    with uncollected():
        code = compile(text, "<string>", mode, dont_inherit=True)
    remember(code, text)
    return code


def text_of(source: Any, mode: str) -> tuple[str, str]:
    """The text to be run, and the mode it was compiled in."""
    if isinstance(source, CodeType) and source in COMPILED:
        return COMPILED[source]
    if isinstance(source, CodeType | bytes):
        raise refused(mode)
    return source, mode


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


def made(source: str, outer: dict, inner: Any, used: dict[str, Any]) -> FunctionType:
    """A function of the variables in `used` that returns the value of an expression."""
    text = f"def evaluated({', '.join(used)}):\n    return (\n{source}\n)\n"
    rest = {} if inner is outer or not isinstance(inner, Mapping) else dict(inner)
    return function_of(text, {**outer, **rest}, "evaluated")


def function_of(text: str, variables: dict, name: str) -> FunctionType:
    """The function that a text defines; its source can be found."""
    filename = f"<eval {next(NUMBERS)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    code = compile(text, filename, "exec", dont_inherit=True)
    body = next(part for part in code.co_consts if isinstance(part, CodeType))
    return FunctionType(body, variables, name)


def assigned_names(source: str) -> list[str]:
    """The variables that statements give a value, or delete."""
    symbols = symtable.symtable(source, "<text>", "exec").get_symbols()
    return [one.get_name() for one in symbols if one.is_assigned() or one.is_imported()]


def statements(source: str, assigned: list[str], variables: dict) -> FunctionType:
    """A function without arguments that runs statements on `variables`."""
    body = parsed(source).body
    if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in body):
        raise refused("exec")  # which only a module may do
    shared = [ast.Global(names=assigned)] if assigned else []
    function = parsed("def executed(): pass")
    function.body[0].body = [*shared, *body]
    text = ast.unparse(ast.fix_missing_locations(function)) + "\n"
    return function_of(text, variables, "executed")


def frame_at(depth: int = 0, /) -> FrameType:
    """``sys._getframe(depth)`` as the program would see it."""
    frame = outside_adjoint(sys._getframe(1))
    for _ in range(depth):
        frame = outside_adjoint(frame.f_back) if frame is not None else None
    if frame is None:
        raise ValueError("call stack is not deep enough")
    return frame


def refused(name: str) -> MissingRule:
    return MissingRule(
        f"`{name}` was given code that uses a value that carries a derivative",
        instead="write the code as a function, or give its text instead of compiled code",
    )


def own_names(names: Any) -> Any:
    """What ``locals()``, ``vars()`` or ``dir()`` found, without the names of rewritten code."""
    if isinstance(names, list):
        return [name for name in names if not is_hidden(name)]
    if not any(map(is_hidden, names)):
        return names
    return {name: value for name, value in names.items() if not is_hidden(name)}


def is_hidden(name: Any) -> bool:
    return isinstance(name, str) and name.startswith("_adjoint_")
