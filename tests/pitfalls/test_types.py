"""T: what leaves the floats: other types, text, branches on types, exceptions."""

import contextlib
import ctypes
import io
import json
import math
import pickle
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from tiers import Tier, case, each

import adjoint as ad
from adjoint import errors

X = np.array([1.0, -2.0, 3.0])


@each(
    float=case(lambda x: float(x) * x, 2.0, slope=4.0),
    item=case(
        lambda x: x[1].item() * x[0] + float(x[2]),
        X,
        slope=np.array([-2.0, 1.0, 1.0]),
        refused="item",
    ),
    math=case(
        lambda x: math.sin(x[0]) * x[1],
        X,
        slope=np.array([-2.0 * math.cos(1.0), math.sin(1.0), 0.0]),
    ),
    tolist=case(lambda x: sum(x.tolist()), X, slope=np.ones(3)),
    python=case(lambda x: sum(float(v) for v in x), X, slope=np.ones(3)),
)
def test_T1_conversion_keeps_the_derivative(tier, case):
    tier.check(case)


def test_T1_arrays_of_no_dimension():
    slope = ad.grad(lambda x: float(x) + x.item() + math.sin(x))(np.array(0.0))
    assert slope == 3.0


@each(
    int=case(lambda x: int(x) * x, 2.7, slope=2.0),
    floor_division=case(lambda x: (x // 1.0) * x, 2.7, slope=2.0),
    index=case(lambda x: np.array([3.0, 5.0, 7.0])[int(x)] * x, 1.6, slope=5.0),
    rounded=case(lambda x: round(x) * x, 2.7, slope=3.0),
    steps=case(lambda x: sum([x * i for i in range(int(x))]), 3.5, slope=3.0),
)
def test_T2_integers_are_steps(tier, case):
    tier.check(case)


def single_precision_state(x):
    state = np.asarray([x, 2.0 * x], dtype=np.float32)
    return float(state[0] * state[1])


@each(
    asarray=case(single_precision_state, 3.0, slope=12.0),
    astype=case(
        lambda x: np.sum(x.astype(np.float32) ** 2),
        X,
        slope=2.0 * X,
    ),
)
def test_T3_single_precision_rounds_only(tier, case):
    tier.check(case, rtol=1e-6)


@pytest.mark.parametrize(
    "through",
    [lambda x: json.loads(json.dumps(x)), lambda x: pickle.loads(pickle.dumps(x))],
    ids=["json", "pickle"],
)
def test_T4_text_and_bytes_are_refused(tier, through):
    tier.refuses(lambda x: through(x) * 1.0, 2.0)


def test_T5_time_stamps_of_whole_units():
    """What a time stamp keeps of a live number is an integer: refused, or said."""

    def f(x):
        return pd.Timestamp(x, unit="s").timestamp() * 2.0

    with pytest.raises(errors.AdjointError) as caught:
        ad.grad(f)(1.5)
    assert caught.value.place.filename == __file__


def test_T5_a_live_number_among_time_stamps():
    hours = pd.date_range("2026-01-01", periods=3, freq="h").hour.to_numpy()
    slope = ad.grad(lambda x: np.sum(np.cos(x * hours)))(0.3)
    assert slope == pytest.approx(-np.sum(hours * np.sin(0.3 * hours)))


@each(
    mask=case(lambda x: (x > 0) * x, 2.0, slope=1.0),
    array=case(lambda x: np.sum((x > 0) * x * x), X, slope=np.array([2.0, 0.0, 6.0])),
    heaviside=case(
        lambda x: np.sum(np.heaviside(x, 0.5) * x),
        X,
        slope=np.array([1.0, 0.0, 1.0]),
    ),
    selected=case(lambda x: x[x > 0].sum(), X, slope=np.array([1.0, 0.0, 1.0])),
)
def test_T6_arithmetic_with_truth(tier, case):
    tier.check(case)


def through_complex(x):
    z = complex(x, 2.0) ** 2
    return z.real + 3.0 * z.imag


def into_real_memory(x):
    y = np.zeros(2)
    y[:] = np.array([x + 1j, 2j]).real * x
    return y[0]


@each(
    square=case(through_complex, 1.5, slope=2.0 * 1.5 + 12.0),
    abs=case(lambda x: abs(complex(x, 4.0)), 3.0, slope=0.6),
    angle=case(lambda x: np.angle(x + 2j), 1.0, slope=-0.4),
    conj=case(lambda x: (np.conj(x + 2j) * (x + 2j)).real, 3.0, slope=6.0),
    sqrt=case(lambda x: np.sqrt(x + 0j).imag, -4.0, slope=-0.25),
    memory=case(into_real_memory, 2.0, slope=4.0),
)
def test_T7_through_complex_numbers_and_back(tier, case):
    tier.check(case)


def test_T7_the_gradient_is_the_direction_of_steepest_ascent():
    z = 1.0 + 2.0j
    assert ad.grad(lambda z: abs(z) ** 2)(z) == pytest.approx(2.0 * z)
    assert ad.grad(lambda z: (z**2).real)(z) == pytest.approx(np.conj(2.0 * z))


def test_T7_complex_into_real_memory_is_as_in_numpy():
    def f(x):
        y = np.zeros(1)
        y[0] = np.array([x + 1j])[0]
        return y[0]

    with pytest.raises(np.exceptions.ComplexWarning):  # an error here, as every warning
        f(2.0)
    with pytest.raises(np.exceptions.ComplexWarning):
        ad.grad(f)(2.0)


def test_T8_integers_have_no_derivative(tier):
    with pytest.raises(errors.NonDifferentiable) as caught:
        tier.grad(lambda x: x * 2)(3)
    assert caught.value.place.filename == __file__
    assert "3.0" in caught.value.instead


@pytest.mark.parametrize(
    "through",
    [
        lambda x: float(Decimal(x)),
        lambda x: float(Fraction(x) * 2),
    ],
    ids=["Decimal", "Fraction"],
)
def test_T9_other_numbers(tier, through):
    tier.refuses(lambda x: through(x) * 1.0, 2.0)


def test_T9_objects_in_the_arrays_of_a_ufunc():
    found = ad.grad(lambda x: np.frompyfunc(abs, 1, 1)(np.array([x, x * x]))[1] * x)(-2.0)
    assert found == 12.0


def swallowed(x):
    try:
        return math.log(x - 3.0) * x
    except ValueError:
        return x * x


def swallowed_by_everything(x):
    try:
        y = np.linalg.norm(np.array([x, 2.0])) * x
        assert type(y) is np.float64
        return y
    except Exception:
        return 0.0 * x


@each(
    expected=case(swallowed, 2.0, slope=4.0),
    everything=case(swallowed_by_everything, 2.0),
)
def test_T10_exceptions_are_those_of_the_program(tier, case):
    tier.check(case)


def swallowed_refusal(x):
    try:
        return json.loads(json.dumps(x))
    except Exception:
        return 5.0


def suppressed_refusal(x):
    with contextlib.suppress(Exception):
        return json.loads(json.dumps(x))
    return 5.0


def refusal_turned_into_another_error(x):
    try:
        return json.loads(json.dumps(x))
    except Exception as error:
        raise ValueError("no number") from error


@pytest.mark.parametrize(
    "f", [swallowed_refusal, suppressed_refusal, refusal_turned_into_another_error]
)
def test_T10_a_refusal_is_not_swallowed(f):
    with pytest.raises(errors.AdjointError) as caught:
        ad.grad(lambda x: f(x) * x)(2.0)
    assert caught.value.place.filename == __file__
    assert "caught this error" in caught.value.__notes__[0]


def test_T10_a_program_may_catch_what_its_own_transforms_raise():
    def f(x):
        try:
            return ad.grad(lambda y: json.loads(json.dumps(y)))(x)
        except errors.MissingRule:
            return x * x

    assert f(3.0) == 9.0
    assert ad.grad(f)(3.0) == 6.0


def by_type(x):
    if type(x) is float and isinstance(x, float) and not isinstance(x, np.ndarray):
        return x * 3.0
    return x * 5.0


def test_T11_types_seen_by_the_program(tier):
    tier.check(case(by_type, 2.0, slope=3.0))


@each(
    contained=case(lambda x: x * (x in [x]), 2.0, slope=1.0),
    hash=case(lambda x: x * (hash(x) == hash(2.0)), 2.0, slope=1.0, refused="hash"),
    set=case(lambda x: x * (x in {2.0, 3.0}), 2.5, slope=0.0),
    key=case(lambda x: {2.5: 3.0}[x] * x, 2.5, slope=3.0, refused="."),
)
def test_T12_hashes_and_membership(tier, case):
    tier.check(case)


try:
    import no_fast_path_of_this_name as fast  # pyright: ignore
except ImportError:

    class fast:
        """The slow path of the same name."""

        @staticmethod
        def cube(x):
            return x**3


def test_T13_the_path_that_was_imported():
    assert ad.grad(lambda x: fast.cube(x))(2.0) == 12.0


def imported_inside(x):
    try:
        import no_fast_path_of_this_name  # noqa: PLC0415 # pyright: ignore

        return no_fast_path_of_this_name.cube(x)
    except ImportError:
        return x**3


def test_T13_the_path_that_is_tried(tier):
    tier.check(case(imported_inside, 2.0, slope=12.0, refused="try|import"))


def test_T2_no_warning_for_what_python_means():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ad.grad(lambda x: x * len(range(int(x))))(3.5) == 3.0


def stored_through_a_memoryview(x):
    y = x * 2.0
    shown = memoryview(y)
    shown[1] = x[0] * x[2]
    return shown[1] * y[1] + sum(shown[:2]) + sum(shown)


def test_T9_memoryviews_of_arrays():
    with_view = case(stored_through_a_memoryview, X, refused=".")
    Tier("traced").check(with_view)


RECORD = [("a", float), ("b", float)]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.array([(x[0], x[1])], dtype=RECORD)["a"][0],
        lambda x: np.rec.array([(x[0], x[1])], dtype=RECORD).a[0],
        lambda x: np.fromiter([(x[0], x[1])], dtype=RECORD)["a"][0],
    ],
)
def test_T9_numbers_put_into_records_are_refused(f):
    with pytest.raises(errors.MissingRule, match="records") as caught:
        ad.grad(f)(X)
    assert caught.value.place.filename == __file__ or caught.value.caller.filename == __file__


def printed(x):
    stream = io.StringIO()
    print("x =", [x], file=stream)
    return float(stream.getvalue().strip("x =[]\n")) * x


@pytest.mark.parametrize(
    "f",
    [
        printed,
        lambda x: np.array([x, 2.0]).astype(str).astype(float)[0] * x,
        lambda x: np.fromstring(str(x), sep=" ")[0] * x,
        lambda x: np.array([x, 2.0]).ctypes.data_as(ctypes.POINTER(ctypes.c_double))[0] * x,
    ],
    ids=["printed", "astype", "fromstring", "ctypes"],
)
def test_T4_texts_and_pointers_that_are_read_back_are_refused(f):
    assert f(1.3) == pytest.approx(1.69)
    with pytest.raises(errors.MissingRule) as caught:
        ad.grad(f)(1.3)
    assert caught.value.place.filename == __file__


def test_T4_printing_is_no_loss(capsys):
    assert ad.grad(lambda x: print(x, [x], "and", flush=True) or x * x)(1.3) == 2.6
    assert capsys.readouterr().out == "1.3 [1.3] and\n"
