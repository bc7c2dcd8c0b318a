"""Trees of numbers and arrays as vector spaces."""

import dataclasses
from collections import OrderedDict, namedtuple

import numpy as np
import pytest

from adjoint import spaces

Point = namedtuple("Point", "x y")


@dataclasses.dataclass
class Wheel:
    radius: float
    name: str
    spokes: np.ndarray


@dataclasses.dataclass(frozen=True)
class Car:
    wheels: list
    mass: float


def car():
    return Car([Wheel(0.3, "front", np.ones(2)), Wheel(0.4, "rear", np.zeros(1))], 1e3)


TREES = [
    1.0,
    (),
    [],
    {},
    None,
    (1.0, [2.0, {"b": 3.0, "a": np.arange(2.0)}]),
    Point(1.0, Point(2.0, None)),
    OrderedDict(z=1.0, a=2.0),
    car(),
    {"car": car(), "rest": (4.0, car())},
]


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: type(tree).__name__)
def test_flatten_and_rebuild(tree):
    leaves, structure = spaces.flatten(tree)
    assert structure.size == len(leaves)
    rebuilt = structure.rebuild(leaves)
    assert type(rebuilt) is type(tree)
    again, same = spaces.flatten(rebuilt)
    assert same == structure
    assert all(a is b for a, b in zip(leaves, again, strict=True))


def test_structures_differ():
    first, second = (spaces.flatten(tree)[1] for tree in ((1.0, 2.0), [1.0, 2.0]))
    assert first != second
    assert spaces.flatten(car())[1] != spaces.flatten(Car([], 1.0))[1]


def test_rebuilding_a_dataclass_does_not_run_its_constructor():
    made = spaces.tree_map(lambda leaf: "anything", car())
    assert made.wheels[0].radius == "anything"


@pytest.mark.parametrize(
    ("leaf", "wanted"),
    [
        (1.0, True),
        (1j, True),
        (np.float32(1), True),
        (np.ones(2), True),
        (np.ones(2, complex), True),
        (1, False),
        (True, False),
        ("a", False),
        (None, False),
        (np.ones(2, int), False),
        (np.array(["a"]), False),
        (np.int64(1), False),
    ],
)
def test_what_is_differentiable(leaf, wanted):
    assert spaces.is_differentiable(leaf) is wanted
    rng = np.random.default_rng(0)
    assert (spaces.zero_like(leaf) is not None) is wanted
    assert (spaces.random_like(leaf, rng) is not None) is wanted


@pytest.mark.parametrize(
    "leaf",
    [1.0, 1j, np.float32(1), np.ones((2, 3), np.float32), np.ones(2, np.complex64), np.ones(())],
)
def test_vectors_have_the_type_of_their_leaf(leaf):
    for vector in (spaces.zero_like(leaf), spaces.random_like(leaf, np.random.default_rng(0))):
        assert type(vector) is type(leaf)
        assert np.shape(vector) == np.shape(leaf)
        assert np.asarray(vector).dtype == np.asarray(leaf).dtype
    moved = spaces.step(leaf, leaf, 0.5)
    assert type(moved) is type(leaf)
    assert np.asarray(moved).dtype == np.asarray(leaf).dtype
    np.testing.assert_allclose(moved, 1.5 * leaf)


def test_random_complex_vectors_have_both_parts():
    drawn = spaces.random_like(np.ones(4, complex), np.random.default_rng(0))
    assert (drawn.real != 0).all() and (drawn.imag != 0).all()


def test_inner_is_the_real_part_of_the_hermitian_product():
    assert spaces.inner((1 + 2j, 3.0, None), (3 - 1j, 2.0, None)) == pytest.approx(1.0 + 6.0)
    assert spaces.inner({"a": np.array([1.0, 2.0])}, {"a": np.array([3.0, 4.0])}) == 11.0
    assert spaces.inner([None, 1.0], [2.0, 3.0]) == 3.0


def test_step_leaves_what_has_no_derivative():
    tree = {"x": 1.0, "n": 3, "label": "a"}
    moved = spaces.step(tree, {"x": 2.0, "n": None, "label": None}, 0.5)
    assert moved == {"x": 2.0, "n": 3, "label": "a"}


def test_step_keeps_the_layout_in_memory():
    leaf = np.asfortranarray(np.ones((2, 3)))
    assert spaces.step(leaf, np.ones((2, 3)), 1.0).flags.f_contiguous


def test_zeros_have_the_structure_of_the_tree():
    found = spaces.zeros({"a": (1.0, np.ones(2)), "n": 3})
    assert found["a"][0] == 0.0 and found["n"] is None
    np.testing.assert_array_equal(found["a"][1], np.zeros(2))
