"""Loops reversed iteration by iteration: which are, which are not, and that all are right."""

import math

import numpy as np
import pytest

from adjoint import spaces
from adjoint.compile.executable import Executable
from adjoint.compile.ir.nodes import Apply, Const, For, Push, Raise, Store, Var, While, walk
from adjoint.compile.ir.running import run
from adjoint.compile.ir.verifying import verify
from adjoint.compile.jitted import Jitted, gradient, snapshot, wanted
from adjoint.compile.operations import copy, times
from adjoint.compile.transform.forward import forward
from adjoint.compile.transform.simplify import simplify

X = np.random.default_rng(1).uniform(0.5, 1.5, 5)
TABLE = np.random.default_rng(2).uniform(0.5, 1.5, (5, 4))
INDEX = np.array([1, 0, 3, 1, 2])


def sums(x):
    total = 0.0
    for i in range(len(x)):
        total += math.exp(x[i]) * x[i]
    return 2.0 * total


def sums_of_rows(table):
    total = 0.0
    for i in range(len(table)):
        row = 1.0
        for j in range(table.shape[1]):
            row *= table[i, j]
        total += math.sin(row)
    return total


def branches(x):
    total = 1.0
    for i in range(len(x)):
        if x[i] > 1.0:
            total += x[i] * x[i]
        elif x[i] > 0.8:
            total = total - math.sin(x[i])
    return total


def gathered(x, index):
    total = 0.0
    for k in range(len(index)):
        total += x[index[k]] ** 3
    return total


def work_array(table):
    work = np.zeros(table.shape[1])
    total = 0.0
    for i in range(len(table)):
        for j in range(len(work)):
            work[j] = math.exp(table[i, j])
        for j in range(1, len(work)):
            total += work[j] * work[j - 1]
    return total


def work_matrix(table):
    work = np.empty((2, 2))
    total = 0.0
    for i in range(len(table)):
        for j in range(2):
            for k in range(2):
                work[j, k] = table[i, j] * table[i, k + 2]
        total += work[0, 0] * work[1, 1] + math.sin(work[0, 1])
    return total


def kept_while_it_runs_again(table):
    """An array is taken from the tape on which the loop that is run again records its own."""
    state = np.zeros(table.shape[1])
    new = np.zeros(table.shape[1])
    for t in range(len(table)):
        for j in range(len(state)):
            product = 1.0
            for i in range(len(state)):
                product *= math.sin(state[i] + table[t, i] + 0.1 * j)
            for i in range(len(state)):
                product *= math.cos(0.5 * state[i] * product)
            new[j] = product
        for j in range(len(state)):
            state[j] = new[j] * state[j] + table[t, j]
    return np.sum(state * state)


def cholesky(table):
    """Inner loops read rows of a matrix that the outer ones write."""
    size = table.shape[1]
    factor = np.zeros((size, size))
    for j in range(size):
        for i in range(j, size):
            total = table[0, i] * table[0, j] if i != j else 9.0 + table[1, i]
            for k in range(j):
                total -= factor[i, k] * factor[j, k]
            factor[i, j] = math.sqrt(total) if i == j else total / factor[j, j]
    return np.sum(factor) * factor[size - 1, 0]


def squared_at_the_end(x):
    state = x.copy()
    for i in range(1, len(x)):
        state[i] = state[i] * state[i - 1]
    return np.sum(state * state)


def squared_in_between(x):
    state = x.copy()
    total = np.sum(state * state)
    for i in range(1, len(x)):
        state[i] = state[i] * state[i - 1]
    return total * np.sum(state * state)


def moving_points(table):
    """Their coordinates are read by number; all of them are kept, once in each turn."""
    place = table.copy()
    push = np.zeros(len(table))
    for _ in range(2):
        for i in range(len(place)):
            total = 0.0
            for j in range(len(place)):
                dx, dy = place[i, 0] - place[j, 0], place[i, 1] - place[j, 1]
                total += math.exp(-dx * dx - dy * dy) * dx
            push[i] = total
        for i in range(len(place)):
            place[i, 0] += 0.1 * push[i] * place[i, 1]
            place[i, 1] *= 1.1
    return np.sum(place)


