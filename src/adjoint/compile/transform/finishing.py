"""The last passes, over what is to be printed and compiled."""

from adjoint.compile.ir.nodes import Function
from adjoint.compile.ir.verifying import verify
from adjoint.compile.transform.collecting import collected
from adjoint.compile.transform.differences import stepped
from adjoint.compile.transform.hoisting import hoisted
from adjoint.compile.transform.layouts import settled
from adjoint.compile.transform.marking import marked
from adjoint.compile.transform.sharing import share


def finished(function: Function) -> Function:
    """An equal function, in the form that is compiled: nothing reverses it again."""
    return verify(settled(stepped(hoisted(marked(collected(share(function)))))))
