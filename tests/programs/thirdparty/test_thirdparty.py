"""Published packages, unmodified: the right gradient or a clear error."""

import numpy as np
import pytest

import adjoint as ad
from adjoint.testing import audit
from thirdparty import molecules
from thirdparty.cases import CASES
from thirdparty.corpus import argument, score


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.filterwarnings("ignore")
def test_published_package(case):
    if case.version() is None:
        pytest.skip(f"{case.package} is not installed")
    result = score(case)
    assert result.kind == ("refused" if case.refused else "correct"), result.detail


# What the audit rightly notices, and what changes no derivative.
NOTICED = {
    "colorzero:tinted": "constant",  # numbers become fractions in order to be compared
    "trimesh:inertia_of_a_box": "unwatched",  # the contents of an array are a key of a cache
    "PyMeeus:sun_and_moon": "constant",  # a day of the calendar is a whole number
    "scikit-spatial:lines_and_planes": "unwatched",  # NumPy asks the class to wrap a result
    "quantities:distance_in_units": "unwatched",  # NumPy asks the class to wrap a result
    "unyt:energy_in_units": "unwatched",  # the same
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.filterwarnings("ignore")
def test_audited(case):
    """Nothing that moves with the point is cut off from it, and all code is watched."""
    if case.version() is None or case.refused:
        pytest.skip(f"{case.package} is not installed, or refused")
    report = audit(case.function, argument(np.asarray(case.point, float)))
    found = {f.kind for f in report.findings if f.kind in ("constant", "unwatched")}
    assert found == ({NOTICED[case.name]} if case.name in NOTICED else set())


@pytest.mark.filterwarnings("ignore")
def test_the_gradient_of_an_energy_is_minus_the_forces():
    pytest.importorskip("ase")
    places = molecules.PLACES
    forces = molecules.bound(molecules.cluster(places)).get_forces()
    assert np.allclose(ad.grad(molecules.lennard_jones)(places), -forces, rtol=1e-12, atol=1e-11)


def test_each_case_has_a_name_of_its_own():
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
