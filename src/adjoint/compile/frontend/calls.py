"""Calls: of the program's own functions (inlined), of builtins, of numerical functions."""

import ast
import functools
import inspect
import operator
import sys
from dataclasses import is_dataclass
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from adjoint.checkpointing import Checkpointed, checkpoint
from adjoint.compile import operations
from adjoint.compile.frontend import (
    arrays,
    containers,
    drawing,
    elementwise,
    iteration,
    lists,
    numerical,
    objects,
    precisions,
    recursion,
    reductions,
    widened,
)
from adjoint.compile.frontend.lowering import Lowerer, kind_of
from adjoint.compile.frontend.scopes import (
    captures_frame,
    first_parameter,
    local_names,
    own_nodes,
    sees,
)
from adjoint.compile.frontend.values import (
    NONE,
    Batched,
    Derived,
    Frame,
    FunctionValue,
    GeneratorValue,
    Handle,
    Maybe,
    MethodValue,
    PartialValue,
    Static,
    SuperValue,
    TupleValue,
    Value,
    is_atom,
    same,
    wrap,
)
from adjoint.compile.frontend.written import ALONG, WRITTEN, form_of
from adjoint.compile.frontend.written_shapes import AS_GIVEN
from adjoint.compile.ir.nodes import Const, Var
from adjoint.derivative import Derivative, Differentiable
from adjoint.rules.ruleset import Form, lookup
from adjoint.source import function_node, place_of
from adjoint.stand_ins import is_numbas, stand_in

DEPTH = 100  # of calls in calls; a function in itself: see `recursion`
OF_ITEMS = (max, min, sum)
DERIVING = ("grad", "value_and_grad", "hessian", "jacobian", "jacfwd", "jacrev")


def call(lower: Lowerer, node: ast.Call) -> Value:
    callee = lower.expression(node.func)
    if isinstance(callee, Static) and callee.value is super and not node.args:
        return super_of(lower)
    found = reductions.reduced(lower, callee, node)
    if found is None:
        found = reductions.gathered(lower, callee, node)
    if found is not None:
        return found
    args: list[Value] = []
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            args.extend(iteration.items(lower, lower.expression(arg.value)))
        else:
            args.append(lower.expression(arg))
    keywords: dict[str, Value] = {}
    for keyword in node.keywords:
        value = lower.expression(keyword.value)
        if keyword.arg is None:
            keywords.update(lower.cells[value])
        else:
            keywords[keyword.arg] = value
    return invoke(lower, callee, args, keywords)


def super_of(lower: Lowerer) -> Value:
    """``super()`` in a method."""
    cell = lower.frame.closure.get("__class__")
    owner = lower.cells.get((lower.frame, lower.frame.first))
    if cell is None or not isinstance(owner, Handle) or owner.kind != "object":
        raise lower.refuse("`super()` here", instead=objects.TRACED)
    return SuperValue(owner, cell.cell_contents)


def invoke(lower: Lowerer, callee: Value, args: list[Value], keywords: dict[str, Value]) -> Value:
    """The result of a call."""
    if isinstance(callee, FunctionValue):
        return inline_inner(lower, callee, args, keywords)
    if isinstance(callee, MethodValue):
        return call_method(lower, callee, args, keywords)
    if isinstance(callee, PartialValue):
        named = {**callee.keywords, **keywords}
        return invoke(lower, callee.function, [*callee.args, *args], named)
    method = objects.method_or_none(callee, "__call__")
    if method is not None:
        return invoke_object(lower, method, [callee, *args], keywords)
    if not isinstance(callee, Static):
        raise lower.refuse(f"{kind_of(callee)} is called", instead="call a function")
    return invoke_object(lower, callee.value, args, keywords)


