"""Functions of scipy.special in compiled programs: values and derivatives of the traced tier."""

import numpy as np
import pytest
import scipy.special as sc

import adjoint as ad
from adjoint.compile import Jitted
from adjoint.compile.ir.nodes import Var
from adjoint.compile.ir.running import run
from adjoint.compile.jitted import gradient, pushed, selected, wanted
from adjoint.compile.transform.forward import forward

ONE = (
    *(sc.gamma, sc.gammaln, sc.digamma, sc.loggamma, sc.rgamma, sc.erf, sc.erfc, sc.erfcx),
    *(sc.erfinv, sc.expit, sc.logit, sc.log_expit, sc.j0, sc.j1, sc.y0, sc.y1, sc.i0, sc.i1),
    *(sc.k0, sc.k1, sc.ndtr, sc.log_ndtr, sc.ndtri, sc.entr, sc.spence, sc.ellipk, sc.ellipe),
    *(sc.exprel, sc.expm1, sc.log1p, sc.expi, sc.exp1, sc.dawsn, sc.cbrt, sc.zetac),
)
TWO = (
    *(sc.beta, sc.betaln, sc.xlogy, sc.xlog1py, sc.jv, sc.iv, sc.kv, sc.yv, sc.zeta),
    *(sc.gammainc, sc.gammaincc, sc.poch, sc.rel_entr, sc.kl_div, sc.binom, sc.boxcox),
)
PROGRAMS = {}
for special in ONE:
    PROGRAMS[f"{special.__name__}-number"] = (
        lambda x, f=special: f(x) * x,
        (0.4,),
    )
    PROGRAMS[f"{special.__name__}-array"] = (
        lambda v, f=special: (f(v) * v[::-1]).sum(),
        (np.array([0.3, 0.62, 0.81]),),
    )
for special in TWO:
    PROGRAMS[f"{special.__name__}-number"] = (lambda x, y, f=special: f(x, y) * x, (1.4, 1.2))
    PROGRAMS[f"{special.__name__}-array"] = (
        lambda x, v, f=special: (f(v, x) * v[::-1]).sum() + f(v[0], v[1]),
        (1.3, np.array([1.3, 1.62, 2.81])),
    )
PROGRAMS["betainc"] = (lambda a, b, x: sc.betainc(a, b, x) * x, (0.9, 1.6, 0.3))
PROGRAMS["logsumexp"] = (lambda v: sc.logsumexp(v) * v[0], (np.array([0.3, 0.62, -3.0]),))
PROGRAMS["logsumexp-axis"] = (
    lambda m: sc.logsumexp(m, axis=1)[0] * sc.logsumexp(m, axis=0)[1],
    (np.array([[0.3, 0.62], [0.1, -2.0]]),),
)
PROGRAMS["softmax"] = (
    lambda m: (sc.softmax(m, axis=1) * m).sum() + sc.log_softmax(m[0])[1] * sc.softmax(m)[0, 1],
    (np.array([[0.3, 0.62], [0.1, -2.0]]),),
)


@pytest.mark.parametrize("name", PROGRAMS)
def test_passes(name):
    """What the compiler makes, run by the interpreter of its representation."""
    program, args = PROGRAMS[name]
    call = Jitted(program).call(args, {})
    argnums = tuple(range(len(args)))
    expected = ad.grad(program, argnums)(*args)
    chosen = selected(call, argnums)
    out, *found = run(gradient(call.program, chosen), *call.arguments)
    assert out == pytest.approx(program(*args), rel=1e-13)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)
    dots = [np.full(np.shape(a), 0.7)[()] for a in args]
    assert len(wanted(call.program, chosen)) == len(args)
    slope = run(pushed(call.program, chosen), *call.arguments, *dots)[1]
    assert slope == pytest.approx(sum(0.7 * np.sum(e) for e in expected), rel=1e-10)


def compare(program, args):
    argnums = tuple(range(len(args)))
    compiled = Jitted(program)
    assert compiled(*args) == pytest.approx(program(*args), rel=1e-13)
    expected = ad.grad(program, argnums)(*args)
    for one, other in zip(ad.grad(compiled, argnums)(*args), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11)


def test_compiled_numbers():
    """By the address of SciPy's function, and (zeta) by the interpreter."""

    def program(x, y):
        gamma = sc.gamma(x) * sc.jv(y, x) + sc.xlogy(x, y)  # named as a function is
        return gamma * sc.zeta(2.0 + x, y) + sc.betainc(0.5, 1.5, x / 9.0) + sc.jv(2, x)

    compare(program, (1.4, 1.2))


@pytest.mark.slow
def test_compiled_arrays():
    def program(v, x):
        m = np.outer(v, v)
        return (sc.expit(m) * sc.beta(v, x)).sum() + sc.zeta(v, x).sum() + sc.ndtr(v)[0]

    compare(program, (np.array([1.3, 1.62, 2.81]), 1.2))


@pytest.mark.parametrize(
    "function",
    [
        "gamma",
        "gammaln",
        "erf",
        "erfc",
        "erfinv",
        "expit",
        "logit",
        "j0",
        "j1",
        "i0",
        "ndtr",
        "log_ndtr",
        "ndtri",
    ],
)
def test_derivatives_of_common_functions_do_not_go_through_python(function):
    called = getattr(sc, function)
    jitted = Jitted(lambda x: called(x))
    ad.grad(jitted)(0.5)
    call = jitted.call((0.5,), {})
    (made,) = call.program.executables.values()
    assert "partial" not in made.source.text


def test_what_has_no_rule_is_refused():
    with pytest.raises(ad.errors.MissingRule, match="`yn` to its argument 0") as caught:
        ad.grad(Jitted(lambda n: sc.yn(n, 1.0)))(2.0)
    assert caught.value.place.filename == __file__


@pytest.mark.parametrize("name", ["erf", "erfc", "erfinv", "ndtr", "log_ndtr", "ndtri"])
def test_second_derivatives_of_error_functions(name):
    """The constants in their formulas are numbers of NumPy's."""
    function = getattr(sc, name)

    def energy(x):
        return np.sum(function(x) * x) + function(x[1])

    x, direction = np.array([0.3, 0.62]), np.array([1.0, -0.5])
    call = Jitted(energy).call((x,), {})
    slopes = gradient(call.program, selected(call, (0,)))
    moved = forward(slopes, slopes.params[:1], [Var("dot", slopes.params[0].type)])
    _, expected = ad.jvp(ad.grad(energy), (x,), (direction,))
    np.testing.assert_allclose(run(moved, x, direction)[-1], expected, rtol=1e-10)
