"""The command as a user types it: what it prints, and its exit codes."""

import json
import re
import textwrap
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from adjoint.cli import app

runner = CliRunner()


def run(*words):
    return runner.invoke(app, list(words))


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(
        textwrap.dedent("""
        import numpy as np

        def area(width, height=2.0, *, scale=1):
            return width * height * scale

        def wrong(x):
            raise ValueError("no good")

        def norm(x):
            return np.sum(np.asarray(x) ** 2)

        def lazy(x):
            yield x

        number = 3

        def lost(x, y=1.0):
            return x * (int(y * 1e9) / 1e9)
        """)
    )
    return str(path)


def derivatives(result):
    return {
        name: entry["derivatives"] for name, entry in json.loads(result.stdout)["inputs"].items()
    }


def test_jacobian_of_the_standard_librarys_own_source():
    result = run("grad", "colorsys:rgb_to_hls", "0.8", "0.4", "0.1", "--json")
    assert result.exit_code == 0, result.output
    table = derivatives(result)
    # h = (g - b) / (r - b) / 6, l = (r + b) / 2, s = (r - b) / (r + b) on this branch
    r, g, b = 0.8, 0.4, 0.1
    expected = {
        "r": [-(g - b) / (r - b) ** 2 / 6, 0.5, 2 * b / (r + b) ** 2],
        "g": [1 / (r - b) / 6, 0.0, 0.0],
        "b": [(g - r) / (r - b) ** 2 / 6, 0.5, -2 * r / (r + b) ** 2],
    }
    for name, numbers in expected.items():
        np.testing.assert_allclose(list(table[name].values()), numbers, rtol=1e-12, atol=1e-15)


def test_linear_regression():
    result = run("grad", "statistics:linear_regression", "[1, 2, 4]", "[2.0, 4.5, 8.0]", "--json")
    assert result.exit_code == 0, result.output
    x = np.array([1.0, 2.0, 4.0])
    slope = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
    table = derivatives(result)
    np.testing.assert_allclose([table[f"y[{i}]"]["slope"] for i in range(3)], slope, rtol=1e-12)
    assert json.loads(result.stdout)["fixed"] == ["x"]


def test_table_shows_names_values_and_derivatives(program):
    result = run("grad", f"{program}:area", "3.0", "height=4.0", "scale=2")
    assert result.exit_code == 0, result.output
    for text in ("width", "height", "24", "∂output", "held fixed", "scale"):
        assert text in result.stdout


def test_negative_numbers_are_arguments(program):
    result = run("grad", f"{program}:area", "-3.0", "-1.5", "--json")
    assert derivatives(result) == {"width": {"output": -1.5}, "height": {"output": -3.0}}


@pytest.mark.parametrize("word", ["[1.0, 2.0]", "array([1.0, 2.0])"])
def test_arrays_and_lists(program, word):
    result = run("grad", f"{program}:norm", word, "--json")
    assert result.exit_code == 0, result.output
    assert derivatives(result) == {"x[0]": {"output": 2.0}, "x[1]": {"output": 4.0}}


def test_check_passes_on_a_right_derivative(program):
    result = run("check", f"{program}:area", "3.0")
    assert result.exit_code == 0, result.output
    assert "passed" in result.stdout


def test_check_compares_the_tiers():
    result = run("check", "colorsys:rgb_to_hls", "0.8", "0.4", "0.1", "--json")
    verdict = json.loads(result.stdout)
    assert verdict["passed"]
    assert all(line["compiled"] is not None for line in verdict["derivatives"])


def test_explain_prints_python(program):
    result = run("explain", f"{program}:area", "3.0", "2.0")
    assert result.exit_code == 0, result.output
    compile(result.stdout, "<adjoint>", "exec")


def test_explain_writes_one_whole_page(program, tmp_path):
    page = tmp_path / "page.html"
    result = run("explain", f"{program}:area", "3.0", "2.0", "--html", str(page))
    assert result.exit_code == 0, result.output
    text = page.read_text()
    assert text.startswith("<!DOCTYPE html>")
    assert "http" not in text  # nothing from outside
    assert "data-links" in text
    assert list(tmp_path.glob(".page*")) == []


