"""The two sweeps over the numeric part of a tape.

A stretch of tape is two sequences. `parents` holds the entries one after the other: the slots of
an entry's operands, then minus the slot of its result. `partials` holds one number per operand.
Slot 0 collects what belongs to operands without a derivative.

A zero is not passed over: where a sweep is itself differentiated, a cotangent that is zero here has
a derivative of its own.
"""

from collections.abc import MutableSequence, Sequence


def backward(parents: Sequence, partials: Sequence, adjoint: MutableSequence) -> None:
    """Give each result's cotangent to its operands, last entry first.

    A cotangent of exactly zero contributes nothing, whatever the partial (strong zero); nor does
    a partial of exactly zero, whatever the cotangent.
    """
    place = len(partials)
    c = 0.0
    for index in range(len(parents) - 1, -1, -1):
        slot = parents[index]
        if slot < 0:
            c = adjoint[-slot]
            adjoint[-slot] = 0.0
        else:
            place -= 1
            product = partials[place] * c
            if product == product or (c != 0.0 and partials[place] != 0.0):
                adjoint[slot] += product


def forward(parents: Sequence, partials: Sequence, tangent: MutableSequence) -> None:
    """Set each result's tangent from its operands', first entry first."""
    place = 0
    total = 0.0
    for slot in parents:
        if slot < 0:
            tangent[-slot] = total
            total = 0.0
        else:
            t = tangent[slot]
            product = partials[place] * t
            if product == product or (t != 0.0 and partials[place] != 0.0):
                total += product
            place += 1