def invoke_object(lower: Lowerer, function: Any, args: list[Value], keywords: dict) -> Value:
    """The result of calling a Python object that is known now."""
    function = stand_in(function)
    if isinstance(function, FunctionValue):
        return inline_inner(lower, function, args, keywords)
    derivative = getattr(function, "derivative", None)
    if isinstance(derivative, Derivative):
        return lower.derive(lower, derivative, args, keywords)
    if hasattr(function, "py_func"):
        return invoke_object(lower, function.py_func, args, keywords)
    if isinstance(function, functools.partial):
        given = [lower.capture_object(a) for a in function.args]
        named = {k: lower.capture_object(v) for k, v in function.keywords.items()}
        return invoke_object(lower, function.func, [*given, *args], {**named, **keywords})
    can_be_listed = is_hashable(function)  # a function of ctypes cannot
    if can_be_listed and (numerical.is_of_library(function) or function in OF_ITEMS):
        args = [lists.given(lower, a) for a in args]
    if can_be_listed and numerical.is_of_library(function):
        precisions.require(lower, function, [*args, *keywords.values()])
    if can_be_listed and writes_to(function, keywords):
        return stored_in(lower, function, args, keywords)
    if can_be_listed and widened.applies(lower, function, [*args, *keywords.values()]):
        return widened.rounded(lower, function, args, keywords)
    handler = lower.builtins.get(function) if can_be_listed else None
    if can_be_listed and function in ALONG and is_along(args, keywords):
        return inline_along(lower, function, args, keywords)
    if handler is not None:
        name = getattr(function, "__name__", str(function))
        return numerical.fitting(lower, handler, name, args, keywords)
    if can_be_listed and form_of(function) is not None:
        return inline_written(lower, function, args, keywords)
    if isinstance(function, type) and is_dataclass(function):
        return numerical.fitting(
            lower,
            lambda lower, *args, **named: objects.construct(lower, function, list(args), named),
            function.__name__,
            args,
            keywords,
        )
    if isinstance(function, type) and hasattr(function, "_fields"):
        return construct(lower, function, args, keywords)
    python = elementwise.of_numbers(function)
    if python is not None and not keywords:
        return elementwise.call(lower, python, args)
    found = numerical.call(lower, function, args, keywords)
    if found is not None:
        return found
    return invoke_python(lower, function, args, keywords)


def writes_to(function: Any, keywords: dict) -> bool:
    """True for a function of NumPy's on whole arrays that is given an array for its result."""
    of_items = isinstance(function, np.ufunc) and function.signature is None
    return "out" in keywords and numerical.is_of_library(function) and not of_items


def stored_in(lower: Lowerer, function: Any, args: list[Value], keywords: dict) -> Value:
    rest = {name: value for name, value in keywords.items() if name != "out"}
    found, target = invoke_object(lower, function, args, rest), keywords["out"]
    if same(target, NONE):
        return found
    if not is_atom(target) or not is_atom(found) or found.type != target.type:
        raise lower.refuse(
            "an array of another type or rank to write the result into",
            instead="assign the result: out[...] = f(x)",
        )
    for one, other in zip(arrays.shape(lower, found), arrays.shape(lower, target), strict=True):
        lower.check(lower.emit(operator.eq, one, other), ValueError, "out has the wrong shape")
    arrays.store(lower, target, Static(Ellipsis), found)
    return target


def is_along(args: list[Value], keywords: dict) -> bool:
    """True for ``f(array, axis)``, and for whatever else says more than the array."""
    said = any(not same(value, NONE) for value in [*args[1:], *keywords.values()])
    return said and bool(args) and is_atom(args[0]) and args[0].type.is_array


def inline_along(lower: Lowerer, function: Any, args: list[Value], keywords: dict) -> Value:
    """A reduction of a matrix along one axis, or a norm of some order."""
    program = ALONG[function]
    numerical.require_fit(lower, program, function.__name__, args, keywords)
    return inline_function(lower, program, list(args), keywords)