def inside_a_sum(table):
    """The inner loops run again inside the outer one, which knows what they are weighted by."""
    terms = np.zeros(table.shape[1])
    total = 0.0
    for i in range(len(table)):
        for j in range(len(terms)):
            part = 0.0
            for k in range(j + 1):
                part += math.sin(table[i, k])
            terms[j] = part * part
        norm = 0.0
        for j in range(len(terms)):
            norm += terms[j]
        total += math.log(norm)
    return total


def mixture(table):
    """What the inner loops make is kept; the differences, which cost no inner loop, made again."""
    terms = np.empty(3)
    gaps = np.empty(4)
    total = 0.0
    for i in range(len(table)):
        for k in range(3):
            for d in range(4):
                gaps[d] = table[i, d] - table[k, d] * table[4, k]
            square = 0.0
            for d in range(4):
                mapped = math.exp(table[k, d]) * gaps[d]
                for e in range(d):
                    mapped += table[k, e] * gaps[e]
                square += mapped * mapped
            terms[k] = math.exp(-0.5 * square)
        total += math.log(terms[0] + terms[1] * terms[2])
    return total


def mixture_with_branches(table):
    """The same with a tape of two kinds, and a sum that the reverse adds to from the last turn."""
    terms = np.empty(3)
    total = 0.0
    for i in range(len(table)):
        slope = math.sin(table[i, 0])
        extra = 0.0
        for k in range(3):
            square = 0.0
            for d in range(4):
                mapped = slope
                for e in range(d + 1):
                    if table[k, e] < 0.0:
                        raise ValueError("negative")
                    mapped *= table[i, e] - table[k, e]
                square += mapped * mapped if mapped > 0.01 else math.sin(mapped)
            terms[k] = square
            extra += math.cos(square)
        total += extra * terms[0] * terms[1] * terms[2]
    return total


def mixture_that_counts(table):
    """A turn needs the number that the turn before has left."""
    terms = np.empty(3)
    gaps = np.empty(4)
    total = 0.0
    for i in range(len(table)):
        place = i % 4
        for k in range(3):
            for d in range(4):
                gaps[d] = table[i, d] - table[k, place]
            square = 0.0
            for d in range(4):
                mapped = 1.0
                for e in range(d):
                    mapped += math.sin(table[k, e]) * gaps[e]
                square += mapped * mapped
            terms[k] = square
            place = (3 * place + k) % 4
        total += math.log(terms[0] + terms[1] * terms[2])
    return total


def mixture_of_own_arrays(table):
    """What a turn makes for itself is made again, not kept whole."""
    terms = np.empty(3)
    total = 0.0
    for i in range(len(table)):
        for k in range(3):
            gaps = np.empty(4)
            for d in range(4):
                gaps[d] = table[i, d] - table[k, d]
            square = 0.0
            for d in range(4):
                mapped = 1.0
                for e in range(d):
                    mapped += math.sin(table[k, e]) * gaps[e]
                square += mapped * mapped
            terms[k] = square
        total += math.log(terms[0] + terms[1] * terms[2])
    return total


def mixture_of_matrices(table):
    """The work array costs as many loops as what is made of it."""
    terms = np.empty(3)
    gaps = np.empty((4, 4))
    total = 0.0
    for i in range(len(table)):
        for k in range(3):
            for d in range(4):
                for e in range(4):
                    gaps[d, e] = table[i, d] - table[k, e]
            square = 0.0
            for d in range(4):
                mapped = 1.0
                for e in range(d):
                    mapped += math.sin(table[k, e]) * gaps[d, e]
                square += mapped * mapped
            terms[k] = square
        total += math.log(terms[0] + terms[1] * terms[2])
    return total


def sums_of_squares(table):
    """The inner loop is reversed as it runs again."""
    total = 0.0
    for i in range(len(table)):
        extra = 0.0
        for k in range(3):
            square = 0.0
            for d in range(4):
                mapped = 1.0
                for e in range(d + 1):
                    mapped *= math.sin(table[k, e] * table[i, d])
                square += mapped * mapped
            extra += square
        total += extra * extra
    return total


def weighted_later(x):
    total = 0.0
    for i in range(len(x)):
        part = 1.0
        for j in range(i + 1):
            part *= math.sin(x[j])
        total += part
    return total * total


def counted_along(x):
    place = 0
    total = 0.0
    for i in range(3):
        for _ in range(2):
            total += x[place] * x[i]
            place = (place + i) % 5
    return total


