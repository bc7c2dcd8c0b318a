"""Lengths and transposes, asked of what arrays have them from.

An array that nobody needs but for its length, or for its transpose, need not be made.
"""

from dataclasses import replace

import numpy as np

from adjoint.compile import operations
from adjoint.compile.codegen.shapes import Axis, Shapes
from adjoint.compile.ir.copying import with_statements
from adjoint.compile.ir.nodes import Apply, Function, Statement, Store, Var, walk
from adjoint.compile.transform.sharing import Sharers


def from_sources(function: Function, shapes: Shapes) -> Function:
    """An equal function that asks the arrays from which others have their lengths, and multiplies
    vectors the other way round in the place of transposing their outer product."""
    asking = with_statements(function.body, lambda s: asked_elsewhere(s, shapes))
    turned = with_statements(asking, Turning(replace(function, body=asking)).turned)
    return replace(function, body=turned)


def asked_elsewhere(s: Statement, shapes: Shapes) -> Statement:
    """A statement that asks for a length, asking the array from which this one has it."""
    if not isinstance(s, Apply) or s.function is not operations.dim:
        return s
    array = s.args[0]
    assert isinstance(array, Var)
    length = shapes.found(shapes.of[array][dict(s.keywords)["axis"]])
    if isinstance(length, Axis) and length.axis is not None and length.var is not array:
        return replace(s, args=(length.var,), keywords=(("axis", length.axis),))
    return s


class Turning:
    """Transposes of outer products as the products the other way round."""

    def __init__(self, function: Function):
        sharers = Sharers(function)
        statements = list(walk(function.body))
        stored = {sharers.root(s.array) for s in statements if isinstance(s, Store)}
        products = [s for s in statements if isinstance(s, Apply) and s.function is np.outer]
        self.products = {
            s.out: s
            for s in products
            if not any(isinstance(a, Var) and sharers.root(a) in stored for a in (s.out, *s.args))
        }

    def turned(self, s: Statement) -> Statement:
        if not isinstance(s, Apply) or s.function is not np.transpose or s.keywords:
            return s
        product = self.products.get(s.args[0]) if isinstance(s.args[0], Var) else None
        if product is None:
            return s
        return replace(s, function=np.outer, args=tuple(reversed(product.args)))
