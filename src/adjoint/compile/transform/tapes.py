"""The tapes of a reverse sweep: what the forward sweep records there, it takes back."""

from adjoint.compile.ir.copying import Copier
from adjoint.compile.ir.nodes import Atom, Block, For, Pop, Push, Tape, Var, While
from adjoint.compile.transform.snapshots import recorded_at_once


class Tapes:
    """Those that one reversal has made.

    Attributes
    ----------
    recording : what loops record, by the names of the tapes.
    mirror : for each tape of the program the one of its cotangents.
    """

    def __init__(self) -> None:
        self.recording: dict[str, Tape] = {}
        self.mirror: dict[Tape, Tape] = {}

    @property
    def made(self) -> tuple[Tape, ...]:
        return (*self.recording.values(), *self.mirror.values())

    def tape(self, name: str = "tape") -> Tape:
        return self.recording.setdefault(name, Tape(name))

    def mirrored(self, tape: Tape) -> Tape:
        return self.mirror.setdefault(tape, Tape("shadow_" + tape.name))

    def taped(self, forward: tuple, block: Block, kept: tuple[Var, ...], s: For | While) -> tuple:
        """Record `kept` in each turn, and take it back in the opposite order.

        Arrays have a tape of their own, so that they are recorded where they are as they are kept.
        """
        names: dict[Var, Atom] = {var: Var(var.name, var.type) for var in kept}
        block = Copier(dict(names)).block(block)
        for kind in ("tape", "arrays"):
            group = tuple(v for v in kept if v.type.is_array == (kind == "arrays"))
            if group:
                forward, pops = rows(self.tape(kind), forward, group, names, s)
                block = Block((*pops, *block.statements), block.yields)
        return forward, block


def rows(
    tape: Tape, forward: tuple, kept: tuple[Var, ...], names: dict, s: For | While
) -> tuple[tuple, list[Pop]]:
    """A turn that records variables on a tape, and what takes them back."""
    forward, pairs = recorded_at_once(forward, kept, tape)
    rest = tuple(v for v in kept if v not in pairs)
    groups = {(var,): pair for var, pair in pairs.items()}
    if rest:
        groups[rest] = object()
        forward = (*forward, Push(tape, rest, s.place, groups[rest]))
    pops = [
        Pop(tape, tuple(names[v] for v in group), s.place, pair)
        for group, pair in reversed(groups.items())
    ]
    return forward, pops
