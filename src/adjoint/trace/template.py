"""From a function to its rewritten code, compiled once for all levels of differentiation.

The code keeps the original's file, lines, globals, free variables and private names.
"""

import __future__

import ast
import inspect
from types import CodeType, FunctionType

from adjoint.errors import Place, SourceNotFound
from adjoint.source import FunctionNode, function_node, parsed
from adjoint.trace.rewrite import PREFIX, Rewriter
from adjoint.trace.scopes import enclosing_class
from adjoint.walks import completed


class Template:
    """The rewritten code of one code object, to be bound to a recorder.

    Attributes
    ----------
    code : its free variables are those of the original, hooks, and kernels.
    hooks : the names of the hooks among them.
    kernel_names, kernels : the kernels among them, and what makes them.
    regions : what the regions among them use, by their names.
    function_region : the name of the one that is the whole function, if there is one.
    """

    def __init__(self, function: FunctionType):
        self.original = function.__code__
        class_name = enclosing_class(self.original.co_qualname)
        rewriter = Rewriter(function, class_name)
        node = rewriter.rewrite(function_node(function))
        self.hooks = sorted(rewriter.hooks)
        self.kernel_names = [kernel.name for kernel in rewriter.kernels.fast]
        free = [PREFIX + name for name in self.hooks] + self.kernel_names
        self.regions = rewriter.regions.stretches
        self.function_region = rewriter.regions.function
        names = [*self.original.co_freevars, *free, *self.regions]
        self.code = compiled(node, names, class_name, self.original)
        self.kernels = rewriter.kernels

    def factory(self, is_nested: bool) -> FunctionType | None:
        """From the state of a recorder to its kernels, in the order of their names."""
        if not self.kernel_names:
            return None
        return self.kernels.general_factory if is_nested else self.kernels.fast_factory


COMPREHENSIONS = ("<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>")


def own_codes(code: CodeType) -> list[CodeType]:
    """`code` and the comprehensions in it, which are rewritten with it."""
    inner = [c for c in code.co_consts if isinstance(c, CodeType) and c.co_name in COMPREHENSIONS]
    return [code, *(found for each in inner for found in own_codes(each))]


def compiled(
    node: FunctionNode, free: list[str], class_name: str | None, original: CodeType
) -> CodeType:
    """The code object of `node`, whose names in `free` are free variables."""
    parameters = ", ".join(dict.fromkeys(free))
    factory = parsed(f"def factory({parameters}):\n    return None").body[0]
    if isinstance(node, ast.Lambda):
        factory.body[0].value = node
    else:
        factory.body.insert(0, node)
        if node.name not in free:  # the function's own name stays a global inside it
            factory.body.insert(0, ast.Global([node.name]))
    body: list[ast.stmt] = [factory]
    if class_name is not None:  # names such as __x are mangled by the class they stand in
        holder = parsed(f"class {class_name}:\n    pass").body[0]
        holder.body = body
        body = [holder]
    module = completed(ast.Module(body, []))
    flags = original.co_flags & __future__.annotations.compiler_flag
    try:
        code = compile(module, original.co_filename, "exec", flags=flags, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise too_large(original, error) from None
    path = [class_name] if class_name is not None else []
    for name in [*path, "factory", original.co_name]:
        code = next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)
    flags = code.co_flags | original.co_flags & inspect.CO_ITERABLE_COROUTINE
    return code.replace(co_qualname=original.co_qualname, co_flags=flags)


def too_large(original: CodeType, error: Exception) -> SourceNotFound:
    """What rewriting made of a function is more than Python compiles: it is nested too deeply."""
    return SourceNotFound(
        f"the hooks around `{original.co_qualname}` are more than Python compiles ({error})",
        instead="move a part of it to a function of its own, or give its derivative with "
        "adjoint.custom_vjp",
        place=Place(original.co_filename, original.co_firstlineno),
    )
