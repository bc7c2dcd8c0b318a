"""The handler of each kind of statement."""

import ast
import operator
import sys
from typing import Any

import numpy as np

from adjoint.compile import operations
from adjoint.compile.frontend import arrays, grids, iteration, lists, objects
from adjoint.compile.frontend.containers import known_contents, list_extend, place_in
from adjoint.compile.frontend.expressions import (
    BINARY,
    TRACED,
    attribute_of,
    binary_values,
    function_value,
    item_of,
    key_of,
    new_list,
    python_slice,
)
from adjoint.compile.frontend.lists import contents_to_change
from adjoint.compile.frontend.lowering import LoopMark, Lowerer, kind_of
from adjoint.compile.frontend.trying import Hold, hold, try_
from adjoint.compile.frontend.values import (
    NONE,
    Frame,
    Handle,
    Rows,
    SliceValue,
    Static,
    TupleValue,
    Unbound,
    Value,
    Var,
    is_atom,
)
from adjoint.compile.ir.nodes import Atom, Const, Raise


def assign(lower: Lowerer, node: ast.Assign) -> None:
    value = lower.expression(node.value)
    for target in node.targets:
        bind(lower, target, value)


def annotated(lower: Lowerer, node: ast.AnnAssign) -> None:
    if node.value is not None:
        bind(lower, node.target, lower.expression(node.value))


def bind(lower: Lowerer, target: ast.expr, value: Value) -> None:
    """``target = value``."""
    match target:
        case ast.Name():
            bind_name(lower, target.id, value)
        case ast.Tuple() | ast.List():
            unpack(lower, target, value)
        case ast.Subscript():
            owner = lower.expression(target.value)
            store_item(lower, owner, lower.expression(target.slice), value)
        case ast.Attribute():
            owner = lower.expression(target.value)
            if isinstance(owner, Handle) and owner.kind == "object":
                iteration.refuse_kept(lower, value)
                objects.store(lower, owner, target.attr, value)
                return
            if is_atom(owner) and owner.type.is_array and target.attr == "flat":
                flat = lower.attribute(lower, owner, "flat")
                store_item(lower, flat, Static(Ellipsis), value)
                return
            raise lower.refuse(
                "storing into an attribute cannot be compiled yet",
                instead="keep the value in a variable and return it",
            )
        case _:
            raise lower.refuse("this target cannot be compiled", instead=TRACED)


def bind_name(lower: Lowerer, name: str, value: Value) -> None:
    iteration.refuse_kept(lower, value)
    home = lower.frame.declared.get(name, lower.frame)
    lower.cells[home, name] = value
    if isinstance(value, Var):
        lower.hints.setdefault(value, name)


def unpack(lower: Lowerer, target: ast.Tuple | ast.List, value: Value) -> None:
    stars = [i for i, e in enumerate(target.elts) if isinstance(e, ast.Starred)]
    if is_atom(value) and value.type.is_array:
        found = unpacked_array(lower, value, len(target.elts), *stars)
    else:
        found = iteration.items(lower, value)
    if stars and not is_atom(value):
        (star,) = stars
        after = len(target.elts) - star - 1
        middle = new_list(lower, found[star : len(found) - after])
        found = (*found[:star], middle, *found[len(found) - after :])
    if len(found) != len(target.elts):
        raise lower.refuse(
            f"{len(found)} values are unpacked into {len(target.elts)} variables",
            instead="use as many variables as there are values",
        )
    for child, item in zip(target.elts, found, strict=True):
        bind(lower, child.value if isinstance(child, ast.Starred) else child, item)


def unpacked_array(
    lower: Lowerer, array: Atom, count: int, star: int | None = None
) -> tuple[Value, ...]:
    """The items of an array; a star among the variables takes what is left."""
    size = lower.emit(operations.dim, array, keywords=(("axis", 0),))
    if star is None:
        fits = lower.emit(operator.eq, size, Const(count))
        lower.check(fits, ValueError, f"the array does not have {count} items to unpack")
        return tuple(arrays.load(lower, array, Const(i)) for i in range(count))
    fits = lower.emit(operator.ge, size, Const(count - 1))
    lower.check(fits, ValueError, f"the array does not have {count - 1} items to unpack")
    rest = Unbound("the number of its items is not known when the function is compiled")
    first = (arrays.load(lower, array, Const(i)) for i in range(star))
    last = (arrays.load(lower, array, Const(i)) for i in range(star + 1 - count, 0))
    return (*first, rest, *last)


