"""The syntax tree of a function that has no source, read back from its instructions.

Functions that other code makes from text (signatures of `scipy.stats`, of models, of decorators)
mostly pack their arguments and hand them on, and formulas combine them. Such straight lines are
read back exactly; for anything else there is no tree.
"""

import ast
import dis
import inspect
from collections.abc import Callable
from types import CodeType

from adjoint.walks import walk

NULL = ast.Constant("no object")  # the slot beside a callable
IGNORED = frozenset(
    ["RESUME", "NOP", "COPY_FREE_VARS", "MAKE_CELL", "PRECALL", "CACHE", "EXTENDED_ARG"]
)


def read_back(code: CodeType) -> ast.FunctionDef | ast.Lambda | None:
    """The definition that `code` was compiled from; None unless it is one straight line."""
    is_lambda = code.co_name == "<lambda>"
    if not (is_lambda or code.co_name.isidentifier()) or code.co_flags & inspect.CO_GENERATOR:
        return None
    reader = Reader(code)
    try:
        for instruction in dis.get_instructions(code):
            if instruction.opname not in IGNORED:
                getattr(reader, instruction.opname)(instruction)
    except (AttributeError, IndexError, TypeError):  # an instruction that a straight line has not
        return None
    if is_lambda:
        (returned,) = reader.statements
        node = ast.Lambda(arguments(code), returned.value)
    else:
        node = ast.FunctionDef(code.co_name, arguments(code), reader.statements, [], type_params=[])
    for part in walk(node):
        if isinstance(part, ast.expr | ast.stmt | ast.arg | ast.keyword):
            part.lineno = part.end_lineno = code.co_firstlineno
            part.col_offset = part.end_col_offset = 0
    return node


def arguments(code: CodeType) -> ast.arguments:
    names = iter(code.co_varnames)

    def take(count: int) -> list[ast.arg]:
        return [ast.arg(next(names)) for _ in range(count)]

    first = take(code.co_posonlyargcount)
    plain = take(code.co_argcount - code.co_posonlyargcount)
    only = take(code.co_kwonlyargcount)
    rest = take(bool(code.co_flags & inspect.CO_VARARGS))
    named = take(bool(code.co_flags & inspect.CO_VARKEYWORDS))
    return ast.arguments(
        posonlyargs=first,
        args=plain,
        vararg=rest[0] if rest else None,
        kwonlyargs=only,
        kw_defaults=[None] * len(only),
        kwarg=named[0] if named else None,
        defaults=[],
    )


def operand(instruction: dis.Instruction) -> int:
    """The number that goes with an instruction."""
    return instruction.arg or 0


