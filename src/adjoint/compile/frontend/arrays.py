"""Arrays in the source: reading, storing, their attributes, and lists that stand for arrays."""

import operator

import numpy as np

from adjoint.compile import operations
from adjoint.compile.conversion import asked_for, converted
from adjoint.compile.frontend.lowering import Lowerer, kind_of
from adjoint.compile.frontend.values import (
    Handle,
    MethodValue,
    Rows,
    SliceValue,
    Static,
    TupleValue,
    Value,
    is_atom,
)
from adjoint.compile.inference import loaded_type
from adjoint.compile.ir.nodes import (
    EVERYTHING,
    SCALARS,
    Apply,
    Atom,
    Const,
    Store,
    Subscript,
    Type,
    Var,
    constant,
)

OF_NUMBERS = frozenset(("shape", "ndim", "size", "T", "dtype", "itemsize", "nbytes"))
"""Attributes of arrays that NumPy's numbers have as well."""


def attribute(lower: Lowerer, array: Atom, attr: str) -> Value:
    """An attribute of an array, or one of `OF_NUMBERS` of a number."""
    if attr == "shape":
        return TupleValue(shape(lower, array))
    if attr == "ndim":
        return Const(array.type.ndim)
    if attr == "size":
        size: Atom = Const(1)
        for n in shape(lower, array):
            size = lower.emit(operator.mul, size, n) if not is_one(size) else n
        return size
    if attr == "T":
        return lower.emit(np.transpose, array)
    if attr == "mT":
        rank = array.type.ndim
        order = (*range(rank - 2), rank - 1, rank - 2)
        return lower.emit(np.transpose, array, keywords=(("axes", order),))
    if attr in ("real", "imag"):
        return component(lower, array, attr)
    if attr == "itemsize":
        return Const(np.dtype(SCALARS[array.type.dtype]).itemsize)
    if attr == "nbytes":
        counts = (attribute(lower, array, name) for name in ("size", "itemsize"))
        return lower.emit(operator.mul, *(lower.atom(n) for n in counts))
    if attr == "dtype":
        return Static(np.dtype(SCALARS[array.type.dtype]))
    return MethodValue(array, attr)


def component(lower: Lowerer, atom: Atom, attr: str) -> Value:
    """The real or the imaginary part."""
    if atom.type.is_complex:
        return lower.emit(COMPONENTS[attr, atom.type.is_array], atom, name=attr)
    if attr == "real":
        return load(lower, atom, Static(Ellipsis)) if atom.type.is_array else atom
    if atom.type.is_array:
        return zeros(lower, shape(lower, atom), atom.type.dtype, attr)
    return constant(0, atom.type)


COMPONENTS = {
    ("real", False): operations.real_part,
    ("real", True): operations.real_parts,
    ("imag", False): operations.imaginary_part,
    ("imag", True): operations.imaginary_parts,
}
"""By the name of the part, and whether it is that of an array."""


def zeros(lower: Lowerer, dims: tuple[Atom, ...], dtype: str, name: str) -> Atom:
    """A new array of zeros."""
    return lower.emit(operations.zeros, *dims, keywords=asked_for(dtype), name=name)


def common_dtype(atoms: list[Atom]) -> str:
    """The dtype of an array with room for the numbers of all these, which are of floats or less."""
    if any(a.type.is_complex for a in atoms):
        return "complex"
    return "float32" if all(a.type.is_single for a in atoms) else "float"


def is_one(atom: Atom) -> bool:
    return isinstance(atom, Const) and atom.value == 1


def shape(lower: Lowerer, array: Atom) -> tuple[Atom, ...]:
    return tuple(
        lower.emit(operations.dim, array, keywords=(("axis", axis),), name=f"n{axis}")
        for axis in range(array.type.ndim)
    )


def indexing(lower: Lowerer, index: Value) -> tuple[Subscript, tuple[Atom, ...]]:
    """What stands between the brackets."""
    parts = index.items if isinstance(index, TupleValue) else (index,)
    entries, atoms = [], []
    for part in parts:
        if isinstance(part, SliceValue):
            bounds = (part.start, part.stop, part.step)
            entries.append(tuple(b is not None for b in bounds))
            atoms.extend(lower.atom(b, "bound of a slice") for b in bounds if b is not None)
        elif isinstance(part, Static) and part.value is None:
            entries.append("newaxis")
        elif isinstance(part, Static) and part.value is Ellipsis:
            entries.append("ellipsis")
        else:
            entries.append("at")
            atoms.append(index_atom(lower, part))
    return Subscript(tuple(entries)), tuple(atoms)


def index_atom(lower: Lowerer, part: Value) -> Atom:
    atom = as_array(lower, part)
    if atom.type.is_float:
        raise lower.refuse(
            "an array is indexed with a float", instead="convert it with int(...) first"
        )
    return atom


def item_type(array: Type, subscript: Subscript, index: tuple[Atom, ...], lower: Lowerer) -> Type:
    """The type of ``array[subscript]``."""
    try:
        return loaded_type(array, subscript, index)
    except IndexError as error:
        raise lower.refuse(str(error), instead="use at most one index per axis") from None


def is_fancy(index: tuple[Atom, ...]) -> bool:
    return any(atom.type.is_array for atom in index)


