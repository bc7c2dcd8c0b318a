"""Arrays that enter or leave a loop or a branch and are changed afterwards, as copies.

After ``for _ in range(n): u = step(u)`` the array `u` is the one from before where `n` is zero, and
one made in the loop otherwise. What is stored into it then must not be read by the reverse sweep
where the program read the array from before; so it is stored into a copy. That is another program
where somebody else sees the memory, by another name or as an argument: it is refused.

So it is with what enters a loop, as in ``u = u0``, if the array is changed by its other name, `u0`,
in the loop or after it: the loop gets a copy, unless what is changed is then read by the name `u`.
"""

from collections.abc import Callable
from dataclasses import replace

from adjoint.compile import operations
from adjoint.compile.ir.nodes import (
    Apply,
    Block,
    Const,
    For,
    Function,
    If,
    Statement,
    Store,
    Var,
    While,
    binds,
    blocks,
    reads,
    walk,
    writes,
)
from adjoint.compile.transform.aliases import is_view
from adjoint.errors import UnsupportedSyntax

Joining = If | For | While
Loops = tuple[For | While, ...]


def moved(function: Function) -> Function:
    """An equal function that stores into no array that a loop or branch hands out or began with.

    Raises
    ------
    UnsupportedSyntax : where another name sees what is stored.
    """
    stored = {s.array for s in walk(function.body) if isinstance(s, Store)}
    joining = [s for s in walk(function.body) if isinstance(s, Joining)]
    if not stored or not any(out.type.is_array for s in joining for out in s.outs):
        return function
    names = Names(function)
    order = Order(function)
    changed: dict[Var, Var] = {}
    entering: dict[Var, Var] = {}
    for s in joining:
        for place, out in enumerate(s.outs):
            if not out.type.is_array:
                continue
            if names.after(out) & stored and not is_made(s, place):
                order.require_unseen(s, out, names)
                changed[out] = Var(out.name, out.type)
            if isinstance(s, For | While) and order.is_changed_outside(s, place, names):
                param = s.params[place]
                entering[param] = Var(param.name, param.type)
    return replace(function, body=with_copies(function.body, changed, entering))


def is_made(s: Joining, place: int) -> bool:
    """True if what comes out was made in a loop that turns for certain, and has no other name."""
    if not isinstance(s, For) or not turns(s):
        return False
    found = s.body.yields[place]
    made = {m.out for m in s.body.statements if isinstance(m, Apply) and not is_view(m)}
    return found in made and s.body.yields.count(found) == 1


def changes_parameters(function: Function) -> bool:
    """True if a function may store into an array that it is given."""
    stored = {s.array for s in walk(function.body) if isinstance(s, Store)}
    return not reached(stored, Names(function).earlier).isdisjoint(function.params)


