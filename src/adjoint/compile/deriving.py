"""Derivatives taken inside a program: `grad(g)` called in a compiled function.

The function is compiled to IR with parameters of its own, transformed, and the result written
where it was called. What it reads from around it stays what it is, so nothing is confused.
"""

from typing import Any

from adjoint.compile.frontend.calls import invoke_object
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import NONE, Handle, Static, TupleValue, Value, is_atom
from adjoint.compile.ir.copying import Copier
from adjoint.compile.ir.nodes import (
    COMPLEX,
    FLOAT,
    SINGLE,
    Atom,
    Block,
    Builder,
    Function,
    Var,
    constant,
)
from adjoint.compile.transform.forward import forward
from adjoint.compile.transform.reverse import reverse
from adjoint.compile.transform.simplify import simplify
from adjoint.derivative import Derivative


def derive(lower: Lowerer, derivative: Derivative, args: list[Value], keywords: dict) -> Value:
    """The value of a derivative at arguments that are values of a program."""
    lower.derives = True
    if derivative.kind in ("grad", "value_and_grad"):
        return gradient(lower, derivative, args, keywords)
    if derivative.kind in ("jacobian", "jacfwd", "jacrev"):
        return jacobian(lower, derivative, args, keywords)
    if derivative.kind == "hessian":
        inner = Holder(Derivative(derivative.function, "grad", derivative.argnums))
        outer = Derivative(inner, "jacfwd", derivative.argnums)
        return jacobian(lower, outer, args, keywords)
    raise lower.refuse(
        f"the transform `{derivative.kind}` inside a compiled function", instead="use grad"
    )


class Holder:
    """A derivative as a callable that only the compiler calls."""

    def __init__(self, derivative: Derivative):
        self.derivative = derivative


class Isolated:
    """A call compiled by itself, with new parameters for what is differentiated."""

    def __init__(self, lower: Lowerer, derivative: Derivative, args: list, keywords: dict):
        self.lower = lower
        keys = derivative.argnums
        self.keys = keys if isinstance(keys, tuple) else (keys,)
        self.single = not isinstance(keys, tuple)
        self.fresh: dict[Var, Atom] = {}
        args, keywords = list(args), dict(keywords)
        self.trees = []
        for key in self.keys:
            home: Any = args if isinstance(key, int) else keywords
            home[key] = self.renewed(home[key])
            self.trees.append(home[key])
        kept, lower.builder = lower.builder, Builder(place=lower.place)
        self.value = invoke_object(lower, derivative.function, args, keywords)
        self.atoms: list[Atom] = leaves(lower, self.value)
        self.block: Block = lower.builder.block(tuple(self.atoms))
        lower.builder = kept

    def renewed(self, value: Value) -> Value:
        """The argument with a parameter in place of each float."""
        if is_atom(value):
            if not value.type.is_float:
                return value
            param = Var(getattr(value, "name", "x"), value.type)
            self.fresh[param] = value
            return param
        if isinstance(value, TupleValue):
            return TupleValue(tuple(map(self.renewed, value.items)), value.cls)
        if isinstance(value, Handle):
            contents = self.lower.cells[value]
            made = value.another()
            self.lower.cells[made] = (
                {k: self.renewed(v) for k, v in contents.items()}
                if isinstance(contents, dict)
                else self.renewed(contents)
            )
            return made
        return value

    def function(self) -> Function:
        return simplify(Function("inner", tuple(self.fresh), self.block, (), self.lower.careful))

    def write(self, function: Function) -> tuple[Atom, ...]:
        """Write a transformed function where the call stands; returns its results."""
        copier = Copier(dict(self.fresh))
        for statement in function.body.statements:
            self.lower.builder.add(copier.statement(statement))
        self.lower.tapes.extend(t for t in function.tapes if t not in self.lower.tapes)
        return copier.atoms(function.body.yields)

    def shaped(self, found: dict[Var, Any]) -> Value:
        """A tree of results in the structure of the differentiated arguments."""
        trees = tuple(self.replaced(tree, found) for tree in self.trees)
        return trees[0] if self.single else TupleValue(trees)

    def replaced(self, tree: Value, found: dict[Var, Any]) -> Value:
        if is_atom(tree):
            return found.get(tree, NONE)
        if isinstance(tree, TupleValue):
            return TupleValue(tuple(self.replaced(t, found) for t in tree.items), tree.cls)
        if isinstance(tree, Handle):
            contents = self.lower.cells[tree]
            made = tree.another()
            self.lower.cells[made] = (
                {k: self.replaced(v, found) for k, v in contents.items()}
                if isinstance(contents, dict)
                else self.replaced(contents, found)
            )
            return made
        return NONE


