"""From the words of a command line to a function and its arguments.

Every way in which they can be wrong is a `BadInput` with one line to show.
"""

import ast
import importlib
import importlib.util
import math
import os
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

KEYWORD = re.compile(r"([^\W\d]\w*)=(?!=)(.*)", re.DOTALL)
CONSTANTS = {"inf": math.inf, "nan": math.nan, "pi": math.pi}


class BadInput(Exception):
    """What was typed cannot be used; the message is one line."""


def load(target: str) -> Callable:
    """The function a target names: ``package.module:function`` or ``path/to/file.py:function``."""
    module_name, colon, function_name = target.rpartition(":")
    if not colon or not module_name or not function_name:
        raise BadInput(
            f"{target!r} is not a target: write package.module:function or path/to/file.py:function"
        )
    is_file = module_name.endswith(".py") or os.sep in module_name
    value: Any = module_from_file(module_name) if is_file else module_by_name(module_name)
    for name in function_name.split("."):
        if not hasattr(value, name):
            raise BadInput(f"{module_name} has no {function_name!r}{suggestion(value, name)}")
        value = getattr(value, name)
    if not callable(value):
        raise BadInput(f"{target} is not a function but of type {type(value).__name__}")
    return value


def module_by_name(name: str) -> ModuleType:
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = f": it needs {error.name!r}" if error.name and error.name not in name else ""
        raise BadInput(f"there is no module {name!r}{missing}") from error
    except Exception as error:
        raise BadInput(f"importing {name} failed: {one_line(error)}") from error


def module_from_file(path: str) -> ModuleType:
    if not os.path.isfile(path):
        raise BadInput(f"there is no file {path!r}")
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, os.path.abspath(path))
    if spec is None or spec.loader is None:
        raise BadInput(f"{path!r} is not a Python file")
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(name, module)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise BadInput(f"running {path} failed: {one_line(error)}") from error
    return module


def suggestion(owner: Any, name: str) -> str:
    """A hint at the public name that was probably meant."""
    matches = [
        other
        for other in dir(owner)
        if not other.startswith("_") and other.lower().startswith(name.lower()[:3])
    ]
    return f"; did you mean {', '.join(matches[:3])}?" if matches else ""


def parse(words: list[str]) -> tuple[list, dict[str, Any]]:
    """Positional and keyword arguments from words such as ``0.5``, ``[1.0, 2.0]``, ``n=3``."""
    args: list = []
    kwargs: dict[str, Any] = {}
    for word in words:
        keyword = KEYWORD.fullmatch(word)
        if keyword is None and kwargs:
            raise BadInput(f"the positional argument {word!r} comes after a keyword argument")
        if keyword is None:
            args.append(literal(word))
        elif keyword[1] in kwargs:
            raise BadInput(f"the argument {keyword[1]!r} is given twice")
        else:
            kwargs[keyword[1]] = literal(keyword[2])
    return args, kwargs


def literal(text: str) -> Any:
    """A Python literal, ``array(literal)``, or one of inf, nan, pi.

    A list, tuple or dict that holds a float has its integers made floats, as NumPy would.
    """
    try:
        return with_floats(evaluate(ast.parse(text.strip(), mode="eval").body))
    except (SyntaxError, ValueError, TypeError):
        quoted = ast.unparse(ast.Constant(text))
        raise BadInput(
            f"{text!r} is not a Python literal such as 0.5, [1.0, 2.0] or array([1.0, 2.0]); "
            f'write "{quoted}" for a string'
        ) from None


def evaluate(node: ast.expr) -> Any:
    match node:
        case ast.Call(func=ast.Name("array") | ast.Attribute(attr="array"), args=[inner]):
            return np.array(evaluate(inner))
        case ast.Name(id) if id in CONSTANTS:
            return CONSTANTS[id]
        case ast.UnaryOp(ast.USub(), operand):
            return -evaluate(operand)
        case ast.List(elements):
            return [evaluate(element) for element in elements]
        case ast.Tuple(elements):
            return tuple(evaluate(element) for element in elements)
        case ast.Dict(keys, values) if None not in keys:
            return {
                ast.literal_eval(k): evaluate(v) for k, v in zip(keys, values, strict=True) if k
            }
    return ast.literal_eval(node)


def with_floats(value: Any) -> Any:
    return as_floats(value) if holds_float(value) else value


def holds_float(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(holds_float(item) for item in value)
    if isinstance(value, dict):
        return any(holds_float(item) for item in value.values())
    return isinstance(value, float)


def as_floats(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(as_floats(item) for item in value)
    if isinstance(value, dict):
        return {key: with_floats(item) for key, item in value.items()}
    return float(value) if type(value) is int else value


def one_line(error: BaseException) -> str:
    """An exception as one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