def inline_written(lower: Lowerer, function: Any, args: list[Value], keywords: dict) -> Value:
    """A function of NumPy's, as `written` states it."""
    python, rank = form_of(function)
    parameters = inspect.signature(python).parameters
    positional = [n for n, p in parameters.items() if p.kind is not p.KEYWORD_ONLY]
    if any(p.kind is p.VAR_POSITIONAL for p in parameters.values()):
        positional += positional[-1:] * len(args)
    given = [as_meant(lower, name, a) for name, a in zip(positional, args, strict=False)]
    named = {name: as_meant(lower, name, a) for name, a in keywords.items()}
    ranks = [a.type.ndim for a in [*given, *named.values()] if is_atom(a)]
    if not set(named) <= set(parameters) or len(args) > len(given) or max(ranks, default=0) > rank:
        raise lower.refuse(
            f"this use of `{function.__name__}` cannot be compiled yet",
            instead="use fewer axes and keywords, or drop jit on this function",
        )
    if isinstance(function, np.ufunc) and all(map(is_atom, given)):
        given = list(lower.brought_together(function, tuple(given)))
    found = inline_function(lower, python, given, named)
    is_new = isinstance(found, Var) and not any(found is value for value in given)
    return numerical.numpys(lower, found) if is_new else found


def as_meant(lower: Lowerer, name: str, value: Value) -> Value:
    """An array, where `value` is a list or tuple of numbers and not of axes or lengths."""
    if name in AS_GIVEN or not isinstance(value, Handle | TupleValue):
        return value
    return arrays.as_array(lower, value)


def is_hashable(function: Any) -> bool:
    try:
        hash(function)
    except TypeError:
        return False
    return True


def invoke_python(lower: Lowerer, function: Any, args: list[Value], keywords: dict) -> Value:
    if isinstance(function, Batched):
        callee = function.function
        given = callee if isinstance(callee, FunctionValue) else Static(callee)
        return inline_function(lower, of_each, [given, *args], keywords)
    if is_transform(function):
        return derivative_of(lower, function, args, keywords)
    rule = lookup(function)
    if isinstance(function, FunctionType) and rule is not None and rule.form is Form.ZERO:
        return stopped(lower, args[0])
    if isinstance(function, MethodType):
        owner = Static(function.__self__)
        return invoke_object(lower, function.__func__, [owner, *args], keywords)
    if function is checkpoint and len(args) == 1 and isinstance(args[0], Static):
        return Static(Checkpointed(args[0].value))
    if isinstance(function, Checkpointed):
        lower.remade = True
        return invoke_object(lower, function.function, args, keywords)
    if isinstance(function, Differentiable) and hasattr(function, "function"):
        if type(function).__module__.startswith("adjoint.compile"):
            return invoke_object(lower, function.function, args, keywords)
        raise lower.refuse(
            f"`{getattr(function, '__name__', function)}` has a derivative of its own, "
            "which cannot be compiled yet",
            instead="drop jit on the function that calls it; the traced tier runs it",
        )
    if isinstance(function, FunctionType):
        return inline_function(lower, function, args, keywords)
    if isinstance(function, type):
        return construct(lower, function, args, keywords)
    if isinstance(vars(type(function)).get("__call__"), FunctionType) and not is_numbas(function):
        return inline_function(lower, type(function).__call__, [Static(function), *args], keywords)
    raise lower.refuse(
        f"`{getattr(function, '__name__', function)}` cannot be compiled",
        instead="write it with functions of math and numpy, or drop jit on this function",
    )


def of_each(function, *xs):
    """``vmap(function)(*xs)``, in the compiled language."""
    count = len(xs[0])
    for x in xs:
        if len(x) != count:
            raise ValueError("the arguments of a batch have different lengths")
    first = function(*[x[0] for x in xs])
    if np.ndim(first) == 0:
        out = np.zeros(count, dtype=type(first))
    else:
        out = np.zeros((count, *first.shape), dtype=first.dtype)
    out[0] = first
    for i in range(1, count):
        out[i] = function(*[x[i] for x in xs])
    return out