BINARY = {
    **{"+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div, "//": ast.FloorDiv, "%": ast.Mod},
    **{"**": ast.Pow, "@": ast.MatMult},
}


class Reader:
    """The stack of a straight line, as expressions; one method for each instruction."""

    def __init__(self, code: CodeType):
        self.constants = code.co_consts
        self.stack: list[ast.expr] = []
        self.statements: list[ast.stmt] = []
        self.keywords: tuple = ()

    def pop(self, count: int) -> list[ast.expr]:
        found = self.stack[len(self.stack) - count :]
        if len(found) != count:
            raise IndexError(count)
        del self.stack[len(self.stack) - count :]
        return found

    def push_name(self, instruction: dis.Instruction) -> None:
        self.stack.append(ast.Name(instruction.argval, ast.Load()))

    LOAD_FAST = LOAD_FAST_CHECK = LOAD_DEREF = LOAD_CLOSURE = push_name

    def LOAD_FAST_LOAD_FAST(self, instruction: dis.Instruction) -> None:
        self.stack.extend(ast.Name(name, ast.Load()) for name in instruction.argval)

    def LOAD_GLOBAL(self, instruction: dis.Instruction) -> None:
        self.push_name(instruction)
        if operand(instruction) & 1:
            self.stack.append(NULL)

    def LOAD_CONST(self, instruction: dis.Instruction) -> None:
        if not isinstance(instruction.argval, CodeType):
            self.stack.append(ast.Constant(instruction.argval))
        else:
            raise TypeError("a function inside")

    def LOAD_ATTR(self, instruction: dis.Instruction) -> None:
        (owner,) = self.pop(1)
        self.stack.append(ast.Attribute(owner, instruction.argval, ast.Load()))
        if "NULL|self" in instruction.argrepr:
            self.stack.append(NULL)

    def BINARY_SUBSCR(self, _: dis.Instruction) -> None:
        self.stack.append(ast.Subscript(*self.pop(2), ast.Load()))

    def BINARY_OP(self, instruction: dis.Instruction) -> None:
        if instruction.argrepr not in BINARY:
            raise TypeError(instruction.argrepr)  # in place
        left, right = self.pop(2)
        self.stack.append(ast.BinOp(left, BINARY[instruction.argrepr](), right))

    def unary(self, operation: type[ast.unaryop]) -> None:
        self.stack.append(ast.UnaryOp(operation(), self.pop(1)[0]))

    def UNARY_NEGATIVE(self, _: dis.Instruction) -> None:
        self.unary(ast.USub)

    def UNARY_POSITIVE(self, _: dis.Instruction) -> None:
        self.unary(ast.UAdd)

    def PUSH_NULL(self, _: dis.Instruction) -> None:
        self.stack.append(NULL)

    def LOAD_METHOD(self, instruction: dis.Instruction) -> None:
        (owner,) = self.pop(1)
        self.stack.extend((ast.Attribute(owner, instruction.argval, ast.Load()), NULL))

    def BUILD_TUPLE(self, instruction: dis.Instruction) -> None:
        self.stack.append(ast.Tuple(self.pop(operand(instruction)), ast.Load()))

    def BUILD_LIST(self, instruction: dis.Instruction) -> None:
        self.stack.append(ast.List(self.pop(operand(instruction)), ast.Load()))

    def BUILD_MAP(self, instruction: dis.Instruction) -> None:
        items = self.pop(2 * operand(instruction))
        self.stack.append(ast.Dict(items[::2], items[1::2]))

    def BUILD_CONST_KEY_MAP(self, instruction: dis.Instruction) -> None:
        *values, keys = self.pop(operand(instruction) + 1)
        self.stack.append(ast.Dict([ast.Constant(key) for key in keys.value], values))

    def LIST_EXTEND(self, instruction: dis.Instruction) -> None:
        (items,) = self.pop(1)
        self.stack[-operand(instruction)].elts.append(ast.Starred(items, ast.Load()))

    def LIST_TO_TUPLE(self, _: dis.Instruction) -> None:
        (items,) = self.pop(1)
        self.stack.append(ast.Tuple(items.elts, ast.Load()))

    def CALL_INTRINSIC_1(self, instruction: dis.Instruction) -> None:
        if instruction.argrepr == "INTRINSIC_UNARY_POSITIVE":
            self.UNARY_POSITIVE(instruction)
        elif instruction.argrepr == "INTRINSIC_LIST_TO_TUPLE":
            self.LIST_TO_TUPLE(instruction)
        else:
            raise TypeError(instruction.argrepr)

    def DICT_MERGE(self, instruction: dis.Instruction) -> None:
        (items,) = self.pop(1)
        found = self.stack[-operand(instruction)]
        found.keys.append(None)
        found.values.append(items)

    def KW_NAMES(self, instruction: dis.Instruction) -> None:
        self.keywords = self.constants[operand(instruction)]

    def CALL_KW(self, instruction: dis.Instruction) -> None:
        self.keywords = self.pop(1)[0].value
        self.CALL(instruction)

    def CALL(self, instruction: dis.Instruction) -> None:
        values = self.pop(operand(instruction))
        names, self.keywords = self.keywords, ()
        split = len(values) - len(names)
        named = [ast.keyword(*pair) for pair in zip(names, values[split:], strict=True)]
        self.stack.append(ast.Call(self.callee(), values[:split], named))

    def CALL_FUNCTION_EX(self, instruction: dis.Instruction) -> None:
        named = keywords_of(self.pop(1)[0]) if operand(instruction) & 1 else []
        (items,) = self.pop(1)
        is_made_here = isinstance(items, ast.Tuple)
        given = items.elts if is_made_here else [ast.Starred(items, ast.Load())]
        self.stack.append(ast.Call(self.callee(), given, named))

    def callee(self) -> ast.expr:
        first, second = self.pop(2)
        if (first is NULL) is (second is NULL):
            raise TypeError("not a plain call")
        return second if first is NULL else first

    def statement(self, make: Callable[[ast.expr], ast.stmt]) -> None:
        self.statements.append(make(self.pop(1)[0]))
        if self.stack:
            raise TypeError("an expression was interrupted")

    def POP_TOP(self, _: dis.Instruction) -> None:
        self.statement(ast.Expr)

    def STORE_FAST(self, instruction: dis.Instruction) -> None:
        target = ast.Name(instruction.argval, ast.Store())
        self.statement(lambda value: ast.Assign([target], value))

    def RETURN_VALUE(self, _: dis.Instruction) -> None:
        self.statement(ast.Return)

    def RETURN_CONST(self, instruction: dis.Instruction) -> None:
        self.LOAD_CONST(instruction)
        self.statement(ast.Return)


def keywords_of(mapping: ast.expr) -> list[ast.keyword]:
    if not isinstance(mapping, ast.Dict):
        return [ast.keyword(None, mapping)]
    pairs = zip(mapping.keys, mapping.values, strict=True)
    return [ast.keyword(None if key is None else key.value, value) for key, value in pairs]
