"""`check_grads`: the derivatives of a function by three independent ways.

Forward mode against finite differences, reverse mode against forward mode with random cotangents,
and for a compiled function also compiled against traced.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint import spaces, transforms
from adjoint.compile import as_jitted
from adjoint.errors import InvalidArgument
from adjoint.testing.finite_difference import coarsest, copied, richardson
from adjoint.testing.rules import inner
from adjoint.testing.verdict import fail, require_close, rounding_of, warn_inconclusive

MODES = ("forward", "reverse")


def check_grads(
    f: Callable,
    args: tuple,
    order: int = 1,
    modes: tuple[str, ...] = MODES,
    argnums: int | tuple[int, ...] | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    seed: int = 0,
) -> None:
    """Check the derivatives of ``f(*args)`` up to `order`.

    Parameters
    ----------
    argnums : the arguments to check; all that hold floats, if not given.
    rtol, atol : for the comparison with finite differences, on top of their own error estimate;
        chosen by the precision of the arguments, if not given. Reverse and forward mode must agree
        to rounding.

    Raises
    ------
    CheckFailed : a derivative is wrong. The message names the argument, shows both numbers and
        says what kind of mistake it looks like.

    Warns
    -----
    InconclusiveCheck : finite differences do not converge here: a kink, a jump or noise.
    """
    unknown = set(modes) - set(MODES)
    if unknown or order < 1:
        raise InvalidArgument(
            f"check_grads has no modes {sorted(unknown)} at order {order}",
            instead='use modes "forward" and "reverse", and an order of 1 or more',
        )
    case = Case(f, tuple(args), argnums, rtol, atol)
    rng = np.random.default_rng(seed)
    tangents = case.directions(rng)
    if "forward" in modes:
        case.check_forward(tangents)
    if "reverse" in modes:
        case.check_reverse(tangents, rng, against_forward="forward" in modes)
    case.check_tiers(tangents, rng, modes)
    if order > 1:
        for derivative in case.derivatives(tangents, rng, modes):
            check_grads(derivative, case.primals, order - 1, modes, None, rtol, atol, seed + 1)


class Case:
    """A function of the arguments under check only."""

    def __init__(self, f: Callable, args: tuple, argnums: Any, rtol: Any, atol: Any):
        if argnums is None:
            chosen = tuple(p for p, arg in enumerate(args) if has_floats(arg))
        else:
            chosen = argnums if isinstance(argnums, tuple) else (argnums,)
        if not chosen or not all(has_floats(args[p]) for p in chosen):
            raise InvalidArgument(
                "check_grads was given an argument that holds no float",
                instead="pass floats or float arrays, or choose them with argnums",
            )
        self.f, self.args, self.chosen = f, args, chosen
        self.name = getattr(f, "__name__", str(f))
        self.primals = tuple(args[p] for p in chosen)
        self.call = restricted(f, args, chosen)
        precision = coarsest(self.primals)
        self.rtol = (1e-8 if precision < 1e-10 else 2e-2) if rtol is None else rtol
        self.atol = (1e-10 if precision < 1e-10 else 1e-3) if atol is None else atol
        self.rounding = max(1e-12, 300.0 * precision)

    def directions(self, rng: np.random.Generator) -> list[tuple[str, tuple]]:
        """Named random tangents: one argument at a time, then all together."""
        drawn = spaces.tree_map(scaled, spaces.random(self.primals, rng), self.primals)
        named = [
            (
                f"argument {position}",
                tuple(
                    t if p == number else spaces.zeros(x)
                    for p, (t, x) in enumerate(zip(drawn, self.primals, strict=True))
                ),
            )
            for number, position in enumerate(self.chosen)
        ]
        return named if len(named) == 1 else [*named, ("all arguments together", drawn)]

    def jvp(self, tangents: tuple) -> tuple[Any, Any]:
        return transforms.jvp(self.call, copied(self.primals), tangents)

    def vjp(self) -> tuple[Any, Callable]:
        return transforms.vjp(self.call, *copied(self.primals))

    def check_value(self, out: Any, mode: str) -> None:
        require_close(
            floats(out),
            floats(self.call(*copied(self.primals))),
            rtol=self.rounding,
            atol=0.0,
            what=f"{self.name}: the value",
            names=(mode, "the plain call"),
        )

    def check_forward(self, tangents: list[tuple[str, tuple]]) -> None:
        for label, tangent in tangents:
            out, pushed = self.jvp(tangent)
            self.check_value(out, "forward mode")
            difference = richardson(self.call, self.primals, tangent)
            self.compare(pushed, difference, f"{self.name}, {label}", "forward mode")

    def compare(self, got: Any, difference: Any, what: str, mode: str) -> None:
        """Each leaf of the output, unless finite differences say that they cannot tell."""
        wanted = spaces.flatten(difference.tangent)[0]
        rows = zip(floats_of(got, wanted), wanted, difference.errors, difference.sides, strict=True)
        for number, (a, b, error, gap) in enumerate(rows):
            if b is None:
                continue
            size = max(float(np.max(np.abs(b), initial=0.0)), 1.0)
            if not error <= 1e-3 * size or kinked(gap, size, self.rtol):
                warn_inconclusive(
                    f"{what}: finite differences cannot decide here (error {error:.1g}, one-sided "
                    f"derivatives {gap:.1g} apart); is the point at a kink or a jump?"
                )
                continue
            require_close(
                a,
                b,
                rtol=self.rtol,
                atol=self.atol + 20.0 * error,
                what=what if len(wanted) == 1 else f"{what}, output {number}",
                names=(mode, "finite differences"),
            )

    def check_reverse(self, tangents: list, rng: Any, against_forward: bool) -> None:
        out, pullback = self.vjp()
        self.check_value(out, "reverse mode")
        first, second = (spaces.random(out, rng) for _ in range(2))
        kept = copied(first)
        pulled = pullback(first)
        self.exactly(first, kept, "the cotangent given to the pullback", ("afterwards", "before"))
        self.exactly(pullback(first), pulled, "the pullback called twice", ("second", "first"))
        with np.errstate(all="ignore"):  # the comparison below names what is not finite
            self.check_linear(pullback, (first, second), pulled)
        for label, tangent in tangents:
            pushed = self.pushed(tangent, against_forward)
            forward = inner(floats_of(pushed, spaces.flatten(first)[0]), spaces.flatten(first)[0])
            reverse = inner(spaces.flatten(pulled)[0], spaces.flatten(tangent)[0])
            scale = forward[1] + reverse[1]
            tolerance = self.rounding if against_forward else max(self.rtol, 1e-7)
            require_close(
                reverse[0],
                forward[0],
                rtol=0.0,
                atol=rounding_of(scale, tolerance),
                what=f"{self.name}, {label}, inner product with a random cotangent",
                names=("reverse mode", "forward mode" if against_forward else "finite differences"),
            )

    def pushed(self, tangent: tuple, by_forward_mode: bool) -> Any:
        if by_forward_mode:
            return self.jvp(tangent)[1]
        return richardson(self.call, self.primals, tangent).tangent

    def exactly(self, got: Any, wanted: Any, what: str, names: tuple[str, str]) -> None:
        require_close(got, wanted, rtol=0.0, atol=0.0, what=f"{self.name}: {what}", names=names)

    def check_linear(self, pullback: Callable, cotangents: tuple, pulled: tuple) -> None:
        first, second = cotangents
        combined = pullback(spaces.tree_map(combination, first, second))
        expected = spaces.tree_map(combination, pulled, pullback(second))
        require_close(
            combined,
            expected,
            rtol=1e3 * self.rounding,
            atol=self.rounding,
            what=f"{self.name}: the pullback is not linear",
            names=("of a combination", "the combination"),
        )

    def check_tiers(self, tangents: list, rng: Any, modes: tuple[str, ...]) -> None:
        """A compiled function against its own plain Python, traced."""
        jitted = as_jitted(self.f)
        if jitted is None:
            return
        plain = restricted(jitted.__wrapped__, self.args, self.chosen)
        compiled = restricted(jitted, self.args, self.chosen)
        for label, tangent in tangents if "forward" in modes else ():
            sides = [transforms.jvp(g, copied(self.primals), tangent) for g in (compiled, plain)]
            self.same(sides, f"{self.name}, {label}, forward mode")
        if "reverse" in modes:
            outs = [transforms.vjp(g, *copied(self.primals)) for g in (compiled, plain)]
            cotangent = spaces.random(outs[0][0], rng)
            self.same([(out, pull(cotangent)) for out, pull in outs], f"{self.name}, reverse mode")

    def same(self, sides: list, what: str) -> None:
        require_close(
            floats(sides[0]),
            floats(sides[1]),
            rtol=1e3 * self.rounding,
            atol=self.rounding,
            what=what,
            names=("compiled", "traced"),
        )

    def derivatives(self, tangents: list, rng: Any, modes: tuple[str, ...]) -> list[Callable]:
        """First derivatives along random directions, as functions to be checked in turn."""
        direction = tangents[-1][1]
        cotangent = spaces.random(self.call(*copied(self.primals)), rng)

        def along(*primals: Any) -> Any:
            return transforms.jvp(self.call, primals, direction)[1]

        def pulled(*primals: Any) -> Any:
            return transforms.vjp(self.call, *primals)[1](cotangent)

        return [g for mode, g in zip(MODES, (along, pulled), strict=True) if mode in modes]


def kinked(gap: float, size: float, rtol: float) -> bool:
    """One-sided derivatives at a tiny step that stay apart by more than curvature explains."""
    return gap > 0.1 * size and rtol < 0.1


def restricted(f: Callable, args: tuple, chosen: tuple[int, ...]) -> Callable:
    """`f` as a function of the chosen arguments; itself if those are all."""
    if chosen == tuple(range(len(args))):
        return f

    def call(*values: Any) -> Any:
        given = list(args)
        for position, value in zip(chosen, values, strict=True):
            given[position] = value
        return f(*given)

    return call


def has_floats(tree: Any) -> bool:
    return any(spaces.is_differentiable(leaf) for leaf in spaces.flatten(tree)[0])


def floats(tree: Any) -> list:
    return [leaf for leaf in spaces.flatten(tree)[0] if spaces.is_differentiable(leaf)]


def floats_of(tree: Any, wanted: list) -> list:
    """The leaves of `tree`, with zeros where a derivative is absent and one is wanted."""
    leaves = spaces.flatten(tree)[0]
    if len(leaves) != len(wanted):
        fail("a tangent has not the structure of the output", "return the structure of the output")
    return [
        np.zeros(np.shape(w)) if leaf is None and w is not None else leaf
        for leaf, w in zip(leaves, wanted, strict=True)
    ]


def scaled(tangent: Any, leaf: Any) -> Any:
    """A random tangent of about the size of the numbers it moves."""
    if tangent is None:
        return None
    size = (
        float(np.sqrt(np.mean(np.abs(np.asarray(leaf, dtype=complex)) ** 2)))
        if np.size(leaf)
        else 0.0
    )
    factor = size if size > 0.0 else 1.0
    return spaces.step(spaces.zero_like(tangent), tangent, factor)


def combination(a: Any, b: Any) -> Any:
    return None if a is None else spaces.step(spaces.step(spaces.zero_like(a), a, 2.0), b, -3.0)
