"""Turns that run side by side: the results of one turn after the other."""

import math

import numpy as np
import pytest
from lane_programs import arguments, program

import adjoint as ad
from adjoint.compile.codegen import printer
from adjoint.compile.codegen.lanes import LONGEST_OWN, WIDTH
from adjoint.compile.codegen.side_by_side import SideBySide
from adjoint.compile.codegen.stretches import Stretch
from adjoint.compile.jitted import Jitted
from adjoint.testing import check_grads

R = np.random.default_rng(21)
SIZES = [0, 1, WIDTH - 1, WIDTH, WIDTH + 1, 2 * WIDTH, 3 * WIDTH - 1]
FLOATS = (0, 1, 2, 3, 5, 6)


def mixture(points, means, widths):
    """A work array for each turn, sums in order, an exponential in an inner loop."""
    terms = np.empty(len(means))
    total = 0.0
    for i in range(len(points)):
        top = -1e30
        for k in range(len(means)):
            square = 0.0
            for d in range(points.shape[1]):
                square += ((points[i, d] - means[k, d]) * widths[k]) ** 2
            terms[k] = math.log(widths[k]) - 0.5 * square
            if terms[k] > top:
                top = terms[k]
        share = 0.0
        for k in range(len(means)):
            share += math.exp(terms[k] - top)
        total += top + math.log(share)
    return total


def bodies(position, mass):
    """Each turn writes its own row, and the reverse adds to two."""
    pull = np.zeros(position.shape)
    for i in range(len(position)):
        across, up = 0.0, 0.0
        for j in range(len(position)):
            dx = position[j, 0] - position[i, 0]
            dy = position[j, 1] - position[i, 1]
            square = dx * dx + dy * dy + 0.1
            weight = mass[j] / (square * math.sqrt(square))
            across += weight * dx
            up += weight * dy
        pull[i, 0] = across
        pull[i, 1] = up
    return np.sum(pull * pull)


def rays(x, spheres):
    """Branches on what differs from turn to turn, with items stored in them."""
    light = np.zeros(len(x))
    for i in range(len(x)):
        nearest, hit = 1e9, 0.0
        for k in range(len(spheres)):
            along = spheres[k, 0] * x[i]
            inside = along * along - spheres[k, 1]
            if inside > 0.0:
                distance = along - math.sqrt(inside)
                if 0.0 < distance < nearest:
                    nearest = distance
                    hit = spheres[k, 2] * math.exp(-distance)
        light[i] = hit
    return np.sum(light * light)


def looked_up(x, table, places):
    """Items at places that the turn looks up."""
    total = 0.0
    for i in range(len(x)):
        value = 0.0
        for j in range(3):
            value += math.tanh(x[i] * (j + 1)) * math.exp(x[i] * 0.1 * j)
        total += value * table[places[i]]
    return total


def greatest(x, table):
    """Each turn finds a place of its own in its work array."""
    work = np.empty(len(table))
    total = 0.0
    for i in range(len(x)):
        for k in range(len(table)):
            work[k] = table[k] * x[i] + math.exp(-x[i] * k)
        best = work[0]
        for k in range(1, len(table)):
            if work[k] > best:
                best = work[k]
        share = 0.0
        for k in range(len(table)):
            share += math.exp(work[k] - best)
        total += best + math.log(share)
    return total


def columns(table, weights, scales, square, long, places):
    """Neighbours in memory belong to neighbouring turns; what is looked up may not be there."""
    made = np.zeros(table.shape[1])
    total = 0.0
    for j in range(table.shape[1]):
        summed = square[j, j] + long[j + j] * table[places[0] - 1, j]
        for i in range(len(table)):
            summed += weights[i] * table[i, j]
            if weights[i] > 0.0:
                summed += table[i, j + 1 - 1] * table[i, table.shape[1] - 1 - j]
        made[j] = summed * scales[places[j]]
        total += made[j]
    return total + np.sum(made * made)


