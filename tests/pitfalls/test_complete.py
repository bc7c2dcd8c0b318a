"""Every known way to be silently wrong has a test that is named by its id."""

import ast
import re
from pathlib import Path

import pytest

SECTIONS = {"S": 20, "A": 18, "T": 13, "I": 17, "C": 20, "P": 8}
IDS = [f"{letter}{n}" for letter, count in SECTIONS.items() for n in range(1, count + 1)]


def names():
    """The ids in the names of the tests of this folder."""
    found = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.update(re.findall(r"(?<=_)([SATICP]\d+)(?=_|$)", node.name))
    return found


@pytest.mark.parametrize("name", IDS)
def test_every_id_has_a_test(name):
    assert name in names()


def test_no_test_has_an_id_that_does_not_exist():
    assert names() <= set(IDS)
