"""The rule of `np.einsum`, for operands given with a string of subscripts.

The cotangent of each operand is again an einsum: of the cotangent and the other operands.
"""

import string

import numpy as np

from adjoint.rules.forms import conjugated
from adjoint.rules.ruleset import covers, definition, jvp, vjp


def explicit(subscripts, operands):
    """The labels of every operand and of the result, with letters in place of the ellipsis."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    inputs = left.split(",")
    free = [c for c in string.ascii_letters if c not in subscripts]
    covered = [
        np.ndim(x) - len(labels.replace("...", "")) if "..." in labels else 0
        for labels, x in zip(inputs, operands, strict=True)
    ]
    shared = "".join(free[: max(covered)])
    inputs = [
        labels.replace("...", shared[len(shared) - n :])
        for labels, n in zip(inputs, covered, strict=True)
    ]
    if arrow:
        return inputs, right.replace("...", shared)
    joined = "".join(inputs)
    alone = sorted(c for c in set(joined) if joined.count(c) == 1 and c not in shared)
    return inputs, shared + "".join(alone)


@vjp(np.einsum)
def einsum_vjp(ct, out, subscripts, *operands, optimize=False):
    inputs, result = explicit(subscripts, operands)
    cotangents = [
        operand_cotangent(ct, inputs, result, operands, position)
        for position in range(len(operands))
    ]
    return (None, *cotangents)


def operand_cotangent(ct, inputs, result, operands, position):
    """An einsum over the cotangent, the other operands, and what makes the labels complete."""
    labels, shape = inputs[position], np.shape(operands[position])
    terms, factors = [result], [ct]
    for other, (other_labels, x) in enumerate(zip(inputs, operands, strict=True)):
        if other != position:
            terms.append(other_labels)
            factors.append(conjugated(x))
    target = ""
    for label, size in zip(labels, shape, strict=True):
        if label in target:  # a diagonal was read: spread the cotangent along it
            spare = next(c for c in string.ascii_letters if c not in "".join(inputs) + target)
            terms.append(label + spare)
            factors.append(np.eye(size))
            label = spare
        elif label not in "".join(terms):  # summed over in this operand alone
            terms.append(label)
            factors.append(np.ones(size))
        target += label
    return np.einsum(",".join(terms) + "->" + target, *factors)


@jvp(np.einsum)
def einsum_jvp(tangents, out, subscripts, *operands, optimize=False):
    pushed = 0.0
    for position, tangent in enumerate(tangents[1:]):
        if tangent is not None:
            replaced = [*operands[:position], tangent, *operands[position + 1 :]]
            pushed = pushed + np.einsum(subscripts, *replaced)
    return pushed


@covers(np.einsum)
def is_of_string(subscripts, *_operands, **_options):
    return isinstance(subscripts, str)


@definition(np.einsum)
def einsum_of_lists(*operands, out=None, optimize=False, **options):
    """``einsum(a, [0, 1], b, [1, 2], [0, 2])``: the same with letters; and other keywords."""
    if isinstance(operands[0], str):  # with the keywords that say of what type the result is
        return einsum_of_type(operands[0], operands[1:], optimize, **options)
    count = len(operands) // 2
    terms = [letters_of(operands[2 * place + 1]) for place in range(count)]
    subscripts = ",".join(terms)
    if len(operands) % 2:
        subscripts = subscripts + "->" + letters_of(operands[-1])
    return np.einsum(subscripts, *operands[: 2 * count : 2], optimize=optimize, **options)


def einsum_of_type(subscripts, operands, optimize, dtype=None, order="K", casting="safe"):
    if dtype is not None:
        operands = [np.asarray(x).astype(dtype, casting=casting) for x in operands]
    found = np.einsum(subscripts, *operands, optimize=optimize)
    return np.asfortranarray(found) if order == "F" and np.ndim(found) > 1 else found


def letters_of(numbers):
    return "".join("..." if n is Ellipsis else string.ascii_letters[n] for n in numbers)
