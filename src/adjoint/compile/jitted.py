"""`Jitted`: a function that runs as machine code, and so do its derivatives.

One program is made for each structure and types of arguments, each pattern of equal arrays, and
each state of what is read from outside; nothing compiled is ever used for another.
"""

import functools
import textwrap
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np

from adjoint import spaces
from adjoint.compile.codegen.printer import Source
from adjoint.compile.deriving import derive
from adjoint.compile.draws import copied, is_generator
from adjoint.compile.executable import Executable
from adjoint.compile.inference import is_small, type_of_value
from adjoint.compile.ir.nodes import FLOAT, SCALARS, SINGLE, Atom, Function, Type, Var, constant
from adjoint.compile.ir.verifying import verify
from adjoint.compile.narrow import is_narrow, require_unseen, widened
from adjoint.compile.program import Program, make_program
from adjoint.compile.shortcuts import Shortcut, has_nan, is_known, taken_apart
from adjoint.compile.stages import Request, at_stage
from adjoint.compile.transform.finishing import finished
from adjoint.compile.transform.forward import forward
from adjoint.compile.transform.reverse import reverse
from adjoint.compile.transform.searching import warn_of_searches
from adjoint.compile.transform.simplify import simplify
from adjoint.derivative import Argnums, Derivative, Differentiable
from adjoint.errors import InvalidArgument, NonDifferentiable, NotScalar, Place, UnsupportedType
from adjoint.source import function_node


@dataclass(frozen=True, slots=True)
class Shown:
    """The source of a function and of its derivative.

    Attributes
    ----------
    links : pairs (line of `primal`, line of `adjoint`), from 1.
    """

    primal: str
    adjoint: str
    links: list[tuple[int, int]]


@dataclass(slots=True)
class Call:
    """A call's program, and its leaves in the order of the program's parameters."""

    program: Program
    structure: Any
    leaves: list
    numbered: Any
    arguments: list


class Made:
    """A call that was made: its arguments as they were, and which of them are asked about."""

    __slots__ = ("argnums", "before", "call")

    def __init__(self, call: Call, before: list, argnums: tuple):
        self.call = call
        self.before = before
        self.argnums = argnums