class Names:
    """Which names the memory of an array goes by, after it had another one and before.

    Attributes
    ----------
    apart : statements that hand out different memory by each name.
    """

    def __init__(self, function: Function):
        self.later: dict[Var, set[Var]] = {}
        self.earlier: dict[Var, set[Var]] = {}
        self.separate: set[Var] = set()  # what loops carry, each in memory of its own
        self.apart: set[Joining] = set()
        statements, back = list(walk(function.body)), []
        for s in statements:
            match s:
                case Apply() if is_view(s):
                    self.link(s.args[:1], (s.out,))
                case If():
                    self.link(s.then.yields, s.outs)
                    self.link(s.orelse.yields, s.outs)
                case For() | While():
                    self.link(s.inits, s.params)
                    self.link(s.body.yields, s.outs)
                    if not turns(s):
                        self.link(s.inits, s.outs)
                    back += [(s.body.yields, s.params)]
        self.next = {var: set(found) for var, found in self.later.items()}
        for yields, params in back:
            for source, target in zip(yields, params, strict=True):
                if isinstance(source, Var) and target.type.is_array:
                    self.next.setdefault(source, set()).add(target)
        for s in filter(lambda s: isinstance(s, Joining), statements):
            self.note(s)  # type: ignore[arg-type]

    def link(self, sources: tuple, targets: tuple[Var, ...]) -> None:
        for source, target in zip(sources, targets, strict=True):
            if isinstance(source, Var) and target.type.is_array:
                self.later.setdefault(source, set()).add(target)
                self.earlier.setdefault(target, set()).add(source)

    def note(self, s: Joining) -> None:
        """Find out whether a statement hands out different memory by each name."""
        if isinstance(s, If):
            if self.all_apart(s.then.yields) and self.all_apart(s.orelse.yields):
                self.apart.add(s)
            return
        if not self.all_apart(s.inits):
            return
        params = {p for p in s.params if p.type.is_array}
        self.separate |= params
        if self.all_apart(s.body.yields):
            self.apart.add(s)
        else:
            self.separate -= params

    def all_apart(self, atoms: tuple) -> bool:
        arrays = [a for a in atoms if isinstance(a, Var) and a.type.is_array]
        whole = [reached(self.before(a), self.later) for a in arrays]
        return not any(
            other in names
            for at, names in enumerate(whole)
            for other in (*arrays[:at], *arrays[at + 1 :])
        )

    def before(self, var: Var) -> set[Var]:
        """The names that the memory had before, in this turn of a loop that keeps it apart."""
        links = {v: s for v, s in self.earlier.items() if v not in self.separate}
        return reached({var}, links)

    def after(self, var: Var) -> set[Var]:
        return reached({var}, self.later)

    def carried(self, param: Var) -> set[Var]:
        """The names of what a loop carries by one name, in this turn and all that follow."""
        return reached({param}, self.next)

    def memory(self, var: Var) -> set[Var]:
        return reached(reached({var}, self.earlier), self.later)

    def others(self, s: Joining, out: Var) -> set[Var]:
        """The names of the memory that a statement hands out by one name, but for that one."""
        found = self.memory(out) - self.after(out)
        if s in self.apart:
            found -= {v for other in s.outs if other is not out for v in self.after(other)}
        return found


def reached(start: set[Var], links: dict[Var, set[Var]]) -> set[Var]:
    found, waiting = set(start), list(start)
    while waiting:
        for var in links.get(waiting.pop(), set()) - found:
            found.add(var)
            waiting.append(var)
    return found


def with_copies(block: Block, changed: dict[Var, Var], entering: dict[Var, Var]) -> Block:
    """A block in which what is changed is a copy of what enters or leaves a statement."""
    found: list[Statement] = []
    for s in block.statements:
        s = in_blocks(s, lambda inner: with_copies(inner, changed, entering))
        if isinstance(s, For | While):
            for init, param in zip(s.inits, s.params, strict=True):
                if param in entering:
                    copied = entering[param]
                    found.append(Apply(copied, operations.copy, (init,), (), s.place))
            inits = (entering.get(p, i) for i, p in zip(s.inits, s.params, strict=True))
            s = replace(s, inits=tuple(inits))
        if isinstance(s, Joining):
            names = [out for out in s.outs if out in changed]
            s = replace(s, outs=tuple(changed.get(out, out) for out in s.outs))
            found.append(s)
            found += [Apply(v, operations.copy, (changed[v],), (), s.place) for v in names]
        else:
            found.append(s)
    return Block(tuple(found), block.yields)


def in_blocks(s: Statement, change: Callable[[Block], Block]) -> Statement:
    """A statement with other blocks."""
    match s:
        case If():
            return replace(s, then=change(s.then), orelse=change(s.orelse))
        case For():
            return replace(s, body=change(s.body))
        case While():
            return replace(s, test=change(s.test), body=change(s.body))
    return s


def turns(loop: Joining) -> bool:
    """True for a loop that makes a turn for certain: what leaves it was made in it."""
    if not isinstance(loop, For):
        return False
    bounds = [b.value for b in (loop.start, loop.stop, loop.step) if isinstance(b, Const)]
    return len(bounds) == 3 and len(range(*map(int, bounds))) > 0  # type: ignore[arg-type]


