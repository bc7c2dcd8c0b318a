"""The checker of rules fails on every wrong rule it should know, and says what is wrong."""

import numpy as np
import pytest

from adjoint.errors import CheckFailed, MissingRule
from adjoint.rules.ruleset import RULES, Form, Rule
from adjoint.testing import check_rule
from adjoint.testing.verdict import InconclusiveCheck

X = np.array([[0.3, -1.2, 0.7], [1.9, 0.4, -0.8]])
Y = np.array([[1.3], [0.6]])


def product(x, y):
    return x * y


def right_vjp(ct, out, x, y):
    return ct * y, ct * x


def right_jvp(tangents, out, x, y):
    dx, dy = (0.0 if t is None else t for t in tangents)
    return np.broadcast_to(dx * y + x * dy, np.shape(out))


@pytest.fixture
def state():
    """Enter a rule of `product`, or of another function, for the time of a test."""
    entered = []

    def enter(vjp=right_vjp, jvp=right_jvp, function=product, **rest):
        entered.append(function)
        RULES[function] = Rule(
            function, rest.pop("form", Form.STRUCTURED), vjp=vjp, jvp=jvp, **rest
        )

    yield enter
    for function in set(entered):
        del RULES[function]


def doubled_in_place(ct, out, x, y):
    ct *= 2.0
    return 0.5 * ct * y, 0.5 * ct * x


WRONG_VJPS = {
    "1 times": lambda ct, out, x, y: (ct * y * (1 + 1e-7), ct * x),
    "times": lambda ct, out, x, y: (2.0 * ct * y, ct * x),
    "sign error": lambda ct, out, x, y: (ct * y, -ct * x),
    "missing contribution": lambda ct, out, x, y: (ct * y, None),
    "forgets an argument": lambda ct, out, x, y: (ct * y,),
    "argument 0": lambda ct, out, x, y: (np.flip(ct, -1) * y, ct * x),
    "the cotangent it was given": doubled_in_place,
    "not linear": lambda ct, out, x, y: (ct * np.abs(ct) * y, ct * x),
    "does not fit": lambda ct, out, x, y: ((ct * y).T, ct * x),
    "not finite": lambda ct, out, x, y: (ct * y, ct * x + np.inf),
    "no tuple": lambda ct, out, x, y: ct,
}


def test_a_right_rule_passes(state):
    state()
    check_rule(product, (X, Y))


@pytest.mark.parametrize("mistake", WRONG_VJPS)
def test_a_wrong_vjp_fails(state, mistake):
    state(vjp=WRONG_VJPS[mistake])
    with pytest.raises(CheckFailed) as caught:
        check_rule(product, (X, Y))
    if mistake not in ("1 times",):
        assert mistake in str(caught.value)


WRONG_JVPS = {
    "factor": lambda t, out, x, y: right_jvp(t, out, x, y) * (1 + 1e-6),
    "sign error": lambda t, out, x, y: -right_jvp(t, out, x, y),
    "flip": lambda t, out, x, y: np.flip(right_jvp(t, out, x, y), 1),
    "shape": lambda t, out, x, y: right_jvp(t, out, x, y)[0],
}


@pytest.mark.parametrize("mistake", WRONG_JVPS)
def test_a_wrong_jvp_fails(state, mistake):
    state(jvp=WRONG_JVPS[mistake])
    with pytest.raises(CheckFailed):
        check_rule(product, (X, Y))


def test_wrong_in_both_modes_alike_fails(state):
    state(
        vjp=lambda ct, out, x, y: (3.0 * ct * y, 3.0 * ct * x),
        jvp=lambda t, out, x, y: 3.0 * right_jvp(t, out, x, y),
    )
    with pytest.raises(CheckFailed, match="3 times"):
        check_rule(product, (X, Y))


def test_a_transposed_gradient_fails_and_is_named(state):
    square = np.array([[0.3, -1.2], [1.9, 0.4]])

    def scaled(x):
        return 2.0 * x

    state(lambda ct, out, x: (2.0 * ct,), lambda t, out, x: 2.0 * t[0].T, function=scaled)
    with pytest.raises(CheckFailed, match="transpose"):
        check_rule(scaled, (square,))


def test_a_wrong_partial_fails(state):
    state(None, None, form=Form.ELEMENTWISE, partials=(lambda x, y, out: y, lambda x, y, out: y))
    with pytest.raises(CheckFailed, match="argument 1"):
        check_rule(product, (X, Y))


def test_a_missing_complex_conjugate_fails(state):
    state(jvp=lambda t, out, x, y: right_jvp(t, out, x, y))
    with pytest.raises(CheckFailed):
        check_rule(product, (X * (1 + 2j), Y + 0j))


def test_one_mode_only_fails(state):
    state(jvp=None)
    with pytest.raises(CheckFailed, match="one mode"):
        check_rule(product, (X, Y))


def test_a_rule_that_claims_to_be_flat_fails():
    for form in (Form.ZERO, Form.NONE):
        RULES[product] = Rule(product, form)
        try:
            with pytest.raises(CheckFailed):
                check_rule(product, (X, Y))
        finally:
            del RULES[product]


def test_no_rule_is_an_error():
    with pytest.raises(MissingRule):
        check_rule(product, (X, Y))


def test_a_kink_is_inconclusive_rather_than_a_failure():
    with pytest.warns(InconclusiveCheck):
        check_rule(np.remainder, (np.array([4.0]), np.array([2.0])))