def store_item(lower: Lowerer, owner: Value, index: Value, value: Value) -> None:
    """``owner[index] = value``."""
    iteration.refuse_kept(lower, value)
    if grids.is_flat(owner):
        grids.store_flat(lower, owner, index, value)
        return
    if not isinstance(owner, Handle):
        arrays.store(lower, owner, index, value)
        return
    if owner.kind == "object":
        raise lower.refuse("an item of an object is stored", instead=objects.TRACED)
    contents = contents_to_change(lower, owner)
    if isinstance(contents, Rows) or (isinstance(index, Var) and lists.made_rows(lower, owner)):
        lists.store(lower, owner, lists.rows_of(lower, owner), index, value)
        return
    if isinstance(contents, dict):
        lower.cells[owner] = {**contents, key_of(lower, index): value}
        return
    held = list(contents.items)
    if isinstance(index, SliceValue):
        held[python_slice(lower, index)] = iteration.items(lower, value)
    elif isinstance(index, Const):
        held[place_in(lower, index, len(held))] = value
    else:
        raise lower.refuse(
            "the index of a stored list item must be known when the function is compiled",
            instead="use an array (np.zeros, np.array)",
        )
    lower.cells[owner] = TupleValue(tuple(held))


def is_list(value: Value) -> bool:
    return isinstance(value, Handle) and value.kind != "object"


def is_shared_number(lower: Lowerer, value: Value) -> bool:
    """True for a number that is an array in Python, and has several names."""
    if not any(value is number for number in lower.without_axes):
        return False
    return sum(value is other for other in lower.cells.values()) > 1


def augmented(lower: Lowerer, node: ast.AugAssign) -> None:
    function = BINARY[type(node.op)]
    target = node.target
    if isinstance(target, ast.Name):
        current = lower.expression(ast.copy_location(ast.Name(target.id, ast.Load()), target))
        value = lower.expression(node.value)
        in_place = objects.method_or_none(current, f"__i{objects.OPERATORS.get(function)}__")
        if in_place is not None:
            bind_name(lower, target.id, lower.invoke_object(lower, in_place, [current, value], {}))
        elif is_atom(current) and current.type.is_array:
            arrays.store(lower, current, Static(Ellipsis), operate(lower, function, current, value))
        elif is_list(current) and function is operator.add:
            list_extend(lower, current, value)
        elif is_shared_number(lower, current):
            raise lower.refuse(
                "an array without axes is changed in place, which another name sees",
                instead=f"write {target.id} = {target.id} + ...",
            )
        else:
            bind_name(lower, target.id, operate(lower, function, current, value))
    elif isinstance(target, ast.Subscript):
        owner, index = lower.expression(target.value), lower.expression(target.slice)
        current = item_of(lower, owner, index)
        value = operate(lower, function, current, lower.expression(node.value))
        store_item(lower, owner, index, value)
    elif isinstance(target, ast.Attribute):
        owner = lower.expression(target.value)
        if not isinstance(owner, Handle) or owner.kind != "object":
            bind(lower, target, NONE)
            return
        current = lower.attribute(lower, owner, target.attr)
        value = operate(lower, function, current, lower.expression(node.value))
        if is_atom(current) and current.type.is_array:
            arrays.store(lower, current, Static(Ellipsis), value)
        objects.store(lower, owner, target.attr, current if value.type.is_array else value)
    else:
        bind(lower, target, NONE)


def operate(lower: Lowerer, function: Any, left: Value, right: Value) -> Value:
    return binary_values(lower, function, left, right)


def expression_statement(lower: Lowerer, node: ast.Expr) -> None:
    if not isinstance(node.value, ast.Constant):
        lower.expression(node.value)


def return_(lower: Lowerer, node: ast.Return) -> None:
    value = NONE if node.value is None else lower.expression(node.value)
    if len(lower.frames) == 1:
        lower.returned.append(value)
    lower.cells[lower.frame, "<value>"] = value
    lower.cells[lower.frame, "<returned>"] = Const(True)


def break_(lower: Lowerer, node: ast.Break) -> None:
    lower.cells[lower.loops[-1][-1], "<broken>"] = Const(True)


def continue_(lower: Lowerer, node: ast.Continue) -> None:
    lower.cells[lower.loops[-1][-1], "<continued>"] = Const(True)


def leaves_early(nodes: list, *, inner: bool = False) -> bool:
    """True if the body of a loop has a `break` of that loop, or a `return`."""
    for node in nodes:
        if isinstance(node, ast.Return) or (isinstance(node, ast.Break) and not inner):
            return True
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.expr):
            continue
        if isinstance(node, ast.For | ast.While):
            if leaves_early(node.body, inner=True) or leaves_early(node.orelse, inner=inner):
                return True
        elif leaves_early(list(ast.iter_child_nodes(node)), inner=inner):
            return True
    return False


def for_(lower: Lowerer, node: ast.For) -> None:
    value = lower.expression(node.iter)

    def body(item: Value) -> None:
        bind(lower, node.target, item)
        lower.statements(node.body)

    mark = iteration.for_each(lower, value, body, leaves=leaves_early(node.body))
    finish_loop(lower, mark, node.orelse)