def mixed(n):
    return R.normal(size=(n, 2)), R.normal(size=(3, 2)), R.uniform(0.5, 1.5, 3)


def lit(n):
    return R.uniform(0.5, 2, n), R.uniform(0.1, 1.5, (4, 3))


def found(n):
    return R.normal(size=n), R.normal(size=5), R.integers(0, 5, n)


def spread_out(n):
    tables = R.normal(size=(3, n)), R.normal(size=3), R.normal(size=5), R.normal(size=(n, n))
    return *tables, R.normal(size=2 * n), R.integers(0, 4, n)


PROGRAMS = [
    (columns, spread_out, (0, 1, 2, 3, 4)),
    (mixture, mixed, (0, 1, 2)),
    (bodies, lambda n: (R.normal(size=(n, 2)), R.uniform(0.5, 1.5, n)), (0, 1)),
    (rays, lit, (0, 1)),
    (looked_up, found, (0, 1)),
    (greatest, lambda n: (R.normal(size=n), R.normal(size=4)), (0, 1)),
]
each_program = pytest.mark.parametrize(
    ("f", "made", "argnums"), PROGRAMS, ids=[f.__name__ for f, _, _ in PROGRAMS]
)


def lanes_in(compiled: Jitted) -> int:
    """How many loops of the derivatives that were compiled run several turns at once."""
    made = [one for programs in compiled.programs.values() for one in programs]
    runs = [run for one in made for run in one.executables.values()]
    stretches = [h for r in runs for h in r.direct.helpers.values() if isinstance(h, Stretch)]
    return sum(len(stretch.lanes) for stretch in stretches)


def one_by_one(f, args, argnums, monkeypatch):
    """The derivative of a function whose turns do not run side by side."""
    compiled = ad.jit(f)
    found = ad.value_and_grad(compiled, argnums=argnums)
    with monkeypatch.context() as patch:
        patch.setattr(printer, "in_lanes", lambda *_: {})
        found(*args)
    assert not lanes_in(compiled)
    return found


def require_equal(found, wanted, exact):
    assert found[0] == wanted[0] if exact else found[0] == pytest.approx(wanted[0], rel=1e-13)
    for a, b in zip(found[1], wanted[1], strict=True):
        np.testing.assert_allclose(
            a, b, rtol=1e-12, atol=1e-12 * (1 + np.max(np.abs(b), initial=0))
        )


@each_program
def test_for_any_number_of_turns(f, made, argnums, monkeypatch):
    compiled = ad.jit(f)
    plain = one_by_one(f, made(3), argnums, monkeypatch)
    for n in SIZES:
        args = made(n)
        found = ad.value_and_grad(compiled, argnums=argnums)(*args)
        require_equal(found, plain(*args), exact=f is bodies)
        assert found[0] == pytest.approx(f(*args), rel=1e-12)
    assert lanes_in(compiled)


def test_a_row_that_is_not_there():
    compiled = ad.jit(columns)
    *args, places = spread_out(2 * WIDTH)
    ad.value_and_grad(compiled)(*args, places)
    assert lanes_in(compiled)
    places[0] = 4
    with pytest.raises(IndexError):
        ad.value_and_grad(compiled)(*args, places)


@each_program
def test_gradient(f, made, argnums):
    check_grads(ad.jit(f), made(WIDTH + 3), argnums=argnums)


@pytest.mark.parametrize("order", ["C", "F"])
def test_neighbours_are_read_at_once(order, monkeypatch):
    counts, read = [], SideBySide.neighbours

    def counted(self, array, place):
        counts.append(array.name)
        return read(self, array, place)

    monkeypatch.setattr(SideBySide, "neighbours", counted)
    monkeypatch.setenv("ADJOINT_CACHE_DIR", "")
    table, *rest = spread_out(2 * WIDTH + 3)
    args = (np.asarray(table, order=order), *rest)
    compiled = ad.jit(columns)
    found = ad.value_and_grad(compiled, argnums=(0, 1, 2, 3, 4))(*args)
    require_equal(found, ad.value_and_grad(columns, argnums=(0, 1, 2, 3, 4))(*args), exact=False)
    assert lanes_in(compiled)
    assert ("table" in counts) == (order == "C")


