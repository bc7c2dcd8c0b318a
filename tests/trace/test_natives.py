"""Native code that a live value reaches is known, or refused."""

import decimal

import numpy as np
import pytest
import scipy.spatial

import adjoint as ad
from adjoint.errors import MissingRule


class Nearest(scipy.spatial.cKDTree):
    """A Python class whose native part is given the points."""

    def __init__(self, points):
        super().__init__(points)


class Fixed(decimal.Decimal):
    def __init__(self, value):
        self.value = value


@pytest.mark.parametrize("make", [Nearest, scipy.spatial.KDTree, Nearest.__new__])
def test_a_native_part_of_a_class_must_not_swallow_the_derivative(make):
    def distance(x):
        points = np.array([[x, 0.0], [1.0, 1.0]])
        tree = make(Nearest, points) if make is Nearest.__new__ else make(points)
        return tree.query([0.0, 0.0])[0]

    with pytest.raises(MissingRule, match="cKDTree"):
        ad.grad(distance)(0.5)


def test_a_native_class_method_must_not_swallow_the_derivative():
    with pytest.raises(MissingRule, match="from_float"):
        ad.grad(lambda x: float(decimal.Decimal.from_float(x)))(0.5)
    with pytest.raises(MissingRule, match="__new__"):
        ad.grad(lambda x: float(Fixed(x)))(0.5)
