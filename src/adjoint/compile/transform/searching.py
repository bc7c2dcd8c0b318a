"""Finds loops that search, whose result has no derivative where its steps are differentiated.

A bisection moves the ends of its interval to numbers that depend on no argument; which end it is,
a comparison says that does. So the derivative of its steps is zero, and that of what it finds is
not. Such a loop carries floats without derivative, and chooses what they are next by a value that
has one and depends on them.
"""

from collections.abc import Iterable

import numpy as np

from adjoint.compile import operations
from adjoint.compile.ir.nodes import (
    Apply,
    Atom,
    For,
    Function,
    If,
    Store,
    Var,
    While,
    walk,
)
from adjoint.compile.transform.activity import Activity, Useful
from adjoint.compile.transform.aliases import Aliases
from adjoint.errors import Place, UnrolledLoop, warn_at
from adjoint.unrolling import SETTING

CHOICES = frozenset((operations.select, operations.where, np.where))
FOUND_WITHOUT = (
    "this loop searches: comparisons of a value that has a derivative choose where it goes on, and "
    "what it finds so has none in compiled code, which differentiates the steps; say what it "
    "solves with adjoint.implicit, or drop jit: the traced tier has the derivative of the limit "
    "(adjoint.unrolled() says that the steps are meant)"
)


def warn_of_searches(function: Function, wrt: Iterable[Var]) -> None:
    """Warn of each loop that searches (`errors.UnrolledLoop`), with its line."""
    if SETTING.unrolled or not any(isinstance(s, For | While) for s in walk(function.body)):
        return
    for place in searches(function, wrt):
        warn_at(UnrolledLoop, FOUND_WITHOUT, place)


def searches(function: Function, wrt: Iterable[Var]) -> list[Place | None]:
    """Where the loops stand that find something without derivative that should have one."""
    aliases = Aliases(function, flow=False)
    varied = Activity(function, wrt, aliases)
    useful = Useful(function, (y for y in function.body.yields if isinstance(y, Var)), aliases)
    sources = Sources(function, aliases)
    loops = [s for s in walk(function.body) if isinstance(s, For | While)]
    return [loop.place for loop in loops if is_search(loop, varied, useful, sources)]


class Sources:
    """What each variable was computed from, or chosen by.

    Attributes
    ----------
    of : its sources.
    tests : what it was chosen by.
    """

    def __init__(self, function: Function, aliases: Aliases):
        self.of: dict[Var, set[Atom]] = {}
        self.tests: dict[Var, Atom] = {}
        self.aliases = aliases
        for s in walk(function.body):
            match s:
                case Apply():
                    if s.function is not operations.dim:  # of items, nothing is known by it
                        self.add(s.out, s.args)
                    if s.function in CHOICES:
                        self.tests[s.out] = s.args[0]
                case Store():
                    for var in aliases.of(s.array):
                        self.add(var, (s.value, *s.index))
                case If():
                    pairs = zip(s.outs, s.then.yields, s.orelse.yields, strict=True)
                    for out, *yields in pairs:
                        self.add(out, (s.test, *yields))
                        self.tests[out] = s.test
                case For() | While():
                    own = (s.start, s.stop, s.step) if isinstance(s, For) else s.test.yields
                    for carried in zip(s.params, s.inits, s.body.yields, s.outs, strict=True):
                        param, init, last, out = carried
                        self.add(param, (init, last))
                        self.add(out, (param, *own))

    def add(self, var: Var, atoms: Iterable[Atom]) -> None:
        self.of.setdefault(var, set()).update(a for a in atoms if isinstance(a, Var))

    def behind(self, atom: Atom, ends: Iterable[Var]) -> set[Atom]:
        """All that a value depends on, as far back as `ends`."""
        found: set[Atom] = {atom}
        waiting, ends = [atom], set(ends)
        while waiting:
            var = waiting.pop()
            if var in ends or not isinstance(var, Var):
                continue
            new = self.of.get(var, set()) - found
            found |= new
            waiting += new
        return found


def is_search(loop: For | While, varied: Activity, useful: Activity, sources: Sources) -> bool:
    """True if a loop finds something useful whose steps have no derivative."""
    if any(out in varied and out in useful for out in loop.outs):
        return False
    carried = {
        param: last
        for param, last in zip(loop.params, loop.body.yields, strict=True)
        if param.type.is_float and param not in varied and param in useful
    }
    chosen = [(p, sources.tests[y]) for p, y in carried.items() if y in sources.tests]
    if isinstance(loop, While):
        chosen += [(param, test) for param in carried for test in loop.test.yields]
    chosen += [
        (s.array, condition.test)
        for condition in walk(loop.body)
        if isinstance(condition, If)
        for side in (condition.then, condition.orelse)
        for s in walk(side)
        if isinstance(s, Store) and s.array not in varied and s.array in useful
    ]
    pairs = zip(loop.params, loop.body.yields, strict=True)
    before = {param: sources.behind(last, loop.params) for param, last in pairs}
    for var, test in chosen:
        behind = sources.behind(test, loop.params)
        if any(a in varied for a in behind) and not reached(behind, before).isdisjoint(
            sources.aliases.of(var)
        ):
            return True
    return False


def reached(atoms: set[Atom], before: dict[Var, set[Atom]]) -> set[Atom]:
    """What some values depend on, in this turn of a loop and in those before."""
    found, waiting = set(atoms), [a for a in atoms if a in before]
    while waiting:
        new = before[waiting.pop()] - found  # type: ignore[index]
        found |= new
        waiting += [a for a in new if a in before]
    return found
