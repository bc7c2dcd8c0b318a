"""Iterative solvers and eigenvalues of sparse matrices: right derivatives, on the pattern."""

import numpy as np
import pytest
import scipy.sparse as sp
import scipy.sparse.linalg as spl

import adjoint as ad
from adjoint import spaces
from adjoint.errors import MissingRule, NonDifferentiable
from adjoint.testing import check_grads

RNG = np.random.default_rng(20261124)
COUNT = 10
PLACES = np.arange(COUNT)
ROWS = np.concatenate([PLACES, PLACES[:-1], PLACES[1:]])
COLUMNS = np.concatenate([PLACES, PLACES[1:], PLACES[:-1]])
DIAGONAL = PLACES + 4.0 + 0.1 * RNG.standard_normal(COUNT)
BESIDE = 0.5 * RNG.standard_normal(COUNT - 1)
ENTRIES = np.concatenate([DIAGONAL, 0.3 * RNG.standard_normal(2 * COUNT - 2)])
RIGHT = RNG.standard_normal(COUNT)
GUESS = RNG.standard_normal((COUNT, 2))
START = RNG.standard_normal(COUNT)
WHOLE = RNG.standard_normal((5, 4))
STEEP = np.diag([5.0, 3.0, 2.0, 1.0]) + 0.1 * RNG.standard_normal((4, 4))


def matrix(values, kind=sp.csr_array):
    return kind((values, (ROWS, COLUMNS)), shape=(COUNT, COUNT))


def symmetric(diagonal, beside, kind=sp.csr_array):
    return matrix(np.concatenate([diagonal, beside, beside]), kind)


def solving(solver, **options):
    def solution(diagonal, beside, right):
        return solver(symmetric(diagonal, beside), right, rtol=1e-13, **options)[0]

    return solution, DIAGONAL, BESIDE, RIGHT


def scaled(diagonal, beside, right):
    """With a preconditioner that carries derivatives too."""
    return spl.gmres(symmetric(diagonal, beside), right, M=sp.diags(1 / diagonal), rtol=1e-13)[0]


def incomplete(diagonal, beside, right):
    system = symmetric(diagonal, beside, sp.csc_matrix)
    known = spl.LinearOperator(system.shape, spl.spilu(system).solve)
    return spl.gmres(system, right, M=known, rtol=1e-13)[0]


def by_function(diagonal, beside, right):
    system = symmetric(diagonal, beside)
    product = spl.LinearOperator(system.shape, lambda x: system @ x, dtype=float)
    return spl.cg(product, right, rtol=1e-13)[0]


def rank_two(values):
    """Signs of singular vectors are chance, their products are not."""
    u, s, vh = spl.svds(matrix(values), 2, v0=START)
    return (u * s**2) @ vh


def triangles_of(values):
    factors = spl.splu(matrix(values, sp.csc_array))
    return np.sum(np.log(np.abs(factors.U.diagonal()))), factors.L @ START, factors.U @ START


class Counted:
    """Factors that count the systems they solve."""

    def __init__(self, factors):
        self.factors, self.systems = factors, []

    def solve(self, right, trans="N"):
        self.systems.append(trans)
        return self.factors.solve(right, trans)


