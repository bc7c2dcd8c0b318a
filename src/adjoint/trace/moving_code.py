"""Python code whose source is not known, but whose instructions show that it only moves objects.

Such code is made from text, as the methods of named tuples are. It is run as it is.
"""

import builtins
import dis
import functools
import types

MOVING = frozenset({"RESUME", "RETURN_VALUE", "RETURN_CONST", "NOP", "BUILD_TUPLE", "POP_TOP"})
LOOKING = frozenset(  # at containers and their keys; what fails is put into words
    {
        *("GET_ITER", "FOR_ITER", "END_FOR", "POP_ITER", "CONTAINS_OP", "UNPACK_SEQUENCE"),
        *("STORE_SUBSCR", "LOAD_ATTR", "LOAD_METHOD", "LOAD_GLOBAL", "PRECALL", "CALL", "TO_BOOL"),
        *("RAISE_VARARGS", "FORMAT_VALUE", "FORMAT_SIMPLE", "CONVERT_VALUE", "BUILD_STRING"),
        *("PUSH_NULL", "CACHE", "EXTENDED_ARG", "NOT_TAKEN", "COPY_FREE_VARS"),
    }
)
PREFIXES = ("LOAD_FAST", "LOAD_CONST", "LOAD_SMALL_INT", "STORE_FAST", "POP_JUMP", "JUMP")
NAMES = frozenset(
    {"__dict__", "__class__", "__name__", "_fields", "_extra_fields"}
    | {"items", "keys", "values", "get", "update"}
)


@functools.cache
def moves_arguments(code: types.CodeType) -> bool:
    """True for code that only hands its arguments on, or keeps them."""
    if not all(name in NAMES or is_error(name) for name in code.co_names):
        return False
    names = {instruction.opname for instruction in dis.get_instructions(code)}
    return all(name in MOVING or name in LOOKING or name.startswith(PREFIXES) for name in names)


def is_error(name: str) -> bool:
    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, Exception)
