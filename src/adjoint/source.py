"""The syntax tree of a running function.

`function_node` returns the tree of the very function asked for, lambdas included, or raises
`SourceNotFound`; it never returns a neighbour.
"""

import ast
import contextlib
import gc
import inspect
import linecache
import re
import weakref
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any, NoReturn

from adjoint.errors import Place, SourceNotFound
from adjoint.straight_line import read_back
from adjoint.walks import walk

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Without a garbage collection: it may run a finalizer that is parsed in its turn, and
    CPython 3.11 cannot make a syntax tree while it makes another."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def parsed(text: str, mode: str = "exec") -> Any:
    """The syntax tree of a text."""
    with uncollected():
        return ast.parse(text, mode=mode)


def function_node(function: FunctionType) -> FunctionNode:
    """The `ast` node that `function` was compiled from; callers must not change it.

    Raises
    ------
    SourceNotFound
        if the file cannot be read, or no longer holds this function.
    """
    return code_node(function.__code__, function.__globals__)


def code_node(code: CodeType, module_globals: dict | None = None) -> FunctionNode:
    """As `function_node`, for a code object."""
    filename = code.co_filename
    if filename.startswith("<frozen "):  # of the standard library: the file is named elsewhere
        filename = (module_globals or {}).get("__file__") or filename
    lines = linecache.getlines(filename, module_globals)
    if not lines:
        return in_no_file(code, "its source is not on disk")
    if not lines[0].endswith("\n"):  # of a text that was entered without the ends of its lines
        lines = [f"{line}\n" for line in lines]
    found = own_node(code, lines)
    if found is not None:
        return found
    try:
        matching = nodes_of(code, code.co_filename, "".join(lines))
    except SyntaxError:
        return in_no_file(code, "its file is no longer valid Python")
    if len(matching) != 1:
        return in_no_file(code, "its file has changed since it was imported")
    return matching[0]


def nodes_of(code: CodeType, filename: str, text: str) -> list[FunctionNode]:
    """The definitions in a text that `code` may have been compiled from."""
    nodes = nodes_by_line(filename, text).get(code.co_firstlineno, ())
    matching = [node for node in nodes if is_source_of(node, code)]
    if len(matching) > 1:
        matching = innermost([n for n in matching if spans(n, code)])
    if len(matching) > 1 and len({ast.dump(node) for node in matching}) == 1:
        matching = matching[:1]
    return matching


TEXTS: weakref.WeakKeyDictionary[CodeType, str] = weakref.WeakKeyDictionary()


def remember(code: CodeType, text: str) -> None:
    """Keep the text of code that is in no file, for the functions that it makes."""
    for part in code.co_consts:
        if isinstance(part, CodeType):
            TEXTS.pop(part, None)  # an equal code, which may go before this one
            TEXTS[part] = text
            remember(part, text)


def in_no_file(code: CodeType, why: str) -> FunctionNode:
    """The definition in a text that the program ran, or read back from its instructions."""
    text = TEXTS.get(code)
    matching = [] if text is None else nodes_of(code, code.co_filename, text)
    return matching[0] if len(matching) == 1 else read_back(code) or refuse(code, why)


OWN_LINES = re.compile(r"[ \t]*(?:@|(?:async[ \t]+)?def\b)")
BLANK = re.compile(r"[ \t]*(?:#.*)?[\r\n\f]*$")
MOST_TRIALS = 8


def own_node(code: CodeType, lines: list[str]) -> FunctionNode | None:
    """The definition in the lines from which `code` was compiled, parsed alone: files are long.

    None if that cannot be told: a lambda, or lines that do not stand by themselves.
    """
    first = code.co_firstlineno - 1
    if not 0 <= first < len(lines) or not OWN_LINES.match(lines[first]):
        return None
    indent = len(lines[first]) - len(lines[first].lstrip(" \t"))
    end = max([last for _, last, _, _ in code.co_positions() if last is not None], default=first)
    for _ in range(MOST_TRIALS):
        end = end_of_block(lines, max(end, first + 1), indent)
        try:
            node = alone(code.co_filename, first, bool(indent), "".join(lines[first:end]))
        except SyntaxError:  # a text or a bracket goes on
            end += 1
            continue
        is_own = isinstance(node, FunctionNode) and first_line(node) == first + 1
        return node if is_own and is_source_of(node, code) else None
    return None


def end_of_block(lines: list[str], start: int, indent: int) -> int:
    """The first line from `start` on that is indented no more than `indent`."""
    for number in range(start, len(lines)):
        line = lines[number]
        if not BLANK.match(line) and len(line) - len(line.lstrip(" \t")) <= indent:
            return number
    return len(lines)


@lru_cache(maxsize=2048)
def alone(filename: str, above: int, is_inside: bool, text: str) -> ast.stmt:
    """The first statement of `text`, which stands below `above` lines, perhaps in another."""
    del filename  # part of the key: callers add to what they know of a node by its identity
    opening = "if 1:\n" if is_inside else "\n" * bool(above)
    tree = parsed("\n" * (above - 1) + opening + text)
    return tree.body[0].body[0] if is_inside else tree.body[0]


