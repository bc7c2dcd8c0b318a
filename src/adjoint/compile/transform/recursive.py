"""Derivatives of functions that call themselves: their adjoint and tangent call themselves too.

The adjoint of an inner call runs that call's primal again, so nothing of it is on a tape: for a
recursion of depth n, memory is O(n) and the work is at most n times that of the primal.
"""

from collections.abc import Callable

from adjoint.compile import operations
from adjoint.compile.ir.nodes import Apply, Block, Function, Type, Var
from adjoint.compile.ir.recursion import Recursive
from adjoint.compile.ir.verifying import verify
from adjoint.compile.transform.simplify import simplify
from adjoint.errors import Place, UnsupportedType


def pulled(op: Recursive, reverse: Callable, place: Place | None) -> Recursive:
    """The operation ``(*args, ct) -> cotangents of the float arguments``, as one array."""
    if "pull" not in op.derived:
        floats = float_params(op, place)
        made = Recursive(f"{op.__name__}_pull", (*op.params, op.result), Type("float", 1))
        op.derived["pull"] = made
        function = reverse(op.function, floats, [Var("seed", op.result)])
        cotangents = function.body.yields[1:]
        out = Var("cotangents", made.result)
        shape = (("shape", (len(cotangents),)),)
        together = Apply(out, operations.array_of, cotangents, shape, place)
        finish(made, function, (*function.body.statements, together), out)
    return op.derived["pull"]


def pushed(op: Recursive, forward: Callable, place: Place | None) -> Recursive:
    """The operation ``(*args, *tangents of the float arguments) -> tangent of the result``."""
    if "push" not in op.derived:
        floats = float_params(op, place)
        types = tuple(param.type for param in floats)
        made = Recursive(f"{op.__name__}_push", (*op.params, *types), op.result)
        op.derived["push"] = made
        tangents = [Var(f"{param.name}_dot", param.type) for param in floats]
        function = forward(op.function, floats, tangents)
        finish(made, function, function.body.statements, function.body.yields[-1])
    return op.derived["push"]


def finish(made: Recursive, function: Function, statements: tuple, result) -> None:
    body = Block(statements, (result,))
    whole = Function(made.__name__, function.params, body, function.tapes, function.careful)
    made.function = verify(simplify(whole))


def float_params(op: Recursive, place: Place | None) -> list[Var]:
    floats = [param for param in op.function.params if param.type.is_float]
    if any(param.type.is_array for param in floats):
        raise UnsupportedType(
            f"`{op.__name__}` calls itself and takes a float array: its derivative cannot be "
            "compiled yet",
            instead="pass numbers, or drop jit on this function: the traced tier runs it",
            place=place,
        )
    return floats
