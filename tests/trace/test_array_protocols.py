"""Arrays and numbers of other people's classes: what they do in Python is followed."""

import collections
import dataclasses

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import MissingRule
from adjoint.testing import check_grads

X = np.array([0.4, -1.3, 2.1])


class Tagged(np.ndarray):
    """A subclass that only carries something along."""

    def __new__(cls, values, tag="none"):
        made = np.asarray(values).view(cls)
        made.tag = tag
        return made

    def __array_finalize__(self, source):
        self.tag = getattr(source, "tag", "none")

    @property
    def doubled(self):
        return np.asarray(self) * 2.0


class Measured(np.ndarray):
    """A subclass with a unit: lengths in terms of `scale` metres."""

    def __new__(cls, values, scale):
        made = np.array(values).view(cls)
        made.scale = scale
        return made

    def __array_finalize__(self, source):
        self.scale = getattr(source, "scale", 1.0)

    def metres(self):
        return self.view(np.ndarray) * self.scale

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        plain = [x.metres() if isinstance(x, Measured) else x for x in inputs]
        if out is not None:
            made = super().__array_ufunc__(ufunc, method, *plain, **kwargs)
            out[0].view(np.ndarray)[...] = made / out[0].scale
            return out[0]
        return Measured(super().__array_ufunc__(ufunc, method, *plain, **kwargs), 1.0)

    def __array_function__(self, function, types, args, kwargs):
        if function is np.concatenate:
            return Measured(np.concatenate([part.metres() for part in args[0]]), 1.0)
        return super().__array_function__(function, types, args, kwargs)


class Exclusive(np.ndarray):
    """Handles calls only of its own arrays, and leaves those of mixed ones to NumPy."""

    def __array_function__(self, function, types, args, kwargs):
        if not all(issubclass(kind, Exclusive) for kind in types):
            return NotImplemented
        return super().__array_function__(function, types, args, kwargs)


class Wrapped:
    """No array, but NumPy's functions can be called with it."""

    def __init__(self, values):
        self.values = values

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        plain = [x.values if isinstance(x, Wrapped) else x for x in inputs]
        return Wrapped(getattr(ufunc, method)(*plain, **kwargs) * 3.0)

    def __array_function__(self, function, types, args, kwargs):
        return Wrapped(function(args[0].values, *args[1:], **kwargs) * 5.0)


class Refusing:
    __array_ufunc__ = None

    def __rmul__(self, other):
        return other.sum() * 7.0


class Picky(np.ndarray):
    def __getitem__(self, index):
        return super().__getitem__(index) * 2.0


PROGRAMS = [
    lambda x: np.asarray(Tagged(x) * x + np.sin(Tagged(x))),
    lambda x: Tagged(x, "a").sum() * Tagged(x)[1] + float(Tagged(x).doubled[0]),
    lambda x: np.concatenate([Tagged(x), x]).view(np.ndarray),
    lambda x: np.dot(Tagged(x), x) * np.linalg.norm(Tagged(x)),
    lambda x: Tagged(x)[[0, 2]].view(np.ndarray) ** 2,
    lambda x: (Measured(x, 1000.0) + Measured(x * x, 1.0)).metres(),
    lambda x: (x * Measured(x, 10.0) - np.float64(2.0) * Measured(x, 3.0)).metres(),
    lambda x: np.add.reduce(Measured(x * x, 10.0)).metres(),
    lambda x: np.concatenate([Measured(x, 2.0), Measured(x * x, 3.0)]).metres(),
    lambda x: np.multiply(Wrapped(x), x).values + (x * 1.0),
    lambda x: np.sum(Wrapped(x * x)).values,
    lambda x: np.vdot(x.view(Exclusive), x * x) * x,
    lambda x: np.vdot(x.view(Exclusive), (x * x).view(Exclusive)) * x,
    lambda x: x * Refusing(),
    lambda x: x.view(Picky)[1] * x[0],
    lambda x: sum(item * item for item in x.view(Picky)),
    lambda x: np.ma.masked_array(x * x, mask=[False, True, False]).sum(),
    lambda x: np.ma.masked_less(x, 0.0).mean() * x[1],
]


@pytest.mark.parametrize("f", PROGRAMS)
def test_arrays_of_other_classes(f):
    assert np.array_equal(ad.jvp(f, (X,), (X,))[0], f(X))
    check_grads(f, (X,))


def test_updates_in_place_go_through_the_class():
    def f(x):
        length = Measured(x * x, 10.0)
        length += Measured(x, 1.0)
        length *= 2.0
        plain = np.array(x)
        plain -= x * x
        return length.metres() * plain

    check_grads(f, (X,))


def test_what_a_class_makes_of_a_function_is_not_taken_for_numpys():
    class Halved(np.ndarray):
        def sum(self, *args, **kwargs):
            return np.asarray(self).sum() / 2.0

        def dot(self, other):
            return np.asarray(self) @ other

    x = ad.grad(lambda x: x.view(Halved).sum() + np.sin(x).view(Halved).dot(x))(X)
    assert np.allclose(x, 0.5 + np.cos(X) * X + np.sin(X))
    with pytest.raises(MissingRule, match="subclass"):
        ad.grad(lambda x: np.sum(x.view(Halved)))(X)


