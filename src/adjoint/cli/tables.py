"""Derivatives as rows: one per input number, with one column per output number."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from adjoint import spaces, transforms
from adjoint.arguments import positional_names
from adjoint.cli.targets import BadInput


@dataclass(frozen=True)
class Row:
    """One input number: its label and value, and its derivatives, one for each output number."""

    label: str
    value: float
    derivatives: list[float]


@dataclass(frozen=True)
class Sheet:
    """All the derivatives of one call.

    Attributes
    ----------
    outputs : label and value of each output number.
    fixed : labels of arguments that hold no float and were held fixed.
    """

    outputs: list[tuple[str, float]]
    rows: list[Row]
    fixed: list[str]

    def as_json(self) -> dict:
        return {
            "outputs": dict(self.outputs),
            "inputs": {
                row.label: {
                    "value": row.value,
                    "derivatives": {
                        label: number
                        for (label, _), number in zip(self.outputs, row.derivatives, strict=True)
                    },
                }
                for row in self.rows
            },
            "fixed": self.fixed,
        }


def sheet(
    function: Callable,
    args: list,
    kwargs: dict[str, Any],
    jacobian: Callable = transforms.jacobian,
) -> Sheet:
    """Call `function` and differentiate all its outputs with respect to all its floats."""
    names = positional_names(function)
    keys: list[int | str] = [*range(len(args)), *kwargs]
    label = {key: names[key] if isinstance(key, int) and key < len(names) else key for key in keys}
    given = {key: args[key] if isinstance(key, int) else kwargs[key] for key in keys}
    active = [key for key in keys if holds_float(given[key])]
    if not active:
        raise BadInput(
            "no argument holds a float, and integers have no derivative: write 2.0 for 2"
        )
    matrix = jacobian(function, argnums=tuple(active))(*args, **kwargs)
    out = function(*args, **kwargs)
    outputs = numbers(out, name_of_output(out))
    inputs = [pair for key in active for pair in numbers(given[key], text_of(label[key]))]
    columns = [column(block) for block in blocks(matrix, out)]
    table = np.concatenate(columns, axis=0) if columns else np.zeros((0, len(inputs)))
    rows = [
        Row(name, value, [float(d) for d in table[:, place]])
        for place, (name, value) in enumerate(inputs)
    ]
    return Sheet(outputs, rows, [text_of(label[key]) for key in keys if key not in active])


def text_of(key: int | str) -> str:
    return key if isinstance(key, str) else f"argument {key}"


def holds_float(tree: Any) -> bool:
    return any(spaces.is_differentiable(leaf) for leaf in spaces.flatten(tree)[0])


def name_of_output(out: Any) -> str:
    """What to call an output; nothing where its parts say by themselves what they are."""
    if isinstance(out, dict) or hasattr(out, "_fields") or spaces.is_dataclass_instance(out):
        return ""
    return "output" if spaces.is_differentiable(out) else "out"


def numbers(tree: Any, name: str) -> list[tuple[str, float]]:
    """The label and value of every floating number in a tree, arrays spread out in C order."""
    found: list[tuple[str, float]] = []
    for label, leaf in zip(spaces.labels(tree, name), spaces.flatten(tree)[0], strict=True):
        if not spaces.is_differentiable(leaf):
            continue
        if isinstance(leaf, np.ndarray):
            for index in np.ndindex(leaf.shape):
                at = f"[{', '.join(map(str, index))}]" if index else ""
                found.append((label + at, float(leaf[index])))
        else:
            found.append((label.removeprefix("."), float(leaf)))
    return found


def blocks(matrix: Any, out: Any) -> list[tuple[Any, Any]]:
    """Each differentiable output leaf with its part of a jacobian."""
    leaves, structure = spaces.flatten(out)
    parts = structure.subtrees(matrix)
    return [
        (part, leaf)
        for part, leaf in zip(parts, leaves, strict=True)
        if spaces.is_differentiable(leaf)
    ]


def column(block: tuple[Any, Any]) -> np.ndarray:
    """One output leaf's derivatives as a matrix (output numbers, input numbers)."""
    part, leaf = block
    pieces = [
        np.reshape(np.asarray(piece, float), (np.size(leaf), -1))
        for piece in spaces.flatten(part)[0]
        if piece is not None
    ]
    return np.concatenate(pieces, axis=1)
