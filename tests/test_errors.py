"""Every error says where, what, and what instead."""

import importlib.util

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


def library_function(folder, name, text):
    """A function of a module that lies where installed packages lie."""
    path = folder / "site-packages" / f"{name}.py"
    path.parent.mkdir()
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_error_in_a_library_names_the_users_own_line_too(tmp_path):
    raising = "raise errors.MissingRule('no', instead='a')"
    text = f"from adjoint import errors\ndef solve():\n    {raising}\n"
    library = library_function(tmp_path, "solver", text)
    with pytest.raises(errors.MissingRule) as caught:
        library.solve()  # the user's own line
    assert caught.value.place.filename == library.__file__
    assert caught.value.caller.filename == __file__
    assert "# the user's own line" in str(caught.value)


def test_code_that_a_library_makes_is_the_librarys(tmp_path):
    text = (
        "from adjoint import errors\n"
        "def call(solve):\n"
        "    exec(compile('solve()', '<made by caller>', 'exec'), {'solve': solve})\n"
        "def solve():\n"
        "    raise errors.MissingRule('no', instead='a')\n"
    )
    library = library_function(tmp_path, "caller", text)
    with pytest.raises(errors.MissingRule) as caught:
        library.call(library.solve)  # the user's own line
    assert caught.value.caller.filename == __file__
    assert not errors.is_library("<stdin>")
    assert not errors.is_library("<ipython-input-1-0>")


def test_a_warning_in_a_library_stands_at_the_users_own_line(tmp_path):
    text = (
        "from adjoint import errors\ndef solve():\n    errors.warn(errors.DerivativeLost, 'lost')\n"
    )
    library = library_function(tmp_path, "solver", text)
    with pytest.warns(errors.DerivativeLost, match=r"solver\.py:3") as caught:
        library.solve()
    assert caught[0].filename == __file__
