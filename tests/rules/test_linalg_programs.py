"""Factors of `scipy.linalg` that have programs: the values of SciPy, and right derivatives."""

import numpy as np
import pytest
import scipy.linalg as sl

import adjoint as ad
from adjoint import spaces
from adjoint.errors import NonDifferentiable
from adjoint.testing import check_grads

RNG = np.random.default_rng(20261123)


def R(*shape):
    return RNG.standard_normal(shape)


def C(*shape):
    return R(*shape) + 1j * R(*shape)


BANDS = np.stack([0.3 * R(6), 0.4 * R(6), np.arange(6) + 3.0])
SPREAD = 0.3 * R(6, 6) + np.diag([1.0, 3.0, 5.0, 5.0, 8.0, 9.0])
SPREAD[2, 3], SPREAD[3, 2] = 2.0, -3.0  # a complex pair
ORDER = np.arange(5) + 1j
PROGRAMS = {
    "hessenberg": (lambda a: sl.hessenberg(a, calc_q=True), R(5, 5)),
    "hessenberg complex": (lambda a: sl.hessenberg(a, calc_q=True), C(4, 4)),
    "qr full": (lambda a: sl.qr(a), R(5, 3)),
    "qr full complex": (lambda a: sl.qr(a), C(5, 3)),
    "qr full pivots": (lambda a: sl.qr(a, pivoting=True)[:2], R(5, 3)),
    "qr complete": (lambda a: tuple(np.linalg.qr(a, mode="complete")), R(2, 4, 2)),
    "ldl": (lambda a: sl.ldl(a)[:2], R(5, 5)),
    "ldl upper": (lambda a: sl.ldl(a, lower=False)[:2], R(5, 5)),
    "ldl symmetric": (lambda a: sl.ldl(a, lower=False, hermitian=False)[:2], C(4, 4)),
    "balance": (lambda a: sl.matrix_balance(a)[0], R(4, 4) + np.diag([0.0, 0.0, 30.0], 1)),
    "balance parts": (
        lambda a: sl.matrix_balance(a, separate=True)[0], R(4, 4) + np.diag([20.0, 0.0], 2),
    ),
    "update": (lambda a, u, v: sl.qr_update(*sl.qr(a), u, v), R(4, 3), R(4), R(3)),
    "update economic": (
        lambda a, u, v: sl.qr_update(*sl.qr(a, mode="economic"), u, v), R(6, 3), R(6), R(3),
    ),
    "update rank 2": (lambda a, u, v: sl.qr_update(*sl.qr(a), u, v), R(3, 3), R(3, 2), R(3, 2)),
    "insert": (lambda a, u: sl.qr_insert(*sl.qr(a), u, 1), R(3, 3), R(3)),
    "insert columns": (lambda a, u: sl.qr_insert(*sl.qr(a), u, 1, which="col"), R(5, 2), R(5, 2)),
    "insert rows": (
        lambda a, u: sl.qr_insert(*sl.qr(a, mode="economic"), u, 1), R(4, 3), R(2, 3),
    ),
    "delete": (lambda a: sl.qr_delete(*sl.qr(a), 1), R(4, 4)),
    "delete column": (lambda a: sl.qr_delete(*sl.qr(a), 1, which="col"), R(3, 3)),
    "bands": (lambda a: sl.eig_banded(a), BANDS),
    "bands lower": (
        lambda a: sl.eig_banded(a[::-1], lower=True, select="i", select_range=(1, 3)), BANDS,
    ),
    "procrustes": (lambda a, b: sl.orthogonal_procrustes(a, b), R(5, 3), R(5, 3)),
    "procrustes complex": (lambda a, b: sl.orthogonal_procrustes(a, b), C(4, 2), C(4, 2)),
    "polar wide": (lambda a: sl.polar(a), R(2, 4)),
    "schur": (lambda a: sl.schur(a), SPREAD),
    "schur sorted": (lambda a: sl.schur(a, sort="lhp")[:2], SPREAD - 5.0 * np.eye(6)),
    "schur of one": (lambda a: sl.schur(a), R(1, 1)),
    "rsf2csf": (lambda a: sl.rsf2csf(*sl.schur(a)), R(4, 4)),
    "signm": (lambda a: sl.signm(a), R(3, 3) + np.diag([4.0, -3.0, 5.0])),
    "signm complex": (lambda a: sl.signm(a), C(3, 3) + np.diag([5.0, -5.0, 6.0])),
    "funm": (lambda a: sl.funm(a, np.exp), R(4, 4)),
    "funm complex": (lambda a: sl.funm(a, np.sin, disp=True), C(3, 3)),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    function, *args = PROGRAMS[name]
    value = ad.vjp(function, *args)[0]
    for got, wanted in zip(*(spaces.flatten(v)[0] for v in (value, function(*args))), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-11)
    check_grads(function, tuple(args))


def test_second_derivative_of_the_schur_form():
    check_grads(lambda a: sl.schur(a), (R(4, 4),), order=2)


def invariant(a):
    """Nothing here depends on the phases of a complex Schur form."""
    t, z = sl.schur(a, output="complex")[:2]
    return np.real(np.diagonal(t) ** 2 @ ORDER) + np.sum(np.abs(z)) + np.sum(np.abs(t) ** 2)


def test_complex_schur_form_has_the_derivative_of_what_no_phase_changes():
    for a in (R(5, 5), C(5, 5)):
        direction, step = C(5, 5) if np.iscomplexobj(a) else R(5, 5), 1e-6
        pulled = np.sum(np.real(np.conj(ad.grad(invariant)(a)) * direction))
        wanted = (invariant(a + step * direction) - invariant(a - step * direction)) / (2 * step)
        assert pulled == pytest.approx(wanted, rel=1e-6, abs=1e-7)


TURNED = np.linalg.qr(R(3, 3))[0]
ROTATION = np.array([[0.6, -0.8], [0.8, 0.6]])


@pytest.mark.parametrize(
    ("function", "a"),
    [
        (lambda a: np.sum(np.real(sl.schur(a, output="complex")[1])), R(4, 4)),
        (lambda a: np.sum(sl.schur(a)[1]), np.diag([1.0, 1.0, 2.0])),
        (lambda a: np.sum(sl.schur(a)[1]), TURNED @ np.diag([1.0, 1.0, 2.0]) @ TURNED.T),
        (lambda a: np.sum(sl.polar(a)[0]), np.outer(np.arange(3.0), np.arange(3.0))),
        (lambda a: sl.schur(a)[1][0, 0], ROTATION),  # any basis of the plane is a Schur basis
        (lambda a: np.sum(sl.hessenberg(a)), np.triu(R(4, 4), -1)),
        (lambda a: np.sum(sl.funm(a, np.exp)), np.array([[1.0, 1.0], [0.0, 1.0]])),
    ],
    ids=["phase", "equal", "equal to rounding", "rank", "plane", "jump", "defective"],
)
def test_refused(function, a):
    with pytest.raises(NonDifferentiable) as caught:
        ad.grad(function)(a)
    assert __file__ in (caught.value.place.filename, getattr(caught.value.caller, "filename", ""))


def test_forward_mode_refuses_phases():
    with pytest.raises(NonDifferentiable):
        ad.jvp(lambda a: sl.schur(a, output="complex")[1], (R(3, 3),), (R(3, 3),))
