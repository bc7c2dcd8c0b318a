"""The proxies of `wrapt`, which are native, are called as its own twins of them in Python are."""

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
    called_as(proxy, getattr(wrappers, proxy.__name__).__call__)