class Metres(float):
    @property
    def doubled(self):
        return self * 2.0


class Checked(float):
    def __new__(cls, value):
        return super().__new__(cls, value * value)


@pytest.mark.parametrize("f", [lambda x: Metres(x).doubled * x, lambda x: Checked(x) + Metres(x)])
def test_numbers_of_other_classes(f):
    check_grads(f, (1.7,))


class Squaring:
    """A descriptor."""

    def __get__(self, owner, kind=None):
        return 1.0 if owner is None else owner.__dict__["kept"]

    def __set__(self, owner, value):
        owner.__dict__["kept"] = value * value


class Plain:
    a = Squaring()


def by_object(x):
    plain = Plain()
    object.__setattr__(plain, "a", x)
    return plain.a


class Doubling(dict):
    def __getitem__(self, key):
        return dict.__getitem__(self, key) * 2.0


class Making(collections.defaultdict):
    def __missing__(self, key):
        return super().__missing__(key) * 3.0


Frozen, Open = (
    dataclasses.make_dataclass("Made", [("a", float, Squaring()), ("b", float, 2.0)], frozen=frozen)
    for frozen in (True, False)
)
HOLDERS = [
    by_object,
    lambda x: Frozen(x).a + Frozen(x, x).b,
    lambda x: Open(x).a * Open(b=x).b,
    lambda x: Doubling(a=x)["a"] * x,
    lambda x: Making(lambda: x * x)["a"],
]


@pytest.mark.parametrize("f", HOLDERS)
def test_what_is_kept_is_kept_by_the_class(f):
    check_grads(f, (1.7,))


class Described(np.ndarray):
    """With methods in Python that ask NumPy for the ones it has."""

    def __new__(cls, values):
        return np.asarray(values, dtype=float).view(cls)

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self)

    def __truediv__(self, other):
        return super().__truediv__(other)

    def __rtruediv__(self, other):
        return super().__rtruediv__(other)

    def __rsub__(self, other):
        return super().__rsub__(other)


def test_a_subclass_that_says_how_it_is_an_array_and_calls_its_base():
    def f(x):
        first, second = Described([x, x * x]), Described([3.0, x])
        quotients = np.sum(first / second) + np.sum(2.0 / first) + (first / 4.0)[1]
        return float(quotients + np.sum(np.asarray(first) * second) + np.sum(x - second))

    check_grads(f, (2.0,))


def test_float_of_an_array_of_no_dimension_of_a_subclass():
    check_grads(lambda x: float(Described(x * x) / 3.0), (2.0,))


def test_functions_of_several_results_of_arrays_of_a_subclass():
    class Points(np.ndarray):
        pass

    def of_class(x, kind):
        points = np.outer(X, X[::-1] ** 2).view(kind) * x[0] + np.diag(x)
        u, s, v = np.linalg.svd(points)
        q, r = np.linalg.qr(points)
        fractions, wholes = np.modf(points)
        values = u[0, 0] * v[0, 1], s @ x, q[0, 1] * r[0, 1], fractions.prod(), wholes.sum()
        return sum(values)

    plain = ad.grad(lambda x: of_class(x, np.ndarray))(X)
    assert np.array_equal(ad.grad(lambda x: of_class(x, Points))(X), plain)


def test_functions_of_several_results_that_a_class_changes_are_refused():
    class Changed(np.ndarray):
        def __array_wrap__(self, array, context=None, return_scalar=False):
            return (2.0 * np.asarray(array)).view(Changed)

    def f(x):
        return np.linalg.svd(np.outer(x, X).view(Changed)).S.sum()

    with pytest.raises(MissingRule, match="subclass"):
        ad.grad(f)(X)


def test_the_field_that_is_the_whole_array():
    def f(x):
        held = x * 1.0
        held.setfield(x**3, dtype=float)
        held[1:].setfield(2.0, float)
        return held @ x

    expected = np.full(X.size, 2.0)
    expected[0] = 4.0 * X[0] ** 3
    assert np.allclose(ad.grad(f)(X), expected)
    with pytest.raises(MissingRule, match="setfield"):
        ad.grad(lambda x: (x * 1.0).setfield(x, np.float32))(X)


class Sealed(np.ndarray):
    """Knows no function of NumPy, and none of its ufuncs."""

    def __array_function__(self, function, types, args, kwargs):
        raise TypeError(f"{function} is not for these")

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        raise TypeError(f"{ufunc} is not for these")


def test_a_class_that_knows_no_function_is_not_asked_about_its_memory():
    def f(x):
        held = np.outer(x, x).view(Sealed)
        rows = np.zeros((2, X.size, X.size))
        rows[0] = held
        held[1] = held[0]
        held[:, 0] = x
        rows[1] = np.ndarray.__getitem__(held, slice(None))
        plain = held.view(np.ndarray)
        rows[0, 0] = plain[0]
        return np.sum(rows[0] ** 2) + np.sum(rows[1] ** 3)

    check_grads(f, (X,))


def test_a_mask_of_a_ufunc_that_is_true_everywhere():
    check_grads(
        lambda x: np.sum(np.multiply(x, x[::-1] ** 2, out=None, where=np.asarray(True))), (X,)
    )
    check_grads(lambda x: np.sum(np.sin(x, out=None, where=np.True_)), (X,))
