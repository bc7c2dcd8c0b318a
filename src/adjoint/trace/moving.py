"""Methods of Python's own types that only move what they are given, so that no hook need see them.

They compare and format nothing of the program's. Those of `FILLING` iterate over what they are
given, or call it, and are of this kind where that is of the types listed.
"""

import re
from collections import deque
from types import MethodDescriptorType
from typing import Any

OF_TEXTS = [
    "startswith",
    "endswith",
    "strip",
    "lstrip",
    "rstrip",
    "split",
    "rsplit",
    "splitlines",
    "partition",
    "rpartition",
    "lower",
    "upper",
    "title",
    "capitalize",
    "swapcase",
    "count",
    "find",
    "rfind",
    "index",
    "rindex",
    "center",
    "ljust",
    "rjust",
    "zfill",
    "isdigit",
    "isalpha",
    "isalnum",
    "isspace",
    "isupper",
    "islower",
    "istitle",
    "isascii",
    "replace",
    "expandtabs",
    "removeprefix",
    "removesuffix",
]
MOVING: dict[type, list[str]] = {
    list: ["append", "pop", "insert", "copy", "clear", "reverse"],
    dict: ["get", "pop", "items", "keys", "values", "setdefault", "copy", "clear"],
    set: ["add", "discard", "copy", "clear"],
    deque: ["append", "appendleft", "pop", "popleft", "copy", "clear"],
    str: [*OF_TEXTS, "encode", "casefold", "isdecimal", "isidentifier", "isnumeric", "isprintable"],
    bytes: [*OF_TEXTS, "decode", "hex"],
    int: ["bit_count", "bit_length", "to_bytes"],
    re.Pattern: ["match", "search", "fullmatch", "findall", "finditer", "split"],
    re.Match: ["group", "groups", "groupdict", "start", "end", "span"],
}
MOVING_METHODS = {kind: frozenset(names) for kind, names in MOVING.items()}
PLAIN = frozenset({list, tuple, dict, set, frozenset, str, bytes, range})
FILLING: dict[Any, frozenset[type]] = {
    list.extend: PLAIN,
    deque.extend: PLAIN,
    set.update: PLAIN,
    dict.update: frozenset({dict}),
    str.join: PLAIN,
    bytes.join: PLAIN,
    re.Pattern.sub: frozenset({str, int}),
}


def only_moves(found: Any) -> bool:
    """True for such a method, as a class or one that inherits from it holds it."""
    is_native = type(found) is MethodDescriptorType
    return is_native and found.__name__ in MOVING_METHODS.get(found.__objclass__, ())


def fills(found: Any) -> bool:
    return type(found) is MethodDescriptorType and found in FILLING
