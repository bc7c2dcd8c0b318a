"""`check_rule`: a rule against finite differences, and its two modes against each other.

The rule is applied directly, without a tier, with its own fitting of cotangents to arguments.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint import spaces
from adjoint.errors import MissingRule
from adjoint.rules.ruleset import Form, Rule, lookup
from adjoint.testing.finite_difference import copied, richardson
from adjoint.testing.verdict import fail, require_close, rounding_of, warn_inconclusive


def check_rule(
    function: Callable,
    args: tuple,
    kwargs: dict[str, Any] | None = None,
    *,
    rtol: float = 1e-7,
    seed: int = 0,
    smooth: bool = True,
    argnums: tuple[int, ...] | None = None,
) -> None:
    """Check the rule of `function` at a call.

    The jvp is compared with finite differences of `function` (unless `smooth` is False: at a kink
    there are none), one argument at a time; the vjp with the jvp at 1e-12, with random cotangents;
    and the vjp must be linear and leave its cotangent as it was.

    `argnums` are the arguments to check: all that hold floats, if not given.

    Raises
    ------
    CheckFailed : the rule is wrong; the message says what kind of mistake it looks like.
    MissingRule : there is no rule.
    """
    kwargs = kwargs or {}
    rule = lookup(function, len(args))
    if rule is None:
        raise MissingRule(f"{function!r} has no rule", instead="state one in adjoint.rules")
    if rule.form in (Form.ZERO, Form.NONE):
        return check_flat(rule, args, kwargs)
    rng = np.random.default_rng(seed)
    call = Call(rule, args, kwargs, argnums)
    for pushforward, pullback in call.both_modes():
        check_forward(call, pushforward, rng, rtol, smooth)
        check_reverse(call, pushforward, pullback, rng)


class Call:
    """A rule applied at a point."""

    def __init__(self, rule: Rule, args: tuple, kwargs: dict[str, Any], argnums: Any):
        self.rule, self.args, self.kwargs = rule, args, kwargs
        self.name = getattr(rule.function, "__name__", str(rule.function))
        with np.errstate(all="ignore"):
            self.out = rule.function(*copied(args), **kwargs)
        chosen = range(len(args)) if argnums is None else argnums
        self.active = [p for p in chosen if holds_float(args[p]) and self.reaches(p)]

    def reaches(self, position: int) -> bool:
        return not self.rule.partials or self.rule.partials[position] is not None

    def both_modes(self) -> list[tuple[Callable, Callable]]:
        """Pairs (pushforward, pullback), one for each way in which the rule is stated."""
        rule, modes = self.rule, []
        leaves = spaces.flatten((self.args, self.out))[0]
        is_complex = any(np.iscomplexobj(leaf) for leaf in leaves)
        if rule.form is Form.ELEMENTWISE and not (is_complex and rule.vjp):
            modes.append((self.push_partials, self.pull_partials))
        if rule.vjp or rule.jvp:
            if not (rule.vjp and rule.jvp):
                fail(f"the rule of {self.name} has one mode only", "state both a vjp and a jvp")
            modes.append((self.push, self.pull))
        return modes

    def push(self, tangents: tuple) -> Any:
        with np.errstate(all="ignore"):
            return self.rule.jvp(tangents, self.out, *self.args, **self.kwargs)

    def pull(self, cotangent: Any) -> list:
        with np.errstate(all="ignore"):
            found = self.rule.vjp(cotangent, self.out, *self.args, **self.kwargs)
        if not isinstance(found, tuple):
            fail(f"the vjp of {self.name} returned no tuple", "return one cotangent per argument")
        if len(found) <= max(self.active, default=-1):
            fail(f"the vjp of {self.name} forgets an argument", "return one cotangent per argument")
        found = [*found, *[None] * (len(self.args) - len(found))]
        return [fitted(ct, arg) for ct, arg in zip(found, self.args, strict=False)]

    def partials(self) -> list:
        with np.errstate(all="ignore"):
            return [
                partial(*self.args, self.out) if partial and place in self.active else None
                for place, partial in enumerate(self.rule.partials)
            ]

    def push_partials(self, tangents: tuple) -> Any:
        terms = [
            strong_product(t, p)
            for t, p in zip(tangents, self.partials(), strict=True)
            if t is not None
        ]
        return sum(terms) + np.zeros(np.shape(self.out))

    def pull_partials(self, cotangent: Any) -> list:
        return [
            None if partial is None else fitted(strong_product(cotangent, np.conj(partial)), arg)
            for partial, arg in zip(self.partials(), self.args, strict=True)
        ]


def strong_product(value: Any, partial: Any) -> Any:
    """A product in which zero wins over infinity and nan, from either side."""
    with np.errstate(invalid="ignore"):
        return np.where((np.asarray(value) == 0) | (np.asarray(partial) == 0), 0.0, value * partial)


def holds_float(tree: Any) -> bool:
    return any(spaces.is_differentiable(leaf) for leaf in spaces.flatten(tree)[0])


def fitted(cotangent: Any, primal: Any) -> Any:
    """A cotangent summed over broadcast axes, made real for a real primal, item by item."""
    if cotangent is None or not holds_float(primal):
        return None
    if isinstance(primal, (tuple, list)):
        return type(primal)(fitted(c, x) for c, x in zip(cotangent, primal, strict=True))
    found, shape = np.asarray(cotangent), np.shape(primal)
    extra = found.ndim - len(shape)
    found = np.sum(found, axis=tuple(range(extra)))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and found.shape[i] != 1)
    found = np.sum(found, axis=stretched, keepdims=True)
    if found.shape != shape:
        fail(
            f"a cotangent of shape {np.shape(cotangent)} does not fit an argument of shape {shape}",
            "return a cotangent that broadcasts from the argument's shape",
        )
    return found if np.iscomplexobj(primal) else np.real(found)


def directions(call: Call, rng: np.random.Generator) -> list[tuple]:
    """Random tangents: one argument at a time, and all together."""
    drawn = [spaces.random(arg, rng) for arg in call.args]
    drawn = [zero_filled(t, arg) for t, arg in zip(drawn, call.args, strict=True)]
    alone = [
        tuple(t if p == position else None for p, t in enumerate(drawn)) for position in call.active
    ]
    together = tuple(t if p in call.active else None for p, t in enumerate(drawn))
    return alone if len(call.active) == 1 else [*alone, together]


def zero_filled(tangent: Any, primal: Any) -> Any:
    """The tangent of a sequence has zeros where an item has no derivative."""
    if not isinstance(primal, (tuple, list)):
        return tangent
    return spaces.tree_map(lambda t, x: np.zeros(np.shape(x)) if t is None else t, tangent, primal)


def check_forward(call: Call, push: Callable, rng: Any, rtol: float, smooth: bool) -> None:
    for tangents in directions(call, rng):
        pushed = push(tangents)
        check_shape(call, pushed)
        if not smooth:
            continue
        difference = richardson(
            lambda *args: call.rule.function(*args, **call.kwargs),
            call.args,
            tuple(none_if_unfloating(t, a) for t, a in zip(tangents, call.args, strict=True)),
        )
        wanted = difference.tangent
        if max(difference.errors, default=0.0) > 1e-5:
            warn_inconclusive(f"finite differences of {call.name} did not converge")
            continue
        moved = [number for number, t in enumerate(tangents) if t is not None]
        require_close(
            live_parts(pushed, wanted),
            live_parts(wanted, wanted),
            rtol=rtol,
            atol=1e-9 + 20 * max(difference.errors, default=0.0),
            what=f"jvp of {call.name}, argument {moved[0] if len(moved) == 1 else moved}",
            names=("the rule", "finite differences"),
        )


def none_if_unfloating(tangent: Any, primal: Any) -> Any:
    """What `spaces.step` expects: None at what has no derivative."""
    if tangent is None:
        return None
    return spaces.tree_map(lambda t, x: t if spaces.is_differentiable(x) else None, tangent, primal)


def live_parts(tree: Any, wanted: Any) -> list:
    """The leaves of `tree` where `wanted` has a derivative."""
    pairs = zip(parts(tree), parts(wanted), strict=True)
    return [np.zeros(np.shape(w)) if t is None else t for t, w in pairs if w is not None]


def parts(tree: Any) -> list:
    return spaces.flatten(tree)[0]


def check_shape(call: Call, pushed: Any) -> None:
    for tangent, out in zip(parts(pushed), parts(call.out), strict=True):
        if tangent is not None and np.shape(tangent) != np.shape(out):
            fail(
                f"jvp of {call.name}: a tangent of shape {np.shape(tangent)} for a result of "
                f"shape {np.shape(out)}",
                "return a tangent of the shape of the result",
            )


def check_reverse(call: Call, push: Callable, pull: Callable, rng: Any) -> None:
    cotangent, other = (spaces.random(call.out, rng) for _ in range(2))
    kept = copied(cotangent)
    pulled = pull(cotangent)
    require_close(
        cotangent,
        kept,
        rtol=0.0,
        atol=0.0,
        what=f"vjp of {call.name}: the cotangent it was given",
        names=("afterwards", "before"),
    )
    with np.errstate(all="ignore"):  # the comparison below names what is not finite
        check_linear(call, pull, (cotangent, other), pulled)
    for tangents in directions(call, rng):
        pushed = live_parts(push(tangents), cotangent)
        forward = inner(pushed, [ct for ct in parts(cotangent) if ct is not None])
        reverse = (0.0, 0.0)
        for ct, tangent in zip(pulled, tangents, strict=True):
            if tangent is not None and ct is not None:
                term = inner(parts(ct), parts(tangent))
                reverse = (reverse[0] + term[0], reverse[1] + term[1])
        moved = [number for number, t in enumerate(tangents) if t is not None]
        scale = forward[1] + reverse[1]
        require_close(
            reverse[0],
            forward[0],
            rtol=0.0,
            atol=rounding_of(scale, 1e-12),
            what=f"vjp of {call.name}, argument {moved[0] if len(moved) == 1 else moved}, "
            "inner product with a random tangent",
            names=("the vjp", "the jvp"),
        )


def inner(left: list, right: list) -> tuple[float, float]:
    """The real inner product of two lists of leaves, and the size of its terms."""
    total = size = 0.0
    for a, b in zip(left, right, strict=True):
        if a is not None and b is not None:
            products = np.conj(np.asarray(a)) * np.asarray(b)
            total += float(np.real(np.sum(products)))
            size += float(np.sum(np.abs(products)))
    return total, size


def check_linear(call: Call, pull: Callable, cotangents: tuple, pulled: list) -> None:
    first, second = cotangents
    mixed = spaces.tree_map(lambda a, b: None if a is None else 2.0 * a - 3.0 * b, first, second)
    apart = pull(second)
    expected = [
        None if a is None else spaces.tree_map(combination, a, b)
        for a, b in zip(pulled, apart, strict=True)
    ]
    require_close(
        [p for p in pull(mixed) if p is not None],
        [e for e in expected if e is not None],
        rtol=1e-9,
        atol=1e-12,
        what=f"vjp of {call.name}: it is not linear",
        names=("of a combination", "the combination"),
    )


def combination(a: Any, b: Any) -> Any:
    return None if a is None else 2.0 * np.asarray(a) - 3.0 * np.asarray(b)


def check_flat(rule: Rule, args: tuple, kwargs: dict[str, Any]) -> None:
    """A ZERO rule's results are locally constant floats; a NONE rule's have no derivative."""
    name = getattr(rule.function, "__name__", str(rule.function))
    difference = richardson(
        lambda *given: rule.function(*given, **kwargs),
        args,
        spaces.random(args, np.random.default_rng(0)),
    )
    for tangent in parts(difference.tangent):
        if tangent is not None and rule.form is Form.ZERO and np.any(np.abs(tangent) > 1e-9):
            fail(f"{name} is not locally constant", "state its derivative")
        if tangent is not None and rule.form is Form.NONE and np.any(np.abs(tangent) > 1e-9):
            fail(f"{name} has a derivative, and its rule says it has none", "state its derivative")