def histogram(x, index):
    bins = np.zeros(4)
    for k in range(len(index)):
        part = 0.0
        for j in range(k + 1):
            part += x[j] * x[k]
        bins[index[k]] += part
    return bins[0] * bins[1] + math.sin(bins[3])


def own_rows(x):
    made = np.zeros(5)
    for i in range(len(x)):
        part = 1.0
        for j in range(i + 1):
            part *= x[j]
        made[i] = part
    return made[0] * made[3] * made[4]


def moving_bodies(x):
    """Each step reads what the one before wrote: the positions are kept, not the distances."""
    place = x.copy()
    force = np.zeros(5)
    for _ in range(3):
        for i in range(len(place)):
            total = 0.0
            for j in range(len(place)):
                gap = place[j] - place[i]
                total += gap / (1.0 + gap * gap)
            force[i] = total
        for i in range(len(place)):
            place[i] = place[i] + 0.3 * force[i]
    return place[0] * place[1] + place[4]


def two_grids(x):
    """Both are recorded in each turn, where the next loop begins."""
    u = x.copy()
    for _ in range(3):
        w = np.zeros(len(u))
        for i in range(len(u)):
            w[i] = u[i] * (1.0 - u[i])
        for i in range(1, len(u)):
            u[i] = u[i] + 0.5 * w[i - 1] * w[i]
    return u[0] * u[4] + u[2]


def old_values(x):
    """A copy of the program's own is recorded, and read before that."""
    u = x.copy()
    for _ in range(3):
        v = u.copy()
        for i in range(1, len(u)):
            u[i] = math.sin(v[i - 1] * v[i])
    return u[0] * u[4] + u[2]


def recorded_in_between(x):
    """The loops between record numbers of their own, on a tape of their own."""
    u = x.copy()
    total = 0.0
    for _ in range(3):
        w = np.zeros(len(u))
        for i in range(len(u)):
            w[i] = u[i] * (1.0 - u[i])
        part = 1.0
        for i in range(len(u)):
            part *= math.sin(u[i]) + w[i]
        for i in range(1, len(u)):
            u[i] = u[i] + 0.5 * w[i - 1] * w[i] * part
        for i in range(1, len(u)):
            part *= math.sin(u[i]) + w[i]
        total += part * u[3]
    return total


def carried_product(x):
    product = 1.0
    for i in range(len(x)):
        part = 0.0
        for j in range(i + 1):
            part += x[j]
        product *= part
    return product


def used_twice(x):
    total, other = 0.0, 0.0
    for i in range(len(x)):
        total += x[i] * x[i]
        other += total
    return other


def work_left_over(table):
    work = np.zeros(4)
    total = 0.0
    for i in range(len(table)):
        for j in range(1, len(work)):
            work[j] = work[j] + table[i, j]
        for j in range(len(work)):
            total += work[j] * work[j]
    return total


def work_partly_written(table):
    work = np.zeros(4)
    total = 0.0
    for i in range(len(table)):
        for j in range(i):
            work[j] = table[i, j]
        for j in range(len(work)):
            total += work[j] * work[j]
    return total


def work_read_later(table):
    work = np.zeros(4)
    total = 0.0
    for i in range(len(table)):
        for j in range(len(work)):
            work[j] = math.sin(table[i, j])
        for j in range(len(work)):
            total += work[j] * work[j]
    return total * work[2]


def neighbours(x):
    made = x.copy()
    for i in range(1, len(made)):
        part = 0.0
        for j in range(3):
            part += made[i - 1] * x[j]
        made[i] = part
    return made[4]


def shifted_stores(x):
    made = np.zeros(6)
    for i in range(len(x)):
        part = 0.0
        for j in range(2):
            part += x[j] * x[i]
        made[i] = part
        made[i + 1] = part * part
    return made[0] + made[1] * made[2] * made[5]


def changed_afterwards(x):
    kept = x.copy()
    total = 0.0
    for i in range(len(kept)):
        for j in range(i + 1):
            total += math.sin(kept[i] * kept[j])
    kept[:] = 0.0
    kept[1] = total
    return kept[1] * x[0]


def in_a_while(x):
    kept = x.copy()
    total = 1.0
    while total < 30.0:
        for i in range(len(kept)):
            for j in range(2):
                total += kept[i] * kept[j] * x[i]
        for i in range(len(kept)):
            kept[i] = 1.1 * kept[i]
    return total


