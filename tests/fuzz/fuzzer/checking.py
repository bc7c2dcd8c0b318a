"""Runs one program in every way there is, and compares.

What must agree: value and side effects of the plain and of the differentiated call, reverse with
forward mode to rounding, forward mode with finite differences away from kinks, the compiled with
the traced tier, and Hessian-vector products with differences of gradients.
"""

import importlib.util
import itertools
import math
import warnings
from dataclasses import replace

import numpy as np

import adjoint as ad
from adjoint import spaces
from adjoint.compile.ir.nodes import Const, Var
from adjoint.compile.ir.running import run
from adjoint.compile.ir.verifying import verify
from adjoint.compile.jitted import selected, wanted
from adjoint.compile.transform.forward import forward
from adjoint.compile.transform.reverse import reverse
from adjoint.compile.transform.simplify import simplify
from adjoint.errors import AdjointError

NUMBER = itertools.count()
TOO_LARGE = 1e4


class Unsuitable(Exception):
    """A program whose own run says nothing: it raises, or its values are too large to compare."""


def loaded(source, folder, name="program"):
    """The function of a program, from a file of its own, as tracebacks and the tracer want it."""
    path = folder / f"fuzzed_{next(NUMBER)}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise Unsuitable(str(error)) from None
    return getattr(module, name)


def arguments(seed, *, plain):
    """Arguments of a program; every call makes new ones, equal for equal seeds."""
    rng = np.random.default_rng(seed)

    def draw():
        return float(rng.uniform(-1.2, 1.2))

    args = [draw(), draw(), rng.uniform(-1.2, 1.2, 4), rng.uniform(-1.2, 1.2, (3, 4))]
    return args if plain else [*args, [draw(), draw(), draw()], {"a": draw(), "b": draw()}]


def check_traced(source, seed, folder, *, second_order=False, plain=False):
    """Both modes of the traced tier; raises AssertionError, or what the tracer raises."""
    program = loaded(source, folder)
    plain_args = arguments(seed, plain=plain)
    try:
        expected = plain_run(program, plain_args)
    except Exception as error:
        check_raises(program, arguments(seed, plain=plain), error)
        raise Unsuitable("it raises") from None
    rng = np.random.default_rng(seed + 1)
    point = arguments(seed, plain=plain)
    tangents = [spaces.random(arg, rng) for arg in point]
    args = arguments(seed, plain=plain)
    out, pullback = ad.vjp(program, *args)
    same(out, expected)
    same(args, plain_args)
    seeds = spaces.random(out, rng)
    gradient = pullback(seeds)
    same(args, plain_args)
    same(pullback(seeds), gradient)
    args = arguments(seed, plain=plain)
    out, pushed = ad.jvp(program, tuple(args), tuple(tangents))
    same(out, expected)
    same(args, plain_args)
    reverse, forward = spaces.inner(gradient, tuple(tangents)), spaces.inner(seeds, pushed)
    scale = size(gradient) * size(tangents) + size(seeds) * size(pushed)
    if not math.isfinite(scale):
        raise Unsuitable("an infinite derivative")
    assert abs(reverse - forward) <= 1e-11 * (1.0 + scale), ("reverse, forward", reverse, forward)
    compare_numerically(forward, lambda by: moved_value(program, seed, tangents, seeds, by, plain))
    if second_order:
        check_second_order(program, seed, tangents, seeds, plain)


def check_raises(program, args, error):
    """A program that raises still raises the same when it is differentiated."""
    if isinstance(error, Unsuitable):
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of NumPy's, which the program has too
            ad.vjp(program, *args)
    except Exception as other:
        assert type(other) is type(error), (error, other)
    else:
        raise AssertionError(f"{error!r} is lost")


def plain_run(program, args):
    try:
        with warnings.catch_warnings(record=True) as noticed:
            warnings.simplefilter("always")
            out = program(*args)
    except ArithmeticError as error:
        raise Unsuitable(str(error)) from None
    if any(issubclass(warning.category, RuntimeWarning) for warning in noticed):
        raise Unsuitable("an operation of NumPy that warns")
    if not size(out) < TOO_LARGE or not size(args) < TOO_LARGE:
        raise Unsuitable("too large")
    return out


def size(tree):
    return sum(
        float(np.abs(leaf).sum())
        for leaf in spaces.flatten(tree)[0]
        if spaces.is_differentiable(leaf)
    )


def moved_value(program, seed, tangents, seeds, by, plain):
    args = [
        spaces.step(arg, tangent, by)
        for arg, tangent in zip(arguments(seed, plain=plain), tangents, strict=True)
    ]
    return spaces.inner(seeds, plain_run(program, args))


def compare_numerically(derivative, value, *, step=1e-4):
    """Compare with differences on both sides; where those disagree there is a kink or a jump."""
    middle, at = value(0.0), {}
    for by in (-step, -step / 2, -step / 4, step / 4, step / 2, step):
        at[by] = value(by)
    sides = [
        2.0 * (at[s * step / 4] - middle) / (s * step / 4)
        - (at[s * step / 2] - middle) / (s * step / 2)
        for s in (-1.0, 1.0)
    ]
    coarse = (at[step] - at[-step]) / (2.0 * step)
    fine = (at[step / 2] - at[-step / 2]) / step
    numeric = (4.0 * fine - coarse) / 3.0
    scale = 1.0 + abs(numeric) + abs(middle)
    disagreement = max(abs(fine - coarse), abs(sides[0] - sides[1]))
    if disagreement > 1e-5 * scale:
        return  # a kink near, or higher derivatives too large to tell
    assert abs(derivative - numeric) <= 1e-5 * scale, (
        "derivative, differences",
        derivative,
        numeric,
    )