def is_transform(function: Any) -> bool:
    """True for `grad` and its kin, which the layers above define."""
    transforms = sys.modules.get("adjoint.transforms")
    name = getattr(function, "__name__", "")
    return transforms is not None and getattr(transforms, name, None) is function


def derivative_of(lower: Lowerer, transform: Any, args: list[Value], keywords: dict) -> Value:
    """``grad(f, argnums)`` in a program, as a function to call."""
    f, *rest = args
    if transform.__name__ == "vmap" and not rest and not keywords:
        return Static(Batched(f.value if isinstance(f, Static) else f))
    chosen = rest[0] if rest else keywords.get("argnums", Const(0))
    known = chosen.items if isinstance(chosen, TupleValue) else (chosen,)
    if transform.__name__ not in DERIVING or set(keywords) - {"argnums"} or len(rest) > 1:
        raise lower.refuse(
            f"this use of `{transform.__name__}` in a compiled function",
            instead="use grad(f, argnums), or take the derivative outside",
        )
    argnums = tuple(getattr(item, "value", None) for item in known)
    function = f.value if isinstance(f, Static) else f
    single = argnums if isinstance(chosen, TupleValue) else argnums[0]
    return Static(Derived(Derivative(function, transform.__name__, single)))


def construct(lower: Lowerer, cls: type, args: list[Value], keywords: dict) -> Value:
    """A namedtuple, or an object that its class fills in Python."""
    fields = getattr(cls, "_fields", None)
    if issubclass(cls, tuple) and fields:
        given = dict(zip(fields, args, strict=False)) | keywords
        defaults = {k: wrap(v) for k, v in cls._field_defaults.items()}
        return TupleValue(tuple((defaults | given)[name] for name in fields), cls)
    return objects.initialised(lower, cls, args, keywords)


def stopped(lower: Lowerer, value: Value) -> Value:
    """`value` cut off from differentiation, leaf by leaf."""
    if is_atom(value):
        return value if isinstance(value, Const) else lower.emit(operations.held, value)
    if isinstance(value, TupleValue):
        return TupleValue(tuple(stopped(lower, item) for item in value.items), value.cls)
    if isinstance(value, Handle):
        contents = lower.cells[value]
        made = value.another()
        lower.cells[made] = (
            {k: stopped(lower, v) for k, v in contents.items()}
            if isinstance(contents, dict)
            else stopped(lower, contents)
        )
        return made
    return value


# Inlining.


def inline_function(
    lower: Lowerer,
    function: FunctionType,
    args: list[Value],
    keywords: dict,
    *,
    formula: bool = False,
    entering: bool = False,
) -> Value:
    """The result of a Python function, compiled where it is called."""
    if function in lower.recursive and not entering:
        atoms = recursion.arguments(lower, function, args, keywords)
        op = lower.recursion(function, tuple(a.type for a in atoms))
        return recursion.received(lower, op, lower.emit(op, *atoms))
    known = recursion.known_of_call(lower, function, args, keywords)
    if known in lower.running or recursion.is_deep(lower, function):
        raise recursion.Runaway(function)
    lower.running.append(known)
    value = inline_known(lower, function, args, keywords, formula)
    lower.running.pop()
    return value


def inline_known(
    lower: Lowerer, function: FunctionType, args: list[Value], keywords: dict, formula: bool
) -> Value:
    node = function_node(function)
    refuse_generators(lower, node, function.__code__.co_filename)
    code = function.__code__
    closure = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    frame = Frame(
        function.__name__,
        code.co_filename,
        function.__globals__,
        closure,
        local_names(node),
        formula=formula,
        first=first_parameter(node),
    )
    defaults = [lower.capture_default(function, i) for i in range(len(function.__defaults__ or ()))]
    keyword_defaults = [
        lower.capture_keyword_default(function, a.arg)
        if a.arg in (function.__kwdefaults__ or {})
        else None
        for a in node.args.kwonlyargs
    ]
    return inline(lower, node, frame, defaults, keyword_defaults, args, keywords)


