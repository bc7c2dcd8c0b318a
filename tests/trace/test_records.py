"""Structured arrays: records that are copied, selected or stored keep their derivatives."""

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import MissingRule

FIELDS = [("p", "f8", 2), ("m", "f8"), ("k", "i4"), ("q", [("r", "f8"), ("n", "i8")])]


def records(x):
    made = np.zeros(4, dtype=FIELDS)
    made["m"] = x
    made["p"][:, 1] = x * x
    made["k"] = np.arange(4)
    made["q"]["r"] = 3.0 * x
    return made


def weighed(found):
    """A number that tells which record each number is in."""
    weights = np.arange(1.0, len(found) + 1)
    whole = (found["k"] * weights).sum()
    moved = found["m"] + 2.0 * found["p"][:, 1] - found["q"]["r"] * found["m"]
    return (moved * weights).sum() * (1.0 + whole)


def stored_over(x):
    found = records(x * 2.0)
    found[1:3] = records(x)[:2]
    found[3] = records(x)[0]
    return weighed(found)


def constants_stored(x):
    found = records(x)
    found[0] = ((1.0, 2.0), 0.5, 7, (0.25, 1))
    found[2:] = np.zeros(2, FIELDS)
    return weighed(found)


def exchanged(x):
    found = records(x)
    found[[0, 2]] = found[[2, 0]]
    found[1:] = found[:-1]
    return weighed(found)


def sorted_in_place(x):
    found = records(x)
    found.sort(order="m")
    return weighed(found)


def one_by_one(x):
    found, total = records(x), 0.0
    for record in found:
        record["m"] *= record["p"][1]
        total += record["m"] * record[2] + record["q"]["r"]
    place, mass, _, inner = found[1]
    first = found[0]
    first["q"]["r"] = mass * place[1]
    found[3] = first
    return total + mass * place[1] * inner["r"] + found[2].item()[1] + weighed(found)


PROGRAMS = {
    "indices": lambda x: weighed(records(x)[[2, 0, 2]]),
    "mask": lambda x: weighed(records(x)[records(x)["m"] > 0.6]),
    "copy": lambda x: weighed(records(x).copy()),
    "sort": lambda x: weighed(np.sort(records(x), order="m")),
    "argsort": lambda x: weighed(records(x)[np.argsort(records(x), order="m")]),
    "concatenate": lambda x: weighed(np.concatenate([records(x), records(2.0 * x)])),
    "take": lambda x: weighed(np.take(records(x), [1, 3])),
    "repeat": lambda x: weighed(np.repeat(records(x), 2)),
    "where": lambda x: weighed(np.where(x > 0.6, records(x), records(2.0 * x))),
    "roll": lambda x: weighed(np.roll(records(x), 1)),
    "copied layout": lambda x: weighed(records(x).reshape(2, 2).T.ravel()),
    "slice": lambda x: weighed(records(x)[::-1][1:]),
    "stored": stored_over,
    "constants": constants_stored,
    "exchanged": exchanged,
    "sorted in place": sorted_in_place,
    "one by one": one_by_one,
    "attributes": lambda x: (records(x).view(np.recarray).m ** 2).sum(),
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_records_keep_their_derivatives(check, program):
    check(program, np.array([1.5, 0.5, 2.0, 0.7]))


def test_single_precision_only_rounds():
    def f(x):
        return records(x).astype([("a", "f4", 2), ("m", "f4"), ("k", "i4"), ("q", FIELDS[3][1])])[
            "m"
        ]

    slope = ad.grad(lambda x: (f(x) ** 2).sum())(np.array([1.5, 0.5, 2.0, 0.7]))
    np.testing.assert_allclose(slope, [3.0, 1.0, 4.0, 1.4], rtol=1e-6)


def test_second_derivatives():
    x = np.array([1.5, 0.5, 2.0, 0.7])
    hessian = ad.hessian(lambda x: (np.sort(records(x), order="m")["m"] ** 3).sum())(x)
    np.testing.assert_allclose(hessian, np.diag(6.0 * x))


@pytest.mark.parametrize(
    "lost",
    [
        lambda x: np.frombuffer(records(x).tobytes()[16:24])[0],
        lambda x: np.array([records(x)[0], records(x)[1]])["m"].sum(),
        lambda x: np.rec.array(records(x))[1].m,
    ],
    ids=["bytes", "array of records", "attribute of a record"],
)
def test_what_is_not_followed_is_refused(lost):
    with pytest.raises(MissingRule):
        ad.grad(lost)(np.array([1.5, 0.5, 2.0, 0.7]))