SOLVERS = (spl.cg, spl.cgs, spl.bicg, spl.bicgstab, spl.gmres, spl.lgmres, spl.gcrotmk, spl.qmr)
SYSTEM = (DIAGONAL, BESIDE, RIGHT)
PROGRAMS = {
    **{solver.__name__: solving(solver) for solver in (*SOLVERS, spl.minres, spl.tfqmr)},
    "x0": solving(spl.cg, x0=START),
    "dense": (lambda a, b: spl.gmres(a, b, rtol=1e-13)[0], STEEP, RIGHT[:4]),
    "complex": (lambda a, b: spl.gmres(a, b, rtol=1e-13)[0], STEEP + 0.3j, RIGHT[:4] + 1j),
    "column": (lambda a, b: spl.gmres(a, b, rtol=1e-13)[0], STEEP, RIGHT[:4, None]),
    "M": (scaled, *SYSTEM),
    "spilu as M": (incomplete, *SYSTEM),
    "operator": (by_function, *SYSTEM),
    "spilu": (lambda b: spl.spilu(matrix(ENTRIES, sp.csc_array)).solve(b, "T"), RIGHT),
    "splu": (lambda b: spl.splu(matrix(ENTRIES, sp.csc_array)).solve(b), RIGHT),
    "splu of its entries": (
        lambda v, b: spl.splu(matrix(v, sp.csc_array)).solve(b, "T"), ENTRIES, RIGHT,
    ),
    "splu complex": (
        lambda v, b: spl.splu(matrix(v * 1j + ENTRIES, sp.csc_array)).solve(b, "H"), ENTRIES, RIGHT,
    ),
    "triangles": (triangles_of, ENTRIES),
    "eigsh": (lambda d, o: spl.eigsh(symmetric(d, o), 3, v0=START), DIAGONAL, BESIDE),
    "eigsh sigma": (
        lambda d, o: spl.eigsh(symmetric(d, o), 2, sigma=6.3, v0=START), DIAGONAL, BESIDE,
    ),
    "eigsh values": (
        lambda d, o: spl.eigsh(
            symmetric(d, o), 3, which="SA", v0=START, return_eigenvectors=False
        ),
        DIAGONAL, BESIDE,
    ),
    "eigs": (lambda v: spl.eigs(matrix(v), 3, v0=START)[0], ENTRIES),
    "eigs vectors": (lambda v: np.abs(spl.eigs(matrix(v), 3, v0=START)[1]), ENTRIES),
    "eigs values": (
        lambda v: spl.eigs(matrix(v), 3, v0=START, return_eigenvectors=False), ENTRIES,
    ),
    "svds": (rank_two, ENTRIES),
    "svds values": (lambda v: spl.svds(matrix(v), 2, return_singular_vectors=False), ENTRIES),
    "svds dense": (lambda a: spl.svds(a, 2, v0=np.ones(4))[1], WHOLE),
    "lobpcg": (
        lambda d, o: np.abs(
            spl.lobpcg(symmetric(d, o), GUESS, tol=1e-7, maxiter=100)[1]
        ),
        DIAGONAL, BESIDE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    function, *args = PROGRAMS[name]
    value = ad.vjp(function, *args)[0]
    for got, wanted in zip(*(spaces.flatten(v)[0] for v in (value, function(*args))), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-11)
    check_grads(function, tuple(args), rtol=1e-5)


@pytest.mark.parametrize("name", ["gmres", "eigsh"])
def test_second_derivative(name):
    function, *args = PROGRAMS[name]
    check_grads(function, tuple(args), order=2, rtol=1e-5)


def test_a_gradient_is_one_more_solution_with_the_same_factors(monkeypatch):
    made, splu = [], spl.splu

    def counting(system):
        made.append(Counted(splu(system)))
        return made[-1]

    monkeypatch.setattr(spl, "splu", counting)
    gradient = ad.grad(lambda v: np.sum(spl.spsolve(matrix(v, sp.csc_array), RIGHT) ** 2))(ENTRIES)
    assert gradient.shape == ENTRIES.shape  # on the pattern
    assert [factors.systems for factors in made] == [["N", "H"]]


def test_incomplete_factors_have_no_derivative_of_their_own():
    def solution(diagonal):
        return spl.spilu(symmetric(diagonal, BESIDE, sp.csc_matrix)).solve(RIGHT).sum()

    with pytest.raises(NonDifferentiable, match="preconditioner"):
        ad.grad(solution)(DIAGONAL)


@pytest.mark.parametrize(
    "function",
    [
        lambda d: spl.eigsh(sp.diags_array(d, format="csr"), 2, v0=START)[1][-1].sum(),
        lambda d: np.real(spl.eigs(matrix(turning(d)), 2, v0=START)[1]).sum(),
    ],
    ids=["repeated", "phase"],
)
def test_vectors_that_are_chance_are_refused(function):
    equal = DIAGONAL.copy()
    equal[-1] = equal[-2] = 30.0
    with pytest.raises(NonDifferentiable):
        ad.grad(function)(equal)


def test_the_sum_of_repeated_eigenvalues():
    equal = DIAGONAL.copy()
    equal[-1] = equal[-2] = 30.0
    gradient = ad.grad(lambda d: spl.eigsh(sp.diags_array(d, format="csr"), 2, v0=START)[0].sum())(
        equal
    )
    np.testing.assert_allclose(gradient, np.where(equal == 30.0, 1.0, 0.0), atol=1e-12)


def turning(diagonal):
    """Pairs of complex eigenvalues."""
    return np.concatenate([diagonal, np.full(COUNT - 1, 9.0), np.full(COUNT - 1, -9.0)])


def test_a_pencil_is_refused():
    with pytest.raises(MissingRule):
        ad.grad(lambda d: spl.eigsh(symmetric(d, BESIDE), 2, M=sp.eye_array(COUNT))[0].sum())(
            DIAGONAL
        )