def inline_inner(lower: Lowerer, callee: FunctionValue, args: list[Value], keywords: dict) -> Value:
    node, outer = callee.node, callee.frame
    refuse_generators(lower, node, outer.filename)
    name = getattr(node, "name", "<lambda>")
    running = [frame for frame in lower.frames if frame.parent is outer and frame.name == name]
    if len(running) > recursion.DEPTH:
        raise lower.refuse(
            f"`{name}` calls itself, and is defined in another function",
            instead="define it at the top of the module, and pass it what it reads",
        )
    frame = Frame(
        name,
        outer.filename,
        outer.module_globals,
        outer.closure,
        local_names(node),
        outer,
        formula=outer.formula,
    )
    return inline(
        lower, node, frame, list(callee.defaults), list(callee.keyword_defaults), args, keywords
    )


def refuse_generators(lower: Lowerer, node: ast.AST, filename: str) -> None:
    body = node.body if isinstance(node.body, list) else [node.body]
    for child in own_nodes(body):
        if isinstance(child, ast.Yield | ast.YieldFrom):
            lower.place = place_of(child, filename)
            raise lower.refuse(
                "`yield` cannot be compiled",
                instead="drop jit on this function; the traced tier runs generators",
            )


def inline(
    lower: Lowerer,
    node: ast.FunctionDef | ast.Lambda,
    frame: Frame,
    defaults: list,
    keyword_defaults: list,
    args: list[Value],
    keywords: dict,
) -> Value:
    if len(lower.frames) > DEPTH:
        raise lower.refuse(
            f"`{frame.name}` calls itself too deeply to be compiled",
            instead="write the recursion as a loop, or drop jit on this function",
        )
    bind_parameters(lower, node.args, frame, defaults, keyword_defaults, args, keywords)
    kept = lower.place
    lower.frames.append(frame)
    lower.loops.append([])
    if isinstance(node, ast.Lambda):
        value = lower.expression(node.body)
    else:
        lower.cells[frame, "<returned>"] = Const(False)
        lower.statements(node.body)
        value = returned_value(lower, frame)
    lower.loops.pop()
    lower.frames.pop()
    lower.place = kept
    lower.cells.pop((frame, "<value>"), None)
    lower.cells.pop((frame, "<returned>"), None)
    own = [k for k in lower.cells if isinstance(k, tuple) and k[0] is frame]
    others = [v for k, v in lower.cells.items() if not (isinstance(k, tuple) and k[0] is frame)]
    if not captures_frame(node) or not any(sees(v, frame) for v in (value, *others)):
        for key in own:  # a loop around would carry them
            del lower.cells[key]
    return value


def returned_value(lower: Lowerer, frame: Frame) -> Value:
    """What a function returns; None where it runs off its end."""
    returned = lower.cells.get((frame, "<returned>"))
    value = lower.cells.get((frame, "<value>"), NONE)
    if same(returned, Const(False)) or lower.dead:
        return NONE
    if isinstance(value, Maybe):
        value = value.value
    if isinstance(returned, Var) and (lower.handlers or frame in lower.tried):
        lower.check(returned, TypeError, f"{frame.name}() returned None")
    elif isinstance(returned, Var):
        raise lower.refuse(
            f"`{frame.name}` may run off its end and return None",
            instead="return a value on every path",
        )
    return lower.usable(value, f"the result of {frame.name}")


