"""The syntax tree of a running function.

`function_node` returns the tree of the very function asked for, lambdas included, or raises
`SourceNotFound`; it never returns a neighbour.
"""

import ast
import linecache
from functools import lru_cache
from types import CodeType, FunctionType

from adjoint.errors import Place, SourceNotFound

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


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
    lines = linecache.getlines(code.co_filename, module_globals)
    if not lines:
        raise not_found(code, "its source is not on disk")
    try:
        nodes = nodes_by_line(code.co_filename, "".join(lines))
    except SyntaxError:
        raise not_found(code, "its file is no longer valid Python") from None
    matching = [n for n in nodes.get(code.co_firstlineno, ()) if is_source_of(n, code)]
    if len(matching) > 1:
        matching = [n for n in matching if spans(n, code)]
    if not matching or len({ast.dump(node) for node in matching}) > 1:
        raise not_found(code, "its file has changed since it was imported")
    return matching[0]


@lru_cache(maxsize=512)
def nodes_by_line(filename: str, text: str) -> dict[int, list[FunctionNode]]:
    """Every function and lambda of a file, by the line its code object claims to start on."""
    del filename  # part of the key: two files may hold the same text
    found: dict[int, list[FunctionNode]] = {}
    for node in ast.walk(ast.parse(text)):
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
    names = [arg.arg for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
    return name == code.co_name and names == list(code.co_varnames[: len(names)])


def spans(node: FunctionNode, code: CodeType) -> bool:
    """True if the instructions of `code` lie exactly on the body of `node`."""
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
    inside = all(start <= first and last <= end for first, last in places)
    if isinstance(node, ast.Lambda):
        return inside and (start, end) in places
    return inside


def compiles_to(node: FunctionNode, code: CodeType) -> bool:
    """True if a lambda compiles to the instructions and constants of `code`."""
    if not isinstance(node, ast.Lambda):
        return True
    module = compile(ast.Expression(node), code.co_filename, "eval")
    made = next(part for part in module.co_consts if isinstance(part, CodeType))
    return (made.co_code, repr(made.co_consts)) == (code.co_code, repr(code.co_consts))


def place_of(node: ast.AST, filename: str) -> Place:
    """Where a node of the tree stands, for an error message."""
    one_line = node.lineno == node.end_lineno
    return Place(filename, node.lineno, node.col_offset, node.end_col_offset if one_line else None)


def not_found(code: CodeType, why: str) -> SourceNotFound:
    return SourceNotFound(
        f"the source of `{code.co_qualname}` is needed to differentiate it, but {why}",
        instead="define it in a file, or give its derivative with adjoint.custom_vjp",
        place=Place(code.co_filename, code.co_firstlineno),
    )