FUSED = [
    (sums, (X,)),
    (sums_of_rows, (TABLE,)),
    (branches, (X,)),
    (gathered, (X, INDEX)),
    (work_array, (TABLE,)),
    (work_matrix, (TABLE,)),
    (inside_a_sum, (TABLE,)),
    (mixture, (TABLE,)),
    (mixture_with_branches, (TABLE,)),
    (mixture_that_counts, (TABLE,)),
    (mixture_of_own_arrays, (TABLE,)),
    (mixture_of_matrices, (TABLE,)),
    (sums_of_squares, (TABLE,)),
    (counted_along, (X,)),
]
AGAIN = [(weighted_later, (X,)), (histogram, (X, INDEX)), (own_rows, (X,))]
TAPED = [
    (carried_product, (X,)),
    (used_twice, (X,)),
    (work_left_over, (TABLE,)),
    (work_partly_written, (TABLE,)),
    (work_read_later, (TABLE,)),
    (neighbours, (X,)),
    (shifted_stores, (X,)),
    (changed_afterwards, (X,)),
    (moving_bodies, (X,)),
    (two_grids, (X,)),
    (old_values, (X,)),
    (recorded_in_between, (X,)),
    (in_a_while, (X,)),
    (kept_while_it_runs_again, (TABLE,)),
    (cholesky, (TABLE,)),
    (moving_points, (TABLE,)),
    (squared_at_the_end, (X,)),
    (squared_in_between, (X,)),
]
NAMES = [f.__name__ for f, _ in (*FUSED, *AGAIN, *TAPED)]


def reversed_program(function, args):
    call = Jitted(function).call(args, {})
    return call, gradient(call.program, [0])


def loops(function):
    return [s for s in function.body.statements if isinstance(s, For | While)]


@pytest.mark.parametrize(("function", "args"), [*FUSED, *AGAIN, *TAPED], ids=NAMES)
def test_reverse_agrees_with_forward(function, args):
    call, adjoint = reversed_program(function, args)
    program = call.program
    (param,) = wanted(program, [0])
    direction = spaces.random(args[0], np.random.default_rng(3))
    tangent = verify(simplify(forward(program.function, [param], [Var("dot", param.type)])))
    *_, slope = run(tangent, *snapshot(call.arguments), direction)
    given = snapshot(call.arguments)
    value, found = run(adjoint, *given)
    assert value == run(program.function, *snapshot(call.arguments))[0]
    np.testing.assert_allclose(np.sum(found * direction), slope, rtol=1e-12)
    for before, after in zip(call.arguments, given, strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(("function", "args"), [*FUSED, *AGAIN, *TAPED], ids=NAMES)
def test_the_printed_source_computes_what_the_interpreter_does(function, args):
    """Its tapes are arrays, in which what was taken back is overwritten."""
    call, adjoint = reversed_program(function, args)
    expected = run(adjoint, *snapshot(call.arguments))
    found = Executable(adjoint).python(*snapshot(call.arguments))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)


@pytest.mark.parametrize(("function", "args"), FUSED, ids=[f.__name__ for f, _ in FUSED])
def test_independent_iterations_run_once(function, args):
    call, adjoint = reversed_program(function, args)
    assert len(loops(adjoint)) == len(loops(call.program.function))


@pytest.mark.parametrize(("function", "args"), AGAIN, ids=[f.__name__ for f, _ in AGAIN])
def test_iterations_run_again(function, args):
    call, adjoint = reversed_program(function, args)
    first, *_ = loops(adjoint)
    assert not any(isinstance(s, Push) for s in walk(first.body))
    assert len(loops(adjoint)) == 2 * len(loops(call.program.function))


@pytest.mark.parametrize(
    ("function", "kept", "again"),
    [
        (mixture, 1, 1),
        (mixture_with_branches, 1, 0),
        (mixture_that_counts, 0, 3),
        (mixture_of_own_arrays, 1, 1),
        (mixture_of_matrices, 0, 4),
        (sums_of_squares, 0, 1),
    ],
)
def test_what_inner_loops_made_is_kept(function, kept, again):
    """How many loops of a turn keep something for its reverse, and how many run once more."""
    _, adjoint = reversed_program(function, (TABLE,))
    (whole,) = loops(adjoint)
    first, second = (s for s in whole.body.statements if isinstance(s, For) and nests(s))
    assert sum(isinstance(s, For) and pushes(s) for s in first.body.statements) == kept
    assert sum(runs_again(s) for s in walk(second.body) if isinstance(s, For)) == again
    assert not any(
        v.type.is_array for s in walk(adjoint.body) if isinstance(s, Push) for v in s.values
    )


