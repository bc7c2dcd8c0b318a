"""The table of rules: one entry per operation, read by both tiers.

A rule is plain Python that runs on numbers and arrays. It never repairs shapes: summing a
cotangent back over broadcast axes is the engine's business.
"""

import functools
import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from adjoint.rules.absent import ABSENT, present


class Form(Enum):
    """How a rule is stated, which tells an engine what it may do with it."""

    ELEMENTWISE = "elementwise"  # one partial per argument; broadcasts; gives both modes
    STRUCTURED = "structured"  # an explicit vjp and an explicit jvp
    ZERO = "zero"  # real-valued, derivative zero almost everywhere (floor, sign, zeros_like)
    NONE = "none"  # the result has no derivative (shape, argmax, comparison, isnan)
    DEFINED = "defined"  # a program in Python of the same value, to be differentiated instead


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """The derivative of one operation.

    partials : for ELEMENTWISE, one ``partial(*args, out)`` per argument; None where the result
        does not depend smoothly on that argument. Where the argument is complex, the function is
        holomorphic and the partial its complex derivative, or the rule has a vjp and a jvp too:
        those are then right for every type, and the partials for real arguments only.
    vjp : ``vjp(ct, out, *args, **kwargs) -> tuple``, one cotangent per positional argument, None
        for an argument that has none. Entries beyond the arguments of the call are ignored; an
        argument beyond the entries is never a float. Must not change `ct`. A result that is a
        tuple or list has a `ct` of that structure, whose parts may be None. The cotangent of an
        argument that is a sequence is a sequence, or an array whose rows are the items'.
    jvp : ``jvp(tangents, out, *args, **kwargs) -> tangent of out``; an inactive argument's
        tangent is None, and that of a sequence has zeros for its inactive items.

    definition : a Python function of the same value, which is run in place of `function` where a
        derivative is needed. For DEFINED rules; for others, where `covers` says no.
    covers : ``covers(*args, **kwargs)`` is False for a call that the formulas are not of. Then
        `definition` is followed, or the Python source of the function where it has one.
    may_refuse : the formulas raise `NonDifferentiable` at some points; the place of the call is
        kept for the message.
    by_argument : the entries of what `vjp` returns, each by a formula with the parameters of
        `vjp`; only those of live arguments are evaluated.
    linear : the operation is linear in its first argument and depends smoothly on no other: of that
        argument and of the result the formulas read the shape alone.

    The parameters of both have the names of the function's own; a keyword they do not name has no
    rule.

    The engine makes a cotangent fit its primal: it sums over broadcast axes, takes the real part
    for a real primal and converts to its dtype.
    """

    function: Callable
    form: Form
    partials: tuple[Callable | None, ...] = ()
    vjp: Callable | None = None
    jvp: Callable | None = None
    definition: Callable | None = None
    covers: Callable[..., bool] | None = None
    may_refuse: bool = False
    linear: bool = False
    by_argument: tuple[Callable, ...] = ()

    def cotangents(self, wanted: tuple[bool, ...], *given: Any, **kwargs: Any) -> Sequence:
        """What `vjp` returns; only the `wanted` entries matter, others may be None."""
        if not self.by_argument or self.vjp is None:
            return self.vjp(*given, **kwargs) if self.vjp is not None else ()
        pairs = zip(self.by_argument, wanted, strict=False)
        return [formula(*given, **kwargs) if is_wanted else None for formula, is_wanted in pairs]


RULES: dict[Callable, Rule] = {}
OVERLOADS: dict[tuple[Callable, int], Rule] = {}

# Native classes whose instances look at the memory of the array they are made from, and the name of
# the attribute that shows it.
KEEPERS: dict[type, str] = {}

# What the attributes of such an instance are, computed from the instance; None for those that are
# what they were made with.
SHOWN: dict[tuple[type, str], Callable | None] = {}