def gradient(lower: Lowerer, derivative: Derivative, args: list, keywords: dict) -> Value:
    call = Isolated(lower, derivative, args, keywords)
    if not call.atoms or call.atoms[0].type not in (FLOAT, SINGLE):
        raise lower.refuse(
            "grad of a function that does not return one float", instead="return a float"
        )
    function = call.function()
    seeds = [constant(1, call.atoms[0].type), *[None] * (len(call.atoms) - 1)]
    results = call.write(simplify(reverse(function, tuple(call.fresh), seeds)))
    count = len(call.atoms)
    found = call.shaped(dict(zip(call.fresh, results[count:], strict=True)))
    out = rebuilt(lower, call.value, list(results[:count]))
    if derivative.kind == "value_and_grad":
        return TupleValue((out, found))
    if derivative.has_aux:
        return TupleValue((found, out.items[1]))
    return found


def jacobian(lower: Lowerer, derivative: Derivative, args: list, keywords: dict) -> Value:
    """One forward sweep per input number; numbers only."""
    call = Isolated(lower, derivative, args, keywords)
    if any(p.type.is_array for p in call.fresh) or any(a.type.is_array for a in call.atoms):
        raise lower.refuse(
            "a jacobian or hessian of arrays inside a compiled function",
            instead="take it outside: adjoint.hessian(adjoint.jit(f))",
        )
    if any(a.type == COMPLEX for a in (*call.fresh, *call.atoms)):
        raise lower.refuse(
            "a jacobian or hessian of complex numbers", instead="take real and imaginary parts"
        )
    function = call.function()
    columns: dict[Var, tuple[Atom, ...]] = {}
    for param in call.fresh:
        tangents = [constant(p is param, p.type) for p in call.fresh]
        pushed = simplify(forward(function, tuple(call.fresh), tangents))
        columns[param] = call.write(pushed)[len(call.atoms) :]
    rows = [
        call.shaped({p: column[i] for p, column in columns.items()}) for i in range(len(call.atoms))
    ]
    return rebuilt(lower, call.value, rows)


def leaves(lower: Lowerer, value: Value) -> list[Atom]:
    """The atoms of a result, in order."""
    if is_atom(value):
        return [value]
    if isinstance(value, TupleValue):
        return [a for item in value.items for a in leaves(lower, item)]
    if isinstance(value, Handle):
        contents = lower.usable(lower.cells[value], "the result")
        items = contents.values() if isinstance(contents, dict) else contents.items
        return [a for item in items for a in leaves(lower, item)]
    if isinstance(value, Static):
        return []
    raise lower.refuse("this result cannot be differentiated", instead="return numbers")


def rebuilt(lower: Lowerer, value: Value, parts: list) -> Value:
    """`value` with its atoms replaced by `parts`, which is used up."""
    if is_atom(value):
        return parts.pop(0)
    if isinstance(value, TupleValue):
        return TupleValue(tuple(rebuilt(lower, item, parts) for item in value.items), value.cls)
    if isinstance(value, Handle):
        contents = lower.cells[value]
        made = value.another()
        lower.cells[made] = (
            {k: rebuilt(lower, v, parts) for k, v in contents.items()}
            if isinstance(contents, dict)
            else rebuilt(lower, contents, parts)
        )
        return made
    return value