def test_second_derivative():
    check_grads(ad.jit(looked_up), found(WIDTH + 3), order=2, argnums=(0, 1))


@pytest.mark.parametrize("seed", range(16))
def test_random_programs(seed, monkeypatch):
    f, text = program(seed)
    args = arguments(seed)
    found = ad.value_and_grad(ad.jit(f), argnums=FLOATS)(*args)
    require_equal(found, one_by_one(f, args, FLOATS, monkeypatch)(*args), exact=False)
    assert found[0] == pytest.approx(f(*args), rel=1e-12), text


def guarded(x, y):
    total = 0.0
    for i in range(len(x)):
        value = 0.0
        for j in range(3):
            if x[i] < -1.0:
                raise ValueError("below")
            value += math.exp(x[i] * j) / y[i]
        total += value
    return total


@pytest.mark.parametrize("at", [0, 5, WIDTH, 2 * WIDTH + 1])
def test_errors_are_those_of_one_turn_after_the_other(at):
    x, y = R.uniform(0.5, 1, 2 * WIDTH + 3), R.uniform(0.5, 1, 2 * WIDTH + 3)
    x[at] = -2.0
    compiled = ad.value_and_grad(ad.jit(guarded), argnums=(0, 1))
    with pytest.raises(ValueError, match="below") as raised:
        compiled(x, y)
    assert "raise ValueError" in raised.value.__notes__[-1]
    x[at], y[at] = 0.7, 0.0
    with pytest.raises(ZeroDivisionError):
        compiled(x, y)
    y[at] = 0.5
    assert compiled(x, y)[0] == pytest.approx(guarded(x, y))


def test_places_that_are_none():
    x, table, places = found(2 * WIDTH)
    compiled = ad.grad(ad.jit(looked_up), argnums=(0, 1))
    for at in (0, WIDTH - 1, WIDTH + 2):
        for wrong in (5, -6, 10**9):
            changed = places.copy()
            changed[at] = wrong
            with pytest.raises(IndexError):
                compiled(x, table, changed)
    negative = places - 5
    np.testing.assert_array_equal(compiled(x, table, negative)[1], compiled(x, table, places)[1])


def in_a_branch(x, table, places):
    """Items that only some lanes ask for; the others would ask for what is not there."""
    total = 0.0
    for i in range(len(x)):
        value = 1.0
        for j in range(4):
            if places[i] < len(table):
                value += table[places[i]] * math.exp(x[i] * j)
            if x[i] > 0.0:
                value *= 1.0 / x[i]
        total += value
    return total


def test_lanes_that_take_no_part_read_nothing():
    x, table, places = found(3 * WIDTH)
    places[::3] = 10**12
    x[1::4] = 0.0
    compiled = ad.jit(in_a_branch)
    value, grads = ad.value_and_grad(compiled, argnums=(0, 1))(x, table, places)
    assert lanes_in(compiled)
    assert value == pytest.approx(in_a_branch(x, table, places), rel=1e-13)
    wanted = ad.grad(in_a_branch, argnums=(0, 1))(x, table, places)
    for a, b in zip(grads, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_long_work_arrays_have_no_lanes():
    """Their memory would be eight times as much."""

    def f(x, weights):
        work = np.empty(len(weights))
        total = 0.0
        for i in range(len(x)):
            for j in range(len(weights)):
                work[j] = math.exp(x[i] * weights[j])
            for j in range(len(weights)):
                total += work[j] * work[len(weights) - 1 - j]
        return total

    for size in (5, LONGEST_OWN, LONGEST_OWN + 1):
        x, weights = R.uniform(-1, 1, WIDTH + 1), R.uniform(-1, 1, size)
        wanted = ad.grad(f, argnums=(0, 1))(x, weights)
        for a, b in zip(ad.grad(ad.jit(f), argnums=(0, 1))(x, weights), wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11)
