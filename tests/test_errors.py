"""Every error says where, what, and what instead."""

import pytest

from adjoint import errors


def all_errors():
    found = [errors.AdjointError]
    for cls in found:
        found.extend(cls.__subclasses__())
    return found


@pytest.mark.parametrize("cls", all_errors())
def test_carries_the_line_that_raised(cls):
    with pytest.raises(cls) as caught:
        raise cls("it is wrong", instead="do it right")
    assert caught.value.place.filename == __file__
    assert "raise cls(" in caught.value.place.text
    assert "do it right" in str(errors.AdjointError.__str__(caught.value))


def test_the_place_is_marked_with_a_caret(tmp_path):
    path = tmp_path / "model.py"
    path.write_text("def f(x):\n    yield x\n")
    text = str(errors.Place(str(path), 2, 4, 11))
    assert text.splitlines()[-1] == "    ^^^^^^^"
    assert text.splitlines()[0].endswith('model.py", line 2')


def test_python_itself_draws_the_caret_of_unsupported_syntax(tmp_path):
    path = tmp_path / "model.py"
    path.write_text("def f(x):\n    yield x\n")
    place = errors.Place(str(path), 2, 4, 11)
    error = errors.UnsupportedSyntax("`yield` cannot be compiled", instead="drop it", place=place)
    assert (error.lineno, error.offset, error.text) == (2, 5, "    yield x")