class Order:
    """When the variables of a function are defined and read, as positions in its text."""

    def __init__(self, function: Function):
        self.begin: dict[Statement, int] = {}
        self.end: dict[Statement, int] = {}
        self.around: dict[Statement, Loops] = {}
        self.defined: dict[Var, int] = dict.fromkeys(function.params, 0)
        self.params = set(function.params)
        self.read: dict[Var, list[int]] = {}
        self.stores: list[Store] = []
        self.now = 0
        self.block(function.body, ())

    def block(self, block: Block, loops: Loops) -> None:
        for s in block.statements:
            self.now += 1
            self.begin[s], self.around[s] = self.now, loops
            if isinstance(s, Store):
                self.stores.append(s)
            self.note(reads(s))
            self.defined.update(dict.fromkeys(binds(s), self.now))
            inner = (*loops, s) if isinstance(s, For | While) else loops
            for held in blocks(s):
                self.block(held, inner)
            self.now += 1
            self.end[s] = self.now
            self.defined.update(dict.fromkeys(writes(s), self.now))
        self.now += 1
        self.note(block.yields)

    def note(self, atoms: tuple) -> None:
        for atom in atoms:
            if isinstance(atom, Var):
                self.read.setdefault(atom, []).append(self.now)

    def require_unseen(self, s: Joining, out: Var, names: Names) -> None:
        """Refuse if another name may see what is stored into what a statement hands out."""
        others = names.others(s, out)
        for var in others:
            anew = next((a for a in self.around[s] if is_made_anew(a, var, others)), None)
            if var in self.params or self.is_read_later(var, s, anew):
                refuse(out, s)

    def is_later(self, var: Var, at: int, s: Statement, new: Statement | None = None) -> bool:
        """True if what is read at a position may be read after a statement.

        Parameters
        ----------
        new : a loop whose variables are others in each turn.
        """
        if at > self.end[s]:
            return True
        return any(
            self.defined[var] <= self.begin[around] < at < self.end[around]
            for around in self.around[s]
            if around is not new
        )

    def is_changed_outside(self, loop: For | While, place: int, known: Names) -> bool:
        """Whether what a loop begins with is changed, by another name, in the loop or after it.

        Raises
        ------
        UnsupportedSyntax : if the loop's name for it may be read then.
        """
        init, param, out = loop.inits[place], loop.params[place], loop.outs[place]
        if not isinstance(init, Var):
            return False
        carried = known.carried(param)
        left = carried if turns(loop) else carried | known.after(out)
        memory = known.memory(init)
        again = any(v in memory or v in carried for v in loop.body.yields)
        found = [
            s
            for s in self.stores
            if s.array in memory - left and self.is_met_after(s, loop, known.before(init))
        ]
        new = None if again else loop
        met = [(s, carried if self.is_inside(s, loop) else left) for s in found]
        if found:  # and what is stored by the loop's name is not seen by the others
            met += [(s, memory - left) for s in self.stores if s.array in left]
        if any(self.is_read_later(var, s, new) for s, names in met for var in names):
            refuse_entering(init, out, loop)
        return bool(found)

    def is_inside(self, s: Statement, loop: Statement) -> bool:
        return self.begin[loop] < self.begin[s] < self.end[loop]

    def is_read_later(self, var: Var, s: Statement, new: Statement | None) -> bool:
        return any(self.is_later(var, at, s, new) for at in self.read.get(var, ()))

    def is_met_after(self, s: Store, loop: For | While, before: set[Var]) -> bool:
        """True if a statement may be met after the beginning of a loop, on the same memory."""
        if self.begin[s] > self.begin[loop]:
            return True
        first = min(self.defined[var] for var in before)
        return any(
            first <= self.begin[around] for around in self.around[s] if around in self.around[loop]
        )


def is_made_anew(loop: For | While, param: Var, memory: set[Var]) -> bool:
    """True if a loop carries something in a variable, in its next turn, that is not `memory`."""
    return param in loop.params and loop.body.yields[loop.params.index(param)] not in memory


def refuse(out: Var, loop: Joining) -> None:
    raise UnsupportedSyntax(
        f"the array `{out.name}` is changed in place after this, and another name may see it",
        instead="change a copy (x = x.copy())",
        place=loop.place,
    )


def refuse_entering(init: Var, out: Var, loop: Joining) -> None:
    raise UnsupportedSyntax(
        f"`{out.name}` may still be the array `{init.name}` here, which is changed in place before "
        f"`{out.name}` is read",
        instead=f"begin with a copy ({out.name} = {init.name}.copy())",
        place=loop.place,
    )
