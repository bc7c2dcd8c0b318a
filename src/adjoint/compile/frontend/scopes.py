"""Which names belong to a function, and which functions see them."""

import ast
from typing import Any

from adjoint.compile.frontend.values import (
    Batched,
    Derived,
    Frame,
    FunctionValue,
    IterationValue,
    Maybe,
    MethodValue,
    PartialValue,
    Static,
    TupleValue,
)


def own_nodes(nodes: list) -> Any:
    """The nodes of a function's body that are not inside an inner function."""
    for node in nodes:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            yield from own_nodes(list(ast.iter_child_nodes(node)))


def first_parameter(node: ast.FunctionDef | ast.Lambda) -> str:
    """The name of the first parameter, which is `self` in a method."""
    return next((p.arg for p in (*node.args.posonlyargs, *node.args.args)), "")


def local_names(node: ast.FunctionDef | ast.Lambda) -> frozenset[str]:
    """The names that are local to a function."""
    a = node.args
    params = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]
    names = {param.arg for param in params}
    outside: set[str] = set()
    for child in own_nodes(node.body if isinstance(node.body, list) else [node.body]):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store | ast.Del):
            names.add(child.id)
        elif isinstance(child, ast.FunctionDef):
            names.add(child.name)
        elif isinstance(child, ast.alias):
            names.add((child.asname or child.name).partition(".")[0])
        elif isinstance(child, ast.MatchAs | ast.MatchStar) and child.name is not None:
            names.add(child.name)
        elif isinstance(child, ast.MatchMapping) and child.rest is not None:
            names.add(child.rest)
        elif isinstance(child, ast.Nonlocal | ast.Global):
            outside.update(child.names)
    return frozenset(names - outside)


def captures_frame(node: ast.AST) -> bool:
    return any(
        isinstance(child, ast.Lambda | ast.FunctionDef)
        for child in ast.walk(node)
        if child is not node
    )


def sees(value: Any, frame: Frame) -> bool:
    """True if a function in `value` may read the variables of a frame."""
    match value:
        case FunctionValue():
            inner: Frame | None = value.frame
            while inner is not None and inner is not frame:
                inner = inner.parent
            return inner is frame or any(sees(v, frame) for v in value.defaults)
        case TupleValue():
            return any(sees(v, frame) for v in value.items)
        case dict():
            return any(sees(v, frame) for v in value.values())
        case MethodValue():
            return sees(value.owner, frame)
        case Maybe():
            return sees(value.value, frame)
        case PartialValue():
            return any(sees(v, frame) for v in (value.function, *value.args, value.keywords))
        case IterationValue():
            return any(sees(v, frame) for v in value.parts)
        case Static(value=Batched(function=FunctionValue() as function)):
            return sees(function, frame)
        case Static(value=Derived()):
            return sees(value.value.derivative.function, frame)
    return False