class Jitted(Differentiable):
    """A compiled function. Called with new types, it compiles again.

    Parameters
    ----------
    function : a Python function, lambda, closure, bound method, `functools.partial`, compiled
        Numba function, or a derivative such as ``grad(f)``.

    Raises
    ------
    UnsupportedSyntax, UnsupportedType
        when called, where the program cannot be compiled. It never falls back silently.
    """

    is_compiled = is_traceable = True

    def __init__(self, function: Callable):
        self.function = function
        self.programs: dict[Any, list[Program]] = {}
        self.shortcuts: dict[Any, Shortcut] = {}
        functools.update_wrapper(self, function, updated=())
        inner = getattr(function, "derivative", None)
        if isinstance(inner, Derivative):
            self.derivative = inner

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __repr__(self) -> str:
        return f"<jit({getattr(self, '__qualname__', self.function)})>"

    # Finding the program of a call.

    def call(self, args: tuple, kwargs: dict) -> Call:
        given, structure = spaces.flatten((args, kwargs))
        leaves = widened(given)
        program = self.program(structure, leaves)
        if any(x is not y for x, y in zip(leaves, given, strict=True)):
            pairs = zip(program.leaves, given, strict=True)
            require_unseen(program.function, [p for p, x in pairs if is_narrow(x)])
        arguments = [
            x for x, keep in zip(leaves, first_places(program.leaves), strict=True) if keep
        ]
        arguments += program.hidden()
        refuse_overlap(program, arguments)
        numbered = structure.rebuild(list(range(len(leaves))))
        return Call(program, structure, leaves, numbered, arguments)

    def program(self, structure: Any, leaves: list, *, careful: bool = False) -> Program:
        """The program for arguments like these, made if there is none that still holds."""
        known = self.programs.setdefault((structure, signature(leaves), careful), [])
        for program in known:
            if program.holds():
                return program
        name = getattr(self, "__name__", "function")
        program = make_program(self.function, name, structure, leaves, derive, careful=careful)
        known.append(program)
        return program

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        known = self.known(args, kwargs, None)
        found = known and known[0].value(known[1])
        if found is not None:
            return found[0]
        call = self.call(args, kwargs)
        result = call.program.result.build(self.outputs(call, call.arguments))
        self.remember(call, args, kwargs, ("primal",))
        return result

    def outputs(self, call: Call, arguments: list) -> tuple:
        """The results of the primal."""
        if not call.program.derives:
            return self.primal(call.program)(*arguments)
        return self.without_nan(call, ("primal",), lambda p: p.function, arguments, 0)

    def derived(
        self, call: Call, key: Any, make: Callable[[Program], Function], arguments: list
    ) -> tuple:
        """The results of the primal, then those of its derivative."""
        return self.without_nan(call, key, make, arguments, len(call.program.function.body.yields))

    def without_nan(
        self,
        call: Call,
        key: Any,
        make: Callable[[Program], Function],
        arguments: list,
        count: int,
    ) -> tuple:
        """What a program computes; if nan is among it after the first `count` results, the program
        with the strong zero everywhere says what that is."""
        program = call.program
        before = snapshot(arguments) if program.stores else arguments
        flat = self.executable(program, key, lambda: make(program))(*arguments)
        if not any(map(has_nan, flat[count:])):
            return flat
        careful = self.program(call.structure, call.leaves, careful=True)
        again = self.executable(careful, key, lambda: make(careful))(*snapshot(before))
        return (*flat[:count], *again[count:])

    def executable(self, program: Program, key: Any, make: Callable[[], Function]) -> Executable:
        if key not in program.executables:
            program.executables[key] = Executable(finished(make()))
        return program.executables[key]

    def primal(self, program: Program) -> Executable:
        return self.executable(program, ("primal",), lambda: program.function)

    # Derivatives.

    def value_and_grad(
        self, args: tuple, kwargs: dict, argnums: tuple, asked: Argnums | None = None
    ) -> tuple[Any, tuple]:
        """``(output, gradients)``, one gradient per argnum with the argument's structure.

        `asked` : the argnums as the user wrote them, if otherwise.
        """
        call = self.call(args, kwargs)
        self.require_scalar(call, args, kwargs)
        chosen = selected(call, argnums)
        refuse_shared(call, chosen)
        key = ("grad", tuple(chosen))
        flat = self.derived(call, key, lambda p: gradient(p, chosen), call.arguments)
        self.remember(call, args, kwargs, key, argnums if asked is None else asked, argnums)
        return call.program.result.build(flat), gradients(call, argnums, chosen, flat)

    def quickly(self, args: tuple, kwargs: dict, argnums: Argnums) -> tuple[Any, tuple] | None:
        """As `value_and_grad`, if a call like this one was made before; None if not."""
        found = self.known(args, kwargs, argnums)
        return None if found is None else found[0].value_and_grad(found[1])

    def known(
        self, args: tuple, kwargs: dict, asked: Argnums | None
    ) -> tuple[Shortcut, list | tuple] | None:
        """What is known of calls like this one, and its leaves."""
        if not self.shortcuts:
            return None
        leaves, structure = taken_apart(args, kwargs)
        if not is_known(leaves):
            return None
        shortcut = self.shortcuts.get((repr(asked), structure, signature(leaves)))
        return None if shortcut is None else (shortcut, leaves)

    def remember(
        self,
        call: Call,
        args: tuple,
        kwargs: dict,
        key: Any,
        asked: Argnums | None = None,
        argnums: tuple = (),
    ) -> None:
        """Note what calls like this one need.

        `asked` : `argnums` as the user wrote them; None for the function itself.
        """
        program = call.program
        leaves, structure = taken_apart(args, kwargs)
        if not is_known(leaves) or any(map(is_narrow, leaves)):
            return
        results = len(program.function.body.yields)
        chosen = list(key[1]) if argnums else []
        places = {var: results + at for at, var in enumerate(wanted(program, chosen))}
        trees = []
        for argnum in argnums:
            numbers, inner = spaces.flatten(subtree(call, argnum))
            trees.append((inner, tuple(places.get(program.leaves[i]) for i in numbers)))
        first = first_places(program.leaves)
        self.shortcuts[repr(asked), structure, signature(leaves)] = Shortcut(
            program,
            program.executables[key],
            tuple(i for i, is_first in enumerate(first) if is_first),
            tuple(chosen),
            0 if program.derives and not argnums else results,
            tuple(trees),
        )

    def require_scalar(self, call: Call, args: tuple, kwargs: dict) -> None:
        """Raise `NotScalar` unless the first result is one float."""
        yields = call.program.function.body.yields
        if yields and yields[0].type in (FLOAT, SINGLE):
            return
        out = self(*snapshot(args), **snapshot(kwargs))
        shape = f"an array of shape {out.shape}" if isinstance(out, np.ndarray) else repr(out)
        raise NotScalar(
            "grad needs a function that returns one real number; "
            f"`{self.__name__}` returned {shape}",
            instead="return a float, or use adjoint.jacobian or adjoint.vjp",
        )

    def vjp(self, args: tuple, kwargs: dict, argnums: tuple) -> tuple[Any, Callable]:
        """``(output, pullback)``; the pullback runs the primal again on a copy of the arguments."""
        call = self.call(args, kwargs)
        refuse_shared(call, selected(call, argnums))
        before = snapshot(call.arguments)  # also of what is read from outside
        out = call.program.result.build(self.outputs(call, call.arguments))
        return out, lambda cotangent: self.pulled(call, before, argnums, cotangent)

    def pulled(self, call: Call, arguments: list, argnums: tuple, cotangent: Any) -> tuple:
        """The cotangents of a call, one for each argnum."""
        chosen = selected(call, argnums)
        refuse_shared(call, chosen)
        given = [*snapshot(arguments), *seeds_of(call.program, cotangent)]
        flat = self.derived(call, ("vjp", tuple(chosen)), lambda p: pulled_back(p, chosen), given)
        return gradients(call, argnums, chosen, flat)

    def jvp(self, args: tuple, kwargs: dict, argnums: tuple, tangents: tuple) -> tuple[Any, Any]:
        """``(output, output's tangent)``; `tangents` has one tree per argnum, None for zero."""
        call = self.call(args, kwargs)
        return self.pushed(call, call.arguments, argnums, tangents)

    def pushed(self, call: Call, arguments: list, argnums: tuple, tangents: tuple) -> tuple:
        chosen = selected(call, argnums)
        refuse_shared(call, chosen)
        given = [*arguments, *tangents_of(call, argnums, chosen, tangents)]
        flat = self.derived(call, ("jvp", tuple(chosen)), lambda p: pushed(p, chosen), given)
        yields = call.program.function.body.yields
        rest = iter(flat[len(yields) :])
        found = tuple(next(rest) if y.type.is_float else None for y in yields)
        return call.program.result.build(flat), call.program.result.build(found, constants=False)

    # As one operation of the traced tier.

    def besides(self, args: tuple, kwargs: dict) -> list | None:
        program = self.call(args, kwargs).program
        return None if program.stores else program.outside()

    def forward(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        call = self.call(args, kwargs)
        made = Made(call, snapshot(call.arguments), tuple(range(len(args))))
        return call.program.result.build(self.outputs(call, call.arguments)), made

    def backward(self, residuals: Any, cotangent: Any) -> tuple:
        return self.pulled(residuals.call, residuals.before, residuals.argnums, cotangent)

    def tangent(self, residuals: Any, tangents: tuple) -> Any:
        call, before = residuals.call, snapshot(residuals.before)
        return self.pushed(call, before, residuals.argnums, tangents)[1]

    def source(
        self, args: tuple, kwargs: dict, kind: str, argnums: tuple, stage: str | None = None
    ) -> Shown:
        """The primal and adjoint as source, and which of their lines belong together.

        `stage` : one of `stages.STAGES`; what that pass made of the function is shown instead.
        """
        call = self.call(args, kwargs)
        chosen = selected(call, argnums)
        primal = self.primal(call.program)
        make = gradient if kind in ("grad", "value_and_grad") else pulled_back
        adjoint = self.executable(
            call.program, (kind, tuple(chosen)), lambda: make(call.program, chosen)
        )
        if stage is None:
            return shown(self.function, primal.source, adjoint.source)
        seeds = gradient_seeds if make is gradient else pullback_seeds
        wrt = wanted(call.program, chosen)
        request = Request(call.program, wrt, seeds(call.program), adjoint)
        return shown(self.function, primal.source, at_stage(stage, request))


def shown(function: Callable, primal: Source, adjoint: Source) -> Shown:
    """Lines of the two sources belong together if they come from the same line of the user's."""
    text, places = users_source(function) or (primal.text, primal.places)
    lines: dict[Any, list[int]] = {}
    for number, place in enumerate(places, start=1):
        if place is not None:
            lines.setdefault((place.filename, place.lineno), []).append(number)
    links = [
        (line, number)
        for number, place in enumerate(adjoint.places, start=1)
        if place is not None
        for line in lines.get((place.filename, place.lineno), ())
    ]
    return Shown(text, adjoint.text, links)


def users_source(function: Callable) -> tuple[str, list[Place]] | None:
    """The lines of a function as its author wrote them; None for what has no lines of its own."""
    plain = getattr(function, "py_func", function)
    if not isinstance(plain, FunctionType):
        return None
    node = function_node(plain)
    filename = plain.__code__.co_filename
    places = [
        Place(filename, number)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    ]
    return textwrap.dedent("\n".join(place.text for place in places)) + "\n", places


def refuse_overlap(program: Program, arguments: list) -> None:
    """Arrays that share memory without being one array, in a program that changes arrays."""
    arrays = [a for a in arguments if isinstance(a, np.ndarray)]
    streams = [a.bit_generator for a in arguments if is_generator(a)]
    if len(set(map(id, streams))) < len(streams):
        raise UnsupportedType(
            "two generators of random numbers draw from one stream",
            instead="pass one of them, or drop jit on this function",
        )
    if len(arrays) < 2 or not program.stores:
        return
    for place, array in enumerate(arrays):
        if any(np.may_share_memory(array, other) for other in arrays[:place]):
            raise UnsupportedType(
                "two array arguments share memory, and the function changes arrays in place",
                instead="pass copies, or drop jit on this function",
            )


def refuse_shared(call: Call, chosen: list[int]) -> None:
    """An array to differentiate that the program also reaches as another array."""
    wanted = [call.leaves[i] for i in chosen if isinstance(call.leaves[i], np.ndarray)]
    given = [x for x in call.arguments if isinstance(x, np.ndarray)]
    for array in wanted:
        if sum(np.may_share_memory(array, other) for other in given) > 1:
            raise UnsupportedType(
                "an array to differentiate shares memory with another argument, or with an array "
                "that the function reads from outside",
                instead="pass a copy (x.copy()), or drop jit: the traced tier sees one memory",
            )


def signature(leaves: list | tuple) -> tuple:
    """What a program depends on: types, equal arrays, and the values of what is not a number."""
    parts: list = []
    arrays: dict[int, int] = {}
    for leaf in leaves:
        kind = type(leaf)
        if kind is float or kind is bool:
            parts.append(kind)
        elif kind is int:
            parts.append((kind, is_small(leaf)))
        elif kind is np.ndarray:
            twin = arrays.setdefault(id(leaf), len(arrays))
            parts.append((leaf.dtype.str, leaf.ndim, twin))
        elif is_generator(leaf):
            parts.append(("generator", arrays.setdefault(id(leaf), len(arrays))))
        else:
            parts.append((type_of_value(leaf) or hashable(leaf), is_small(leaf)))
    return tuple(parts)


def hashable(leaf: Any) -> Any:
    """A leaf that is compiled in, as part of a key: equal only to the same value."""
    if leaf is None or isinstance(leaf, str):
        return leaf
    return (type(leaf), Identity(leaf))


class Identity:
    """Compares by identity, and keeps its object alive."""

    def __init__(self, thing: Any):
        self.thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and other.thing is self.thing

    def __hash__(self) -> int:
        return id(self.thing)


def first_places(params: tuple) -> list[bool]:
    seen: set = set()
    return [p is not None and not (p in seen or seen.add(p)) for p in params]


def selected(call: Call, argnums: tuple) -> list[int]:
    """The positions of the leaves to differentiate."""
    chosen: list[int] = []
    for argnum in argnums:
        for position in places_of(call, argnum):
            param = call.program.leaves[position]
            if param is None or not param.type.is_float or is_generator(call.leaves[position]):
                continue
            if position not in chosen:
                chosen.append(position)
    return chosen


def places_of(call: Call, argnum: int | str) -> list[int]:
    try:
        tree = subtree(call, argnum)
    except (IndexError, KeyError):
        raise InvalidArgument(
            f"there is no argument {argnum!r} in this call",
            instead="pass it in the call, or change argnums",
        ) from None
    return spaces.flatten(tree)[0]


def subtree(call: Call, argnum: int | str) -> Any:
    """An argument of a call, with the positions of its leaves in their places."""
    args, kwargs = call.numbered
    return args[argnum] if isinstance(argnum, int) else kwargs[argnum]


def wanted(program: Program, chosen: list[int]) -> list[Var]:
    return list(dict.fromkeys(program.leaves[i] for i in chosen))


def gradient(program: Program, chosen: list[int]) -> Function:
    """The function that computes the results and the gradient of the first of them."""
    seeds = gradient_seeds(program)
    warn_of_searches(program.function, wanted(program, chosen))
    return verify(simplify(reverse(program.function, wanted(program, chosen), seeds)))


def gradient_seeds(program: Program) -> list[Atom | None]:
    """The cotangents of the results: one for the first."""
    first, *others = program.function.body.yields
    return [constant(1, first.type), *[None] * len(others)]


def pulled_back(program: Program, chosen: list[int]) -> Function:
    """The function that also takes a cotangent for each float result."""
    seeds = pullback_seeds(program)
    warn_of_searches(program.function, wanted(program, chosen))
    return verify(simplify(reverse(program.function, wanted(program, chosen), seeds)))


def pullback_seeds(program: Program) -> list[Atom | None]:
    """The cotangents of the results: a parameter for each float."""
    return [Var("seed", y.type) if y.type.is_float else None for y in program.function.body.yields]


def pushed(program: Program, chosen: list[int]) -> Function:
    """The function that also takes a tangent for each chosen leaf."""
    params = wanted(program, chosen)
    warn_of_searches(program.function, params)
    tangents = [Var("dot", p.type) for p in params]
    return verify(simplify(forward(program.function, params, tangents)))


def tangents_of(call: Call, argnums: tuple, chosen: list[int], tangents: tuple) -> list:
    """A tangent for each chosen parameter; those of an array passed twice add up."""
    found: dict[Var, Any] = {}
    for argnum, tree in zip(argnums, tangents, strict=True):
        positions = places_of(call, argnum)
        leaves = [None] * len(positions) if tree is None else spaces.flatten(tree)[0]
        for position, leaf in zip(positions, leaves, strict=True):
            if position in chosen and leaf is not None:
                param = call.program.leaves[position]
                found[param] = found[param] + leaf if param in found else leaf
    return [
        of_type(found[p], p.type)
        if p in found
        else spaces.zero_like(call.leaves[call.program.leaves.index(p)])
        for p in wanted(call.program, chosen)
    ]


def seeds_of(program: Program, cotangent: Any) -> list:
    """The cotangents of the float results, in order; None stands for zero."""
    leaves = spaces.flatten(cotangent)[0]
    numbers = spaces.flatten(program.result.build(tuple(range(len(program.function.body.yields)))))[
        0
    ]
    found = []
    for number, leaf in sorted(
        (n, leaf) for n, leaf in zip(numbers, leaves, strict=True) if isinstance(n, int)
    ):
        type_ = program.function.body.yields[number].type
        if type_.is_float:
            found.append(of_type(leaf, type_))
    return found


def of_type(leaf: Any, type_: Type) -> Any:
    """A tangent or cotangent in the precision of what it belongs to; None stands for zero."""
    if leaf is None or type_.dtype == "float":
        return leaf
    return np.asarray(leaf, SCALARS[type_.dtype])[()]


def gradients(call: Call, argnums: tuple, chosen: list[int], flat: tuple) -> tuple:
    """The gradients in the structure of the arguments."""
    params = wanted(call.program, chosen)
    results = len(call.program.function.body.yields)
    by_param = dict(zip(params, flat[results:], strict=True))
    trees = [
        spaces.tree_map(lambda i: by_param.get(call.program.leaves[i]), subtree(call, argnum))
        for argnum in argnums
    ]
    if chosen:
        return tuple(trees)
    raise NonDifferentiable(
        "no argument chosen by argnums holds a float", instead="pass floats: 2.0, not 2"
    )


def snapshot(tree: Any) -> Any:
    """The tree with its arrays and generators copied; one array stays one."""
    copies: dict[int, Any] = {}

    def own(leaf: Any) -> Any:
        if not isinstance(leaf, np.ndarray) and not is_generator(leaf):
            return leaf
        if id(leaf) not in copies:
            copies[id(leaf)] = copied(leaf)
        return copies[id(leaf)]

    return spaces.tree_map(own, tree)


def made_once(function: Callable) -> Jitted:
    """The compiled form of a function that asks for it: the same one each time."""
    if isinstance(function, Jitted):
        return function
    try:
        return COMPILED[function]
    except KeyError:
        return COMPILED.setdefault(function, Jitted(function))
    except TypeError:  # no weak reference can be made
        return Jitted(function)


COMPILED: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
