"""Products that are added to a cotangent, as one operation that rounds once.

The values of the program stay as Python rounds them; cotangents, which Python does not know, come
out faster and a little closer with fused operations, where the processor has them.
"""

import functools
import importlib
import operator
import platform
from collections.abc import Callable
from typing import Any

from adjoint.compile.ir.nodes import FLOAT, Apply, Atom, Type, Var


def is_product(s: Apply) -> bool:
    """True for a product of two floats."""
    return s.function is operator.mul and all(a.type == FLOAT for a in (s.out, *s.args))


def rounded_once(
    builder: Any, s: Apply, products: dict[Var, Apply], value: Callable[[Atom, Type], Any]
) -> Any:
    """A sum of floats one of which is among the products; None for another.

    `value` : the number, or the vector, that an atom stands for.
    """
    if s.out.type != FLOAT or not is_fusing():
        return None
    first, second = s.args
    for term, other in ((second, first), (first, second)):
        if isinstance(term, Var) and (product := products.get(term)) is not None:
            return fused(builder, [value(a, FLOAT) for a in (*product.args, other)])
    return None


def fused(builder: Any, values: list) -> Any:
    """The product of two numbers, or vectors, and the sum with a third."""
    ir = importlib.import_module("llvmlite.ir")
    kind = values[0].type
    name = f"llvm.fma.v{kind.count}f64" if isinstance(kind, ir.VectorType) else "llvm.fma.f64"
    function = builder.module.globals.get(name)
    if function is None:
        function = ir.Function(builder.module, ir.FunctionType(kind, [kind] * 3), name)
    return builder.call(function, values)


@functools.cache
def is_fusing() -> bool:
    """True on a processor that multiplies and adds at once."""
    binding = importlib.import_module("llvmlite.binding")
    has_it = binding.get_host_cpu_features().get("fma", False)
    return has_it or platform.machine().lower() in ("aarch64", "arm64")