# Native classes whose instances hold what they are made from, for Python to take out again, and the
# names of the attributes that show it; their methods move it, and look at nothing inside.
HOLDERS: dict[type, tuple[str, ...]] = {}

# Native functions of any objects, and the programs that are followed instead; None for those that
# are called all the same, because they only look.
REPLACED: dict[Callable, Callable | None] = {}

# Native classes of callable objects, and the functions in Python that do what calling them does.
CALLED: dict[type, Callable] = {}

# Modules with rules that are loaded when the program has imported what the rules are of.
WAITING: dict[str, str] = {
    "numpy.fft": "adjoint.rules.numpy.fourier",
    "pandas.core.frame": "adjoint.rules.pandas",
    "wrapt": "adjoint.rules.wrapt",
}


def lookup(function: Callable, arity: int | None = None) -> Rule | None:
    """The rule of `function`, or None.

    `arity` is the number of positional arguments of the call, for the few functions that are
    another operation with another number: ``math.log(x, base)``, ``np.where(condition)``.
    """
    try:
        found = OVERLOADS.get((function, arity)) or RULES.get(function)
    except TypeError:  # unhashable callables have no rule
        return None
    if found is None and load_met():
        return lookup(function, arity)
    return found


def has_ruled_instances(kind: type) -> bool:
    """True if an instance of `kind` has a rule: a callable object."""
    load_met()
    return kind in ruled_kinds(len(RULES))


@functools.lru_cache(maxsize=1)
def ruled_kinds(count: int) -> frozenset[type]:
    """The classes of what has a rule; `count` tells when there are more."""
    del count
    return frozenset(map(type, RULES))


def wait_for(**modules: str) -> None:
    """State which module of rules belongs to which module (dots written ``__``)."""
    WAITING.update({name.replace("__", "."): rules for name, rules in modules.items()})


def load_met() -> bool:
    """Load the rules of the modules that have been imported since; True if there were any."""
    if WAITING.keys().isdisjoint(sys.modules.keys()):
        return False
    met = [name for name in WAITING if name in sys.modules]
    for rules in [WAITING.pop(name) for name in met]:
        importlib.import_module(rules)
    return bool(met)


def overload(function: Callable, arity: int, form: Form, *partials: Callable | None) -> None:
    """State the rule of calls with `arity` positional arguments, if it is not the usual one."""
    OVERLOADS[function, arity] = Rule(function, form, partials=partials)


# Keywords that ask for nothing where they are None.
DEFAULTS = frozenset({"out", "dtype", "casting", "order", "stable"})


def essential(kwargs: dict) -> dict:
    """The keywords of a call without those that only repeat a default, as NumPy's own code does.

    ``out=None``, ``dtype=None``, ``initial=np._NoValue`` ask for nothing: no rule need know them.
    ``overwrite_a=True`` only permits: the argument is kept, for the sweep reads it.
    """
    return {
        name: value
        for name, value in kwargs.items()
        if type(value).__name__ != "_NoValueType"
        and not (value is None and name in DEFAULTS)
        and not name.startswith("overwrite_")
    }


def elementwise(functions: Callable | tuple[Callable, ...], *partials: Callable | None) -> None:
    """State the partial derivatives of operations that act on each element by itself."""
    for function in functions if isinstance(functions, tuple) else (functions,):
        enter(Rule(function, Form.ELEMENTWISE, partials=partials))


def zero(*functions: Callable) -> None:
    """State that the derivative is zero wherever it exists; the result is a real number."""
    for function in functions:
        enter(Rule(function, Form.ZERO))


def none(*functions: Callable) -> None:
    """State that the result is not a thing that has a derivative: an int, bool, shape, string."""
    for function in present(*functions):
        enter(Rule(function, Form.NONE))


def vjp(*functions: Callable) -> Callable[[Callable], Callable]:
    """Decorator: the decorated function is the vjp of `functions`."""
    return lambda pullback: state(functions, vjp=pullback)


