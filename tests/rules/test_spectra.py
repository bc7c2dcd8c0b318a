"""Repeated eigenvalues and singular values: what is defined is right, the rest is refused."""

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import NonDifferentiable
from adjoint.testing import check_grads

RNG = np.random.default_rng(20261121)
TURN = np.linalg.qr(RNG.standard_normal((4, 4)))[0]
DOUBLE = TURN @ np.diag([1.0, 1.0, 3.0, 4.0]) @ TURN.T  # two equal eigenvalues
WEIGHT = RNG.standard_normal((4, 4))


def symmetric(a):
    return 0.5 * (a + a.T)


def test_sum_of_eigenvalues_of_the_identity():
    np.testing.assert_allclose(ad.grad(lambda a: np.linalg.eigvalsh(a).sum())(np.eye(3)), np.eye(3))
    np.testing.assert_allclose(ad.grad(lambda a: np.linalg.svdvals(a).sum())(np.eye(3)), np.eye(3))
    np.testing.assert_allclose(ad.grad(lambda a: np.linalg.eigh(a)[0].sum())(np.eye(3)), np.eye(3))


def test_smooth_function_of_the_values_at_repeated_ones():
    gradient = ad.grad(lambda a: (np.linalg.eigvalsh(symmetric(a)) ** 3).sum())(DOUBLE)
    np.testing.assert_allclose(gradient, 3.0 * DOUBLE @ DOUBLE, atol=1e-12)
    gradient = ad.grad(lambda a: (np.linalg.svd(a)[1] ** 2).sum())(DOUBLE)
    np.testing.assert_allclose(gradient, 2.0 * DOUBLE, atol=1e-12)


def test_equal_eigenvalues_share_the_slope_of_the_largest():
    gradient = ad.grad(lambda a: np.linalg.eigvalsh(a)[-1])(np.eye(4))
    np.testing.assert_allclose(gradient, np.eye(4) / 4)
    _, pushed = ad.jvp(lambda a: np.linalg.eigvalsh(a)[-1], (np.eye(4),), (WEIGHT,))
    assert pushed == pytest.approx(np.trace(WEIGHT) / 4)


def test_projection_on_a_separated_cluster():
    def of_cluster(a):
        vectors = np.linalg.eigh(symmetric(a))[1][:, :2]
        return (vectors @ vectors.T * WEIGHT).sum()

    direction = symmetric(RNG.standard_normal((4, 4)))
    step = 1e-5
    gradient = ad.grad(of_cluster)(DOUBLE)
    wanted = (of_cluster(DOUBLE + step * direction) - of_cluster(DOUBLE - step * direction)) / (
        2 * step
    )
    assert (gradient * direction).sum() == pytest.approx(wanted, rel=1e-7)


def test_polar_factor_at_equal_singular_values():
    """Singular vectors of equal singular values, in a product that does not depend on them."""

    def factor(a):
        u, _, vh = np.linalg.svd(a)
        return ((u @ vh) * WEIGHT).sum()

    gradient = ad.grad(factor)(TURN)
    turned = TURN.T @ WEIGHT
    np.testing.assert_allclose(gradient, TURN @ (turned - turned.T) / 2, atol=1e-12)
    with pytest.raises(NonDifferentiable):  # along the axes chance cannot be told from reason
        ad.grad(factor)(np.eye(4))


@pytest.mark.parametrize(
    "function",
    [
        lambda a: np.linalg.eigh(a)[1][0, 0],
        lambda a: (lambda w, v: (v * w @ v.T * WEIGHT).sum())(*np.linalg.eigh(a)),
        lambda a: np.linalg.svd(a)[0][0] @ WEIGHT[0],
        lambda a: np.linalg.eig(a)[1][0] @ WEIGHT[0],
        lambda a: np.linalg.eigvals(a) @ WEIGHT[0],
    ],
    ids=["eigh", "eigh-both", "svd", "eig", "eigvals"],
)
def test_what_depends_on_the_basis_is_refused_with_the_line(function):
    with pytest.raises(NonDifferentiable) as caught:
        ad.grad(lambda a: abs(function(a)))(DOUBLE)
    assert caught.value.place.filename == __file__
    assert "np.linalg" in caught.value.place.text


def test_forward_mode_refuses_a_direction_that_turns_a_cluster():
    with pytest.raises(NonDifferentiable):
        ad.jvp(lambda a: np.linalg.eigh(a)[1], (np.eye(3),), (np.ones((3, 3)),))
    with pytest.raises(NonDifferentiable):
        ad.jvp(lambda a: np.linalg.svd(a)[0], (np.eye(3),), (np.ones((3, 3)),))


def test_vectors_of_a_singular_value_of_zero_are_refused():
    low = np.outer([1.0, 2.0, 3.0], [1.0, -1.0])
    with pytest.raises(NonDifferentiable):
        ad.grad(lambda a: np.linalg.svd(a, full_matrices=False)[0][0, 1])(low)
    gradient = ad.grad(lambda a: np.linalg.svd(a)[1].sum())(low)  # slope 0 at the zero
    np.testing.assert_allclose(gradient, low / np.linalg.norm(low), atol=1e-12)


def test_defective_matrix_is_refused():
    with pytest.raises(NonDifferentiable, match="fewer independent eigenvectors"):
        ad.grad(lambda a: np.linalg.eigvals(a).sum().real)(np.array([[1.0, 1.0], [0.0, 1.0]]))


def test_dependent_columns_are_refused_by_qr():
    with pytest.raises(NonDifferentiable, match="not independent"):
        ad.grad(lambda a: np.linalg.qr(a)[1].sum())(np.ones((3, 2)))


def test_complement_of_the_columns_by_its_projection():
    def onto_rest(a):
        rest = np.linalg.svd(a)[0][:, 2:]
        return (rest @ rest.T * WEIGHT).sum()

    check_grads(onto_rest, (RNG.standard_normal((4, 2)),))
    with pytest.raises(NonDifferentiable):
        ad.grad(lambda a: np.linalg.svd(a)[0][0, 3])(RNG.standard_normal((4, 2)))


def test_only_the_triangle_that_is_read_has_a_gradient():
    """A matrix of which a program fills one half only."""

    def largest(x):
        a = np.zeros((2, 2))
        a[0, 0], a[1, 0], a[1, 1] = x[0], x[1], x[2]
        return np.linalg.eigh(a)[0][1] + np.linalg.cholesky(a).sum()

    check_grads(largest, (np.array([2.0, 0.5, 1.0]),))


def test_least_squares_that_keep_their_rank():
    """Both columns move together, so the rank stays one."""

    def fitted(x):
        a = np.stack([x, 2.0 * x], axis=1)
        return np.linalg.lstsq(a, np.arange(4.0), rcond=None)[0] + np.linalg.pinv(a)[:, 0]

    check_grads(fitted, (np.array([1.0, -2.0, 0.5, 3.0]),))


def test_a_matrix_of_one_number():
    check_grads(lambda x: np.linalg.eigh(np.array([[x]]))[0] * x, (1.7,))
    check_grads(lambda x: np.linalg.svd(np.array([[x]]))[1] * x, (1.7,))


def test_the_phase_of_a_complex_null_space_is_refused():
    rng = np.random.default_rng(4)
    a = rng.standard_normal((2, 3)) + 1j * rng.standard_normal((2, 3))

    def beyond(a):
        return np.linalg.svd(a)[2][2]

    with pytest.raises(NonDifferentiable, match="phase"):
        ad.grad(lambda a: np.sum(beyond(a).real))(a)
    check_grads(lambda a: np.absolute(beyond(a)) ** 2, (a,))