def test_the_page_shows_the_authors_own_lines(tmp_path):
    page = tmp_path / "page.html"
    run("explain", "colorsys:rgb_to_hls", "0.8", "0.4", "0.1", "--html", str(page))
    text = page.read_text()
    assert "sumc = (maxc+minc)" in re.sub(r"<[^>]*>", "", text)


def test_audit_of_a_program_that_is_right():
    result = run("audit", "statistics:linear_regression", "[1.0, 2.0, 4.0]", "[2.0, 4.5, 8.0]")
    assert result.exit_code == 0, result.output
    assert "nothing found" in result.stdout


@pytest.mark.parametrize("words", [["2.0", "0.3"], ["2.0", "y=0.3"]])
def test_audit_names_the_line_where_a_derivative_is_lost(program, words):
    result = run("audit", f"{program}:lost", *words, "--json")
    assert result.exit_code == 1, result.output
    report = json.loads(result.stdout)
    assert not report["ok"]
    assert report["findings"][0]["kind"] == "constant"
    assert report["findings"][0]["place"] == f"{program}:19"


def test_audit_prints_a_table(program, monkeypatch):
    monkeypatch.chdir(Path(program).parent)
    result = run("audit", "program.py:lost", "2.0", "0.3")
    assert result.exit_code == 1
    assert " program.py:19 " in result.stdout
    assert "findings" in result.stdout


BAD = {
    "no colon": (["colorsys"], "is not a target"),
    "no module": (["nowhere_to_be_found:f"], "no module"),
    "no file": (["nowhere.py:f"], "no file"),
    "no function": (["colorsys:rgb_to_hsl"], "did you mean"),
    "not a literal": (["colorsys:rgb_to_hls", "red"], "not a Python literal"),
    "only integers": (["colorsys:rgb_to_hls", "1", "0", "0"], "write 2.0 for 2"),
    "wrong number": (["colorsys:rgb_to_hls", "1.0"], "raised TypeError"),
    "positional after keyword": (["colorsys:rgb_to_hls", "r=1.0", "2.0"], "after a keyword"),
    "twice": (["colorsys:rgb_to_hls", "r=1.0", "r=2.0"], "given twice"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("command", ["grad", "check", "audit", "explain"])
def test_bad_input_gets_one_clear_line(command, case):
    words, message = BAD[case]
    result = run(command, *words)
    assert result.exit_code in (1, 2)
    assert message in result.stderr or (case, command) == ("only integers", "explain")
    assert "Traceback" not in result.output


def test_the_programs_own_exception_is_one_line(program):
    result = run("grad", f"{program}:wrong", "1.0")
    assert result.exit_code == 2
    assert "raised ValueError: no good" in result.stderr


def test_a_refusal_names_the_line(program):
    result = run("explain", f"{program}:lazy", "1.0")
    assert result.exit_code == 1
    assert "line 14" in result.stderr
    assert "yield" in result.stderr


def test_not_a_function(program):
    result = run("grad", f"{program}:number", "1.0")
    assert result.exit_code == 2
    assert "is not a function" in result.stderr


def test_what_is_kept_on_disk_can_be_seen_and_removed(tmp_path, monkeypatch):
    monkeypatch.setenv("ADJOINT_CACHE_DIR", str(tmp_path / "kept"))
    assert run("cache", "where").stdout.strip() == str(tmp_path / "kept")
    assert run("cache", "size").stdout == "0 functions, 0.0 MB\n"
    entry = tmp_path / "kept" / "ab" / "cdef"
    entry.mkdir(parents=True)
    (entry / "sealed.json").write_text("{}" + " " * 200_000)
    assert run("cache", "size").stdout == "1 functions, 0.2 MB\n"
    assert run("cache", "clear").stdout == "removed 1 functions\n"
    assert not entry.exists()
    monkeypatch.setenv("ADJOINT_CACHE_DIR", "")
    assert run("cache", "where").exit_code == 2
