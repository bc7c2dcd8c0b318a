"""Published packages, unmodified: the right gradient or a clear error."""

import pytest

from thirdparty.cases import CASES
from thirdparty.corpus import score


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.filterwarnings("ignore")
def test_published_package(case):
    if case.version() is None:
        pytest.skip(f"{case.package} is not installed")
    result = score(case)
    expected = "refused" if case.refused else "correct"
    assert result.kind == expected, result.detail


def test_each_case_has_a_name_of_its_own():
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