def bind_parameters(
    lower: Lowerer,
    a: ast.arguments,
    frame: Frame,
    defaults: list,
    keyword_defaults: list,
    args: list[Value],
    keywords: dict,
) -> None:
    """Give a call's arguments to the parameters, as Python does."""
    positional = [*a.posonlyargs, *a.args]
    names = [p.arg for p in positional]
    found: dict[str, Value] = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    found |= {
        p.arg: d for p, d in zip(a.kwonlyargs, keyword_defaults, strict=True) if d is not None
    }
    found.update(zip(names, args, strict=False))
    extra = args[len(names) :]
    accepted = {*names[len(a.posonlyargs) :], *(p.arg for p in a.kwonlyargs)}
    others = {k: v for k, v in keywords.items() if k not in accepted}
    doubled = set(names[: len(args)]) & (keywords.keys() - others.keys())
    if (extra and a.vararg is None) or (others and a.kwarg is None) or doubled:
        raise TypeError(f"{frame.name}() was called with arguments it does not take")
    found.update({k: v for k, v in keywords.items() if k in accepted})
    if a.vararg is not None:
        found[a.vararg.arg] = TupleValue(tuple(extra))
    if a.kwarg is not None:
        made = Handle("dict")
        lower.cells[made] = others
        found[a.kwarg.arg] = made
    missing = [n for n in (*names, *(p.arg for p in a.kwonlyargs)) if n not in found]
    if missing:
        raise TypeError(f"{frame.name}() is missing the argument {missing[0]!r}")
    for name, value in found.items():
        iteration.refuse_kept(lower, value)
        lower.cells[frame, name] = value
        if isinstance(value, GeneratorValue):
            lower.hints.setdefault(value.state, name)
        elif isinstance(value, Var):
            lower.hints.setdefault(value, name)


# Methods of containers and arrays.


def call_method(lower: Lowerer, method: MethodValue, args: list[Value], keywords: dict) -> Value:
    owner = method.owner
    if isinstance(owner, GeneratorValue):
        return drawing.draw(lower, owner, method.name, args, keywords)
    if is_atom(owner):
        same_named = getattr(np, method.name, None) if hasattr(np.ndarray, method.name) else None
        if owner.type.is_array and method.name == "sort":
            return sort_in_place(lower, owner, args, keywords)
        if owner.type.is_array and method.name in ("partition", "resize"):
            raise lower.refuse(
                f"`{method.name}` changes the array that it is called on",
                instead=f"assign the result: a = np.{method.name}(a, ...)",
            )
        if owner.type.is_array and (
            same_named in WRITTEN or same_named in ALONG or same_named is np.dot
        ):
            first = args[:1] if method.name == "compress" else []
            given = [*first, owner, *args[len(first) :]]
            return invoke_object(lower, same_named, given, keywords)
        return numerical.call_method(lower, owner, method.name, args, keywords)
    if isinstance(owner, TupleValue) and owner.cls is not tuple and method.name == "_replace":
        fields = dict(zip(owner.cls._fields, owner.items, strict=True))
        if keywords.keys() <= fields.keys() and not args:
            return construct(lower, owner.cls, [], fields | keywords)
    if isinstance(owner, TupleValue) and method.name == "_asdict":
        made = Handle("dict")
        lower.cells[made] = dict(zip(owner.cls._fields, owner.items, strict=True))
        return made
    written = inspect.getattr_static(owner.cls, method.name, None) if is_named(owner) else None
    if isinstance(written, FunctionType):
        return invoke_object(lower, written, [owner, *args], keywords)
    if isinstance(owner, SuperValue):
        return objects.call_super(lower, owner, method.name, args, keywords)
    if objects.is_object(owner):
        return invoke_object(lower, objects.method_of(owner, method.name), [owner, *args], keywords)
    handler = containers.METHODS.get(
        (owner.kind if isinstance(owner, Handle) else "other", method.name)
    )
    if handler is None:
        raise lower.refuse(
            f"the method `{method.name}` of {kind_of(owner)} cannot be compiled",
            instead="write it with indexing and loops",
        )
    return numerical.fitting(lower, handler, method.name, [owner, *args], keywords)


def is_named(owner: Value) -> bool:
    """True for a namedtuple."""
    return isinstance(owner, TupleValue) and hasattr(owner.cls, "_fields")


def sort_in_place(lower: Lowerer, owner: Value, args: list[Value], keywords: dict) -> Value:
    in_order = invoke_object(lower, np.sort, [owner, *args], keywords)
    arrays.store(lower, owner, Static(Ellipsis), in_order)
    return NONE