def nests(loop):
    return any(isinstance(s, For) for s in walk(loop.body))


def pushes(loop):
    return any(isinstance(s, Push) for s in walk(loop.body))


def runs_again(loop):
    """True for a loop that computes what the program does: it stores no cotangents."""
    stores = [s for s in walk(loop.body) if isinstance(s, Store)]
    return not any(s.adds or isinstance(s.value, Const) for s in stores)


def test_what_was_checked_is_not_checked_again():
    def checked(x):
        total = 0.0
        for i in range(len(x)):
            for j in range(i + 1):
                if x[j] < 0.0:
                    raise ValueError("negative")
                total += math.sqrt(x[j]) * x[i]
        return total * total

    _, adjoint = reversed_program(checked, (X,))
    assert sum(isinstance(s, Raise) for s in walk(adjoint.body)) == 1
    with pytest.raises(ValueError, match="negative"):
        run(adjoint, -X)


def test_powers_need_no_guard():
    def cube(x):
        return x**3 + x**2

    call = Jitted(cube).call((3.0,), {})
    adjoint = gradient(call.program, [0])
    assert run(adjoint, 3.0) == (36.0, 33.0)
    assert run(adjoint, 0.0) == (0.0, 0.0)
    used = {s.function for s in walk(adjoint.body) if isinstance(s, Apply)}
    assert times not in used


def test_an_array_is_kept_whole():
    _, adjoint = reversed_program(moving_bodies, (X,))
    pushed = [v for s in walk(adjoint.body) if isinstance(s, Push) for v in s.values]
    assert [v.type.ndim for v in pushed] == [1]


def test_nothing_is_kept_that_does_not_change_any_more():
    _, adjoint = reversed_program(work_array, (TABLE,))
    copies = [s for s in walk(adjoint.body) if isinstance(s, Apply) and s.function is copy]
    assert not copies


def test_stores_are_not_repeated():
    _, adjoint = reversed_program(histogram, (X, INDEX))
    names = [s.array.name for s in walk(adjoint.body) if isinstance(s, Store)]
    assert names.count("zeros") <= 1


def test_a_divisor_is_divided_by_once():
    def shares(x):
        return math.sin(x[0] / x[2]) * math.cos(x[1] / x[2])

    three = X[:3].copy()
    call, adjoint = reversed_program(shares, (three,))
    ones = [s for s in walk(adjoint.body) if isinstance(s, Apply) and s.out.name == "inverse"]
    assert [s.args[0].value for s in ones] == [1.0, 1.0]
    program = wanted(call.program, [0])
    tangent = forward(call.program.function, program, [Var("dot", program[0].type)])
    *_, slope = run(tangent, three, np.array([0.3, -0.7, 1.9]))
    _, found = run(adjoint, three)
    np.testing.assert_allclose(found @ [0.3, -0.7, 1.9], slope, rtol=1e-12)


@pytest.mark.parametrize(("function", "count"), [(two_grids, 0), (recorded_in_between, 0)])
def test_what_is_recorded_at_once_is_not_copied_before(function, count):
    _, adjoint = reversed_program(function, (X,))
    inside = [s for loop in loops(adjoint) for s in walk(loop.body)]
    assert sum(isinstance(s, Apply) and s.function is copy for s in inside) == count


def copies(function, args):
    _, adjoint = reversed_program(function, args)
    return [s for s in walk(adjoint.body) if isinstance(s, Apply) and s.function is copy]


def test_a_matrix_is_not_copied_to_keep_a_row():
    assert not copies(cholesky, (TABLE,))


def test_a_matrix_is_recorded_to_keep_numbered_columns():
    """The one copy is the program's own."""
    assert len(copies(moving_points, (TABLE,))) == 1


def test_what_does_not_change_any_more_is_not_copied():
    """One is the copy that the program makes itself."""
    assert len(copies(squared_at_the_end, (X,))) == 1
    assert len(copies(squared_in_between, (X,))) == 2