def while_(lower: Lowerer, node: ast.While) -> None:
    if lower.handlers or any(isinstance(n, ast.NamedExpr) for n in ast.walk(node.test)):
        node = tested_inside(node)
    mark = LoopMark()
    lower.cells[mark, "<broken>"] = Const(False)

    def test() -> Atom:
        going = iteration.staying(lower, mark)
        if isinstance(going, Const):
            return lower.truth(lower.expression(node.test))
        found = lower.branch(
            going, lambda: lower.truth(lower.expression(node.test)), lambda: Const(False)
        )
        return lower.atom(found)

    def body() -> None:
        lower.loops[-1].append(mark)
        lower.cells[mark, "<continued>"] = Const(False)
        lower.assume_live()
        lower.statements(node.body)
        lower.cells.pop((mark, "<continued>"), None)
        lower.loops[-1].pop()

    lower.repeat(test, body)
    forever = isinstance(node.test, ast.Constant) and bool(node.test.value)
    if forever:
        ended_by_leaving(lower, mark)
    finish_loop(lower, mark, node.orelse)


def tested_inside(node: ast.While) -> ast.While:
    """A loop whose test gives names to values, with the test in its body."""
    leave: list[ast.stmt] = [*node.orelse, ast.copy_location(ast.Break(), node.test)]
    test = ast.copy_location(ast.If(node.test, [], leave), node.test)
    forever = ast.copy_location(ast.Constant(True), node.test)
    return ast.copy_location(ast.While(forever, [test, *node.body], []), node)


def ended_by_leaving(lower: Lowerer, mark: LoopMark) -> None:
    """After ``while True``: the one flag that can have ended it is up."""
    keys = [(lower.frame, "<returned>"), (mark, "<broken>")]
    keys += [handler.keys[0] for handler in lower.handlers]
    unknown = [key for key in keys if isinstance(lower.cells.get(key), Var)]
    if len(unknown) == 1:
        lower.cells[unknown[0]] = Const(True)


def finish_loop(lower: Lowerer, mark: LoopMark, orelse: list[ast.stmt]) -> None:
    """Run a loop's `else`, and forget its flag."""
    broken = lower.cells.pop((mark, "<broken>"))
    if not orelse:
        return
    if isinstance(broken, Const):
        if not broken.value:
            lower.statements(orelse)
        return
    lower.guarded(
        [
            lambda: lower.branch(broken, lambda: None, lambda: lower.statements(orelse)),
        ]
    )


def raise_(lower: Lowerer, node: ast.Raise) -> None:
    exception, message = exception_of(lower, node.exc)
    handler = lower.catching(exception)
    if handler is not None:
        lower.throw(handler, exception)
        return
    lower.builder.add(Raise(exception, message, lower.place))
    lower.dead = True


def exception_of(lower: Lowerer, node: ast.expr | None) -> tuple[type[BaseException], str | None]:
    if node is None:
        raise lower.refuse("`raise` without an exception", instead="name the exception")
    args: list[ast.expr] = []
    if isinstance(node, ast.Call):
        node, args = node.func, node.args
    kind = lower.expression(node)
    if not (isinstance(kind, Static) and isinstance(kind.value, type)):
        raise lower.refuse("this `raise` cannot be compiled", instead="raise SomeError('why')")
    return kind.value, message_of(lower, args)


def message_of(lower: Lowerer, args: list[ast.expr]) -> str | None:
    if not args:
        return None
    value = lower.expression(args[0])
    return str(value.value) if isinstance(value, Static | Const) else ast.unparse(args[0])


def assert_(lower: Lowerer, node: ast.Assert) -> None:
    test = lower.truth(lower.expression(node.test))
    lower.check(test, AssertionError, None if node.msg is None else message_of(lower, [node.msg]))


def function_definition(lower: Lowerer, node: ast.FunctionDef) -> None:
    if node.decorator_list:
        raise lower.refuse(
            "a decorated inner function cannot be compiled", instead="define it outside"
        )
    lower.cells[lower.frame, node.name] = function_value(lower, node)


def nonlocal_(lower: Lowerer, node: ast.Nonlocal) -> None:
    for name in node.names:
        home: Frame | None = lower.frame.parent
        while home is not None and name not in home.names:
            home = home.parent
        if home is None:
            raise lower.refuse(
                f"`nonlocal {name}` of a variable outside the compiled function",
                instead="pass it as an argument and return it",
            )
        lower.frame.declared[name] = home


def delete(lower: Lowerer, node: ast.Delete) -> None:
    for target in node.targets:
        if isinstance(target, ast.Subscript):
            owner = lower.expression(target.value)
            delete_item(lower, owner, lower.expression(target.slice))
        elif isinstance(target, ast.Name):
            lower.read((lower.frame, target.id), target.id)
            lower.cells.pop((lower.frame, target.id), None)
        else:
            raise lower.refuse("`del` of this", instead="build a new list or dict")