def check_second_order(program, seed, tangents, seeds, plain):
    """Forward over reverse against reverse over forward, and against differences of gradients."""
    argnums = tuple(range(len(tangents)))

    def scalar(*args):
        return spaces.inner(seeds, program(*args))

    def gradient_along(by):
        args = [
            spaces.step(arg, tangent, by)
            for arg, tangent in zip(arguments(seed, plain=plain), tangents, strict=True)
        ]
        return spaces.inner(ad.grad(scalar, argnums)(*args), tuple(tangents))

    product = ad.hvp(scalar, tuple(arguments(seed, plain=plain)), tuple(tangents))
    curvature = spaces.inner(product, tuple(tangents))

    def slope(*args):
        return ad.jvp(scalar, tuple(args), tuple(tangents))[1]

    other = ad.grad(slope, argnums)(*arguments(seed, plain=plain))
    difference = spaces.inner(other, tuple(tangents)) - curvature
    assert abs(difference) <= 1e-9 * (1.0 + size(product) * size(tangents)), "two second orders"
    compare_numerically(curvature, gradient_along)


def check_compiled(source, seed, folder):
    """The compiled against the traced tier. True if `jit` accepts the program."""
    program = loaded(source, folder)
    plain_args = arguments(seed, plain=True)
    expected = plain_run(program, plain_args)
    if np.ndim(expected):
        raise Unsuitable("it returns an array")
    jitted = ad.jit(program)
    argnums = (0, 1, 2, 3)
    args = arguments(seed, plain=True)
    try:
        out = jitted(*args)
    except AdjointError as error:
        assert error.place is not None, "a refusal without a place"
        return False
    nearly(out, expected)
    nearly(args, plain_args)
    compiled = ad.grad(jitted, argnums)(*arguments(seed, plain=True))
    traced = ad.grad(program, argnums)(*arguments(seed, plain=True))
    nearly(compiled, traced)
    rng = np.random.default_rng(seed + 1)
    tangents = tuple(spaces.random(arg, rng) for arg in plain_args)
    slope = ad.jvp(jitted, tuple(arguments(seed, plain=True)), tangents)[1]
    nearly(slope, spaces.inner(traced, tangents))
    return True


def check_passes(source, seed, folder):
    """Each pass of the compiler, run by the interpreter of its representation, against the traced
    tier; nothing is compiled, so that many programs can be tried. True if `jit` accepts it."""
    program = loaded(source, folder)
    plain_args = arguments(seed, plain=True)
    expected = plain_run(program, plain_args)
    if np.ndim(expected):
        raise Unsuitable("it returns an array")
    argnums = (0, 1, 2, 3)
    args = arguments(seed, plain=True)
    try:
        call = ad.jit(program).call(tuple(args), {})
        chosen = selected(call, argnums)
        made = call.program.function
        params = wanted(call.program, chosen)
        backward = verify(reverse(made, params, [Const(1.0)]))
        dots = [Var("dot", p.type) for p in params]
        onward = verify(forward(made, params, dots))
    except AdjointError as error:
        assert error.place is not None, "a refusal without a place"
        return False
    given = call.arguments
    (out,) = run(made, *given)
    nearly(out, expected)
    nearly(args, plain_args)
    traced = ad.grad(program, argnums)(*arguments(seed, plain=True))
    for version in (backward, verify(simplify(backward))):
        _, *gradient = run(version, *arguments(seed, plain=True))
        if holds_nan(gradient):  # then compiled code begins again, with care
            careful = verify(reverse(replace(made, careful=True), params, [Const(1.0)]))
            _, *gradient = run(careful, *arguments(seed, plain=True))
        nearly(gradient, traced)
    tangents = tuple(spaces.random(arg, np.random.default_rng(seed + 1)) for arg in plain_args)
    for version in (onward, verify(simplify(onward))):
        _, slope = run(version, *arguments(seed, plain=True), *spaces.flatten(tangents)[0])
        nearly(slope, spaces.inner(traced, tangents))
    return True


def holds_nan(gradient):
    return any(np.isnan(leaf).any() for leaf in spaces.flatten(gradient)[0])


def same(found, expected):
    """Equal in type and in every bit (nan equals nan)."""
    found, expected = spaces.flatten(found)[0], spaces.flatten(expected)[0]
    assert len(found) == len(expected), "another structure"
    for one, other in zip(found, expected, strict=True):
        assert type(one) is type(other), (type(one), type(other))
        if isinstance(one, np.ndarray):
            assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def nearly(found, expected):
    found, expected = spaces.flatten(found)[0], spaces.flatten(expected)[0]
    assert len(found) == len(expected), "another structure"
    scale = 1.0 + max(float(np.abs(leaf).max()) for leaf in expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-11 * scale)
