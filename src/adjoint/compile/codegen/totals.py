"""Sums that loops of the reverse sweep carry, which LLVM may make of several parts at once."""

from adjoint.compile import operations
from adjoint.compile.codegen.stretches import counted
from adjoint.compile.ir.nodes import FLOAT, SINGLE, Apply, For, Var


def totals(loop: For) -> set[Var]:
    """What makes the sums that a loop of the reverse sweep carries: each turn adds to them only.

    In which order such sums are made is nobody's but ours, unlike those of the primal.
    """
    makers = {s.out: s for s in loop.body.statements if isinstance(s, Apply)}
    readers = counted(loop.body)
    found: set[Var] = set()
    for param, after in zip(loop.params, loop.body.yields, strict=True):
        chain: set[Var] = set()
        while isinstance(after, Var) and after is not param and readers[after] == 1:
            maker = makers.get(after)
            if maker is None or maker.function is not operations.plus or not is_real(after):
                break
            chain.add(after)
            after = maker.args[0]
        if after is param and readers[param] == 1:
            found |= chain
    return found


def is_real(var: Var) -> bool:
    return var.type in (FLOAT, SINGLE)