def delete_item(lower: Lowerer, owner: Value, index: Value) -> None:
    """``del owner[index]``."""
    if not is_list(owner):
        raise lower.refuse(f"`del` of an item of {kind_of(owner)}", instead="use np.delete")
    contents = known_contents(lower, owner)
    if isinstance(contents, dict):
        key = key_of(lower, index)
        lower.check(Const(key in contents), KeyError, repr(key))
        lower.cells[owner] = {k: v for k, v in contents.items() if k != key}
        return
    held = list(contents.items)
    if isinstance(index, SliceValue):
        del held[python_slice(lower, index)]
    else:
        held.pop(place_in(lower, index, len(held)))
    lower.cells[owner] = TupleValue(tuple(held))


def import_(lower: Lowerer, node: ast.Import) -> None:
    """``import a.b as c``, of modules that are there already."""
    for alias in node.names:
        name = alias.name if alias.asname else alias.name.partition(".")[0]
        bind_name(lower, alias.asname or name, Static(module_named(lower, alias.name, name)))


def import_from(lower: Lowerer, node: ast.ImportFrom) -> None:
    """``from a import b as c``."""
    if node.level or node.module is None:
        raise lower.refuse("a relative `import`", instead="import at the top of the module")
    module = module_named(lower, node.module, node.module)
    for alias in node.names:
        if alias.name == "*" or not hasattr(module, alias.name):
            raise lower.refuse(f"`import {alias.name}`", instead="import at the top of the module")
        found = attribute_of(lower, Static(module), alias.name)
        bind_name(lower, alias.asname or alias.name, found)


def module_named(lower: Lowerer, imported: str, name: str) -> Any:
    """A module, which an import would find as it is."""
    if imported not in sys.modules:
        raise lower.refuse(
            f"`import {imported}` inside a function", instead="import at the top of the module"
        )
    return sys.modules[name]


def with_(lower: Lowerer, node: ast.With) -> None:
    """``with np.errstate(...)``: machine code says nothing of what it would silence."""
    for item in node.items:
        called = item.context_expr.func if isinstance(item.context_expr, ast.Call) else None
        callee = lower.expression(called) if isinstance(called, ast.Name | ast.Attribute) else None
        silent = isinstance(callee, Static) and callee.value is np.errstate
        if not silent or item.optional_vars is not None or raises_warnings(item.context_expr):
            raise lower.refuse("this `with` cannot be compiled", instead=TRACED)
    lower.statements(node.body)


def raises_warnings(node: ast.expr) -> bool:
    """True unless all that is said of floating-point errors is to ignore or to warn of them."""
    said = [keyword.value for keyword in node.keywords] if isinstance(node, ast.Call) else []
    quiet = all(isinstance(v, ast.Constant) and v.value in ("ignore", "warn") for v in said)
    return not quiet or bool(getattr(node, "args", ()))


def nothing(lower: Lowerer, node: ast.stmt) -> None:
    """`pass`: no effect."""


def refusing(what: str, instead: str = TRACED):
    """A handler that refuses."""

    def handler(lower: Lowerer, node: ast.stmt) -> None:
        raise lower.refuse(f"{what} cannot be compiled", instead=instead)

    return handler


def if_(lower: Lowerer, node: ast.If) -> None:
    lower.conditional(node, [])


STATEMENTS = {
    ast.If: if_,
    ast.Assign: assign,
    ast.AnnAssign: annotated,
    ast.AugAssign: augmented,
    ast.Expr: expression_statement,
    ast.Return: return_,
    ast.Break: break_,
    ast.Continue: continue_,
    ast.For: for_,
    ast.While: while_,
    ast.Raise: raise_,
    ast.Assert: assert_,
    ast.FunctionDef: function_definition,
    ast.Nonlocal: nonlocal_,
    ast.Delete: delete,
    ast.Pass: nothing,
    ast.Global: refusing("`global`", "pass the value as an argument and return it"),
    ast.AsyncFunctionDef: refusing("`async def`"),
    ast.AsyncFor: refusing("`async for`"),
    ast.AsyncWith: refusing("`async with`"),
    ast.ClassDef: refusing("a class definition", "define it outside the function"),
    ast.Try: try_,
    Hold: hold,
    ast.TryStar: refusing("`try`", "test the condition with `if`, or " + TRACED),
    ast.With: with_,
    ast.Import: import_,
    ast.ImportFrom: import_from,
    ast.Match: refusing("`match` here", "use `if` and `elif`"),
}
if hasattr(ast, "TypeAlias"):
    STATEMENTS[ast.TypeAlias] = refusing("a type alias")
__all__ = ["STATEMENTS", "attribute_of", "kind_of"]
