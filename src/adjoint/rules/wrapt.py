"""The proxies of `wrapt`, which are native, are called as its own twins of them in Python are."""

from types import FunctionType

import wrapt
from wrapt import wrappers

from adjoint.rules.ruleset import called_as

PROXIES = (
    wrapt.CallableObjectProxy,
    wrapt.PartialCallableObjectProxy,
    wrapt.FunctionWrapper,
    wrapt.BoundFunctionWrapper,
)
for proxy in PROXIES:
    twin = getattr(wrappers, proxy.__name__).__call__
    if type(twin) is FunctionType:  # older releases have no twins beside native code
        called_as(proxy, twin)