@lru_cache(maxsize=64)
def nodes_by_line(filename: str, text: str) -> dict[int, list[FunctionNode]]:
    """Every function and lambda of a file, by the line its code object claims to start on."""
    del filename  # part of the key: two files may hold the same text
    found: dict[int, list[FunctionNode]] = {}
    for node in walk(parsed(text)):
        if isinstance(node, FunctionNode):
            found.setdefault(first_line(node), []).append(node)
    return found


def first_line(node: FunctionNode) -> int:
    """The line CPython stores as ``co_firstlineno``: that of the first decorator, if any."""
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])


def is_source_of(node: FunctionNode, code: CodeType) -> bool:
    name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
    a = node.args
    counts = len(a.posonlyargs), len(a.posonlyargs) + len(a.args), len(a.kwonlyargs)
    rest = [arg for arg in (a.vararg, a.kwarg) if arg is not None]
    names = [arg.arg for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs, *rest)]
    flags = inspect.CO_VARARGS * bool(a.vararg) + inspect.CO_VARKEYWORDS * bool(a.kwarg)
    return (
        name == code.co_name
        and counts == (code.co_posonlyargcount, code.co_argcount, code.co_kwonlyargcount)
        and flags == code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
        and all(map(is_named, names, code.co_varnames))
        and names_fit(node, code)
    )


def is_named(name: str, compiled: str) -> bool:
    """True if `compiled` is `name`, or what Python makes of it in a class: ``_Class__name``."""
    is_private = name.startswith("__") and not name.endswith("__")
    return compiled == name or (is_private and compiled.endswith(name) and compiled[0] == "_")


def names_fit(node: FunctionNode, code: CodeType) -> bool:
    """True if every name that `code` reads from outside itself stands in `node`.

    Code made from a text may claim the file and line of a function that only resembles it.
    """
    used = {*code.co_names, *code.co_freevars}
    if any(name.startswith("@") for name in used):  # pytest has put assertions of its own in
        return True
    found = names_in(node)
    private = tuple(name for name in found if name.startswith("__"))
    return all(
        name in found or not name.isidentifier() or (private and name.endswith(private))
        for name in used
        if not name.startswith("__")
    )


def names_in(node: FunctionNode) -> set[str]:
    """Every identifier in the tree of a function."""
    found: set[str] = set()
    for part in walk(node):
        if type(part) is ast.Name:
            found.add(part.id)
        elif type(part) is not ast.Constant:
            for value in part.__dict__.values():
                if type(value) is str:
                    found.update((value, *value.split(".")))
                elif type(value) is list:
                    found.update([item for item in value if type(item) is str])
    return found


def spans(node: FunctionNode, code: CodeType) -> bool:
    """True if the instructions of `code` lie on the body of `node`."""
    body = node.body if isinstance(node, ast.Lambda) else node
    start = (body.lineno, body.col_offset)
    end = (body.end_lineno, body.end_col_offset)
    places = [
        ((line, column), (end_line, end_column))
        for line, end_line, column, end_column in code.co_positions()
        if line is not None
        and end_column  # those without a place, or with an empty one, say nothing
    ]
    if not places:  # Python 3.12 forgets where a lambda that only returns a constant stands
        return compiles_to(node, code)
    return all(start <= first and last <= end for first, last in places)


def innermost(nodes: list[FunctionNode]) -> list[FunctionNode]:
    """Those of `nodes` that hold no other: a lambda in a lambda has its places inside both."""
    return [
        node
        for node in nodes
        if not any(other is not node and other in walk(node) for other in nodes)
    ]


def compiles_to(node: FunctionNode, code: CodeType) -> bool:
    """True if a lambda compiles to the instructions and constants of `code`."""
    if not isinstance(node, ast.Lambda):
        return True
    module = compile(ast.Expression(node), code.co_filename, "eval")
    made = next(part for part in module.co_consts if isinstance(part, CodeType))
    return (made.co_code, repr(made.co_consts)) == (code.co_code, repr(code.co_consts))


@lru_cache(maxsize=8192)
def names_of_code(code: CodeType) -> tuple[str, ...]:
    """The global names and the attributes in a code and in those inside it, each once, in order."""
    inner = [names_of_code(part) for part in code.co_consts if isinstance(part, CodeType)]
    return tuple(dict.fromkeys([*code.co_names, *(name for names in inner for name in names)]))


def place_of(node: ast.AST, filename: str) -> Place:
    """Where a node of the tree stands, for an error message."""
    one_line = node.lineno == node.end_lineno
    return Place(filename, node.lineno, node.col_offset, node.end_col_offset if one_line else None)


def refuse(code: CodeType, why: str) -> NoReturn:
    raise SourceNotFound(
        f"the source of `{code.co_qualname}` is needed to differentiate it, but {why}",
        instead="define it in a file, or give its derivative with adjoint.custom_vjp",
        place=Place(code.co_filename, code.co_firstlineno),
    )