def jvp(*functions: Callable) -> Callable[[Callable], Callable]:
    """Decorator: the decorated function is the jvp of `functions`."""
    return lambda pushforward: state(functions, jvp=pushforward)


def state(functions: tuple[Callable, ...], **side: Callable) -> Callable:
    for function in functions:
        known = RULES.get(function) or Rule(function, Form.STRUCTURED)
        RULES[function] = replace(known, **side)
    (given,) = side.values()
    return given


def definition(*functions: Callable) -> Callable[[Callable], Callable]:
    """Decorator: the decorated program has the values of `functions`, and is followed instead."""

    def decorator(program: Callable) -> Callable:
        for function in present(*functions):
            known = RULES.get(function) or Rule(function, Form.DEFINED)
            RULES[function] = replace(known, definition=program)
        return program

    return decorator


def covers(*functions: Callable) -> Callable[[Callable], Callable]:
    """Decorator: the decorated function says which calls of `functions` their formulas are of."""

    def decorator(predicate: Callable) -> Callable:
        for function in functions:
            RULES[function] = replace(RULES[function], covers=predicate)
        return predicate

    return decorator


def keeps_memory(kind: type, name: str) -> None:
    """State that a native class keeps the array it is made from as its attribute `name`."""
    if kind is not ABSENT:
        KEEPERS[kind] = name


def shows(kind: type, **attributes: Callable | None) -> None:
    """State the attributes of such a class: ``program(instance)``, or None for a constant."""
    SHOWN.update({(kind, name): program for name, program in attributes.items()})


def keeper_of(kind: type) -> str | None:
    """Where instances of a native class show the array they were made from, or None."""
    load_met()
    return next((name for base, name in KEEPERS.items() if issubclass(kind, base)), None)


def holds(kind: type, *names: str) -> None:
    """State that a native class holds objects as they are, shown by its attributes `names`."""
    if kind is not ABSENT:
        HOLDERS[kind] = names


def is_holder(kind: type) -> bool:
    """True for a native class, or one derived from it, that only holds what it is given."""
    load_met()
    return any(base in HOLDERS for base in kind.__mro__)


def followed_as(function: Callable) -> Callable[[Callable], Callable]:
    """Decorator: where native code of `function` would see live values, the program is followed.

    It is given whatever the function is given, as it is; a definition is given arrays.
    """

    def decorator(program: Callable) -> Callable:
        if function is not ABSENT:
            REPLACED[function] = program
        return program

    return decorator


def called_as(kind: type, program: Callable) -> None:
    """State that calling an instance of a native class is ``program(instance, ...)``."""
    CALLED[kind] = program


def program_of_call(kind: type) -> Callable | None:
    """What calling instances of `kind` does, where that was stated."""
    return next((CALLED[base] for base in kind.__mro__ if base in CALLED), None)


def only_looks(*functions: Callable) -> None:
    """State that native functions compute no numbers from the numbers they are given."""
    REPLACED.update(dict.fromkeys(present(*functions)))


def is_replaced(function: Callable) -> bool:
    try:
        return function in REPLACED
    except TypeError:  # unhashable
        return False


def by_argument(*functions: Callable, formulas: tuple[Callable, ...]) -> None:
    """State the cotangents of `functions` one by one, besides their vjp."""
    for function in functions:
        RULES[function] = replace(RULES[function], by_argument=formulas)


def may_refuse(*functions: Callable) -> None:
    """State that the formulas of `functions` raise `NonDifferentiable` at some points."""
    for function in functions:
        RULES[function] = replace(RULES[function], may_refuse=True)


def is_linear(*functions: Callable) -> None:
    """State that `functions` are linear in their first argument, and constant in the others."""
    for function in functions:
        RULES[function] = replace(RULES[function], linear=True)


def enter(rule: Rule) -> None:
    if rule.function in RULES:
        raise ValueError(f"{rule.function!r} has a rule already")
    RULES[rule.function] = rule