def load(lower: Lowerer, array: Value, index: Value) -> Value:
    """``array[index]``: a number, a view, or a copy if an index is an array."""
    if not is_atom(array) or not array.type.is_array:
        raise lower.refuse(f"{kind_of(array)} cannot be indexed", instead="index an array")
    subscript, atoms = indexing(lower, index)
    if len(atoms) == 1 and is_mask_of(array, atoms[0]):
        return chosen(lower, array, atoms[0])
    if any(a.type.dtype == "bool" and a.type.ndim > 1 for a in atoms):
        raise lower.refuse(
            "an array is indexed with a mask of several axes",
            instead="flatten both: x.ravel()[mask.ravel()]",
        )
    # The shadow is added to at these places, which Numba does for places and not for masks.
    atoms = tuple(lower.emit(np.flatnonzero, a) if a.type == Type("bool", 1) else a for a in atoms)
    type_ = item_type(array.type, subscript, atoms, lower)
    out = Var("item" if isinstance(array, Const) else array.name + "_item", type_)
    function = operations.take if is_fancy(atoms) else operations.load
    keywords = (("subscript", subscript),)
    lower.builder.add(Apply(out, function, (array, *atoms), keywords, lower.place))
    return out


def chosen(lower: Lowerer, array: Atom, mask: Atom) -> Value:
    """The elements where a mask of the same shape holds."""
    lengths = zip(shape(lower, array), shape(lower, mask), strict=True)
    for same in [lower.emit(operator.eq, n, m) for n, m in lengths]:
        lower.check(same, IndexError, "boolean index did not match indexed array")
    size = attribute(lower, array, "size")
    items = lower.emit(operations.reshape, lower.emit(operations.copy, array), size)
    return load(lower, items, lower.emit(operations.reshape, mask, size))


def store(lower: Lowerer, array: Value, index: Value, value: Value, *, adds: bool = False) -> None:
    """``array[index] = value``; with `adds`, that of equal places adds up."""
    if not isinstance(array, Var) or not array.type.is_array:
        raise lower.refuse(f"{kind_of(array)} cannot be stored into", instead="use an array")
    subscript, atoms = indexing(lower, index)
    stored = as_array(lower, value)
    if stored.type.is_float and not array.type.is_float:
        raise lower.refuse(
            f"a float is stored into an array of {array.type.dtype}",
            instead="make the array of floats, or convert the value with int(...)",
        )
    if stored.type.is_complex and not array.type.is_complex:
        raise lower.refuse(
            f"a complex number is stored into an array of {array.type.dtype}",
            instead="make the array of complex numbers, or store the real part",
        )
    if stored.type.is_float:
        stored = converted(lower.emit, stored, array.type.dtype)
    if stored.type.is_array:
        stored = lower.emit(operations.copy, stored)  # the source may overlap the target
    if len(atoms) == 1 and is_mask_of(array, atoms[0]):
        if adds:
            raise lower.refuse("`np.add.at` of a mask", instead="store: x[mask] += values")
        lower.store_chosen(lower, array, atoms[0], stored)
        return
    masked = [a.type.dtype == "bool" for a in atoms if a.type.is_array]
    if masked and (adds or not all(masked) or len(atoms) > 1):
        lower.store_at(lower, array, subscript, atoms, stored, adds=adds)
        return
    lower.builder.add(Store(array, subscript, atoms, stored, adds, place=lower.place))


def is_mask_of(array: Atom, index: Atom) -> bool:
    """True for a mask of all of several axes."""
    return index.type == Type("bool", array.type.ndim) != Type("bool", 1)


def fill_with(lower: Lowerer, array: Var, value: Atom) -> None:
    """``array[...] = value``."""
    lower.builder.add(Store(array, EVERYTHING, (), value, place=lower.place))


def as_array(lower: Lowerer, value: Value) -> Atom:
    """A number or array; a list or tuple of numbers becomes an array."""
    if is_atom(value):
        return value
    nested = numbers_of(lower, value)
    if nested is None:
        return lower.atom(value)
    flat, dims = nested
    if flat and flat[0].type.is_array:
        return stacked(lower, flat, dims)
    if any(a.type.is_float for a in flat):
        dtype = common_dtype(flat)
        flat = [converted(lower.emit, a, dtype) for a in flat]
    return lower.emit(operations.array_of, *flat, keywords=(("shape", dims),), name="items")


def numbers_of(lower: Lowerer, value: Value) -> tuple[list[Atom], tuple[int, ...]] | None:
    """The numbers of a nested list, and its shape."""
    if is_atom(value):
        return [value], ()
    if isinstance(value, TupleValue):
        items = value.items
    elif isinstance(value, Handle) and value.kind == "list":
        contents = lower.usable(lower.cells[value], "the list")
        if isinstance(contents, Rows):
            return [lower.array_of_rows(lower, contents)], ()
        items = contents.items
    elif isinstance(value, Static) and isinstance(value.value, tuple | list):
        return None
    else:
        return None
    parts = [numbers_of(lower, item) for item in items]
    if not parts or any(part is None for part in parts):
        return None
    dims = parts[0][1]
    ranks = {a.type.ndim for part in parts for a in part[0]}
    if any(part[1] != dims for part in parts) or len(ranks) > 1:
        raise lower.refuse(
            "the rows of this list have different lengths", instead="make them equally long"
        )
    return [atom for part in parts for atom in part[0]], (len(parts), *dims)


def stacked(lower: Lowerer, arrays: list[Atom], dims: tuple[int, ...]) -> Atom:
    """An array made of arrays of one shape: a new one, with a store for each."""
    if len(dims) != 1:
        raise lower.refuse("a nested list of arrays", instead="stack one level at a time")
    inner = shape(lower, arrays[0])
    made = zeros(lower, (Const(dims[0]), *inner), common_dtype(arrays), "stack")
    for position, array in enumerate(arrays):
        subscript = Subscript(("at",))
        array = converted(lower.emit, array, made.type.dtype) if array.type.is_float else array
        lower.builder.add(Store(made, subscript, (Const(position),), array, place=lower.place))
    return made
