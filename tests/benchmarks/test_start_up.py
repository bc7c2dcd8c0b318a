"""The benchmark of first gradients: it runs, and says what it ran."""

from benchmarks.start_up import RUNS, all_measured, markdown


def test_a_first_and_a_next_process():
    content = all_measured(["lotka_volterra"], rounds=1)
    rows = content["lotka_volterra"]
    assert set(rows) == set(RUNS)
    for row in rows.values():
        assert 0.0 < row["later"]["first call"] < row["later"]["process"]
    assert "| lotka volterra |" in markdown(content)
