"""What a stretch of source uses from outside itself, as far as its syntax tells.

`Footprint` lists every name and attribute through which the stretch can reach a value or run code;
a stretch with a construct of which that cannot be told has none.
"""

import ast
import functools
from dataclasses import dataclass, field
from types import CodeType, FunctionType

from adjoint.errors import SourceNotFound
from adjoint.source import code_node
from adjoint.trace.scopes import COMPREHENSIONS, SCOPES, enclosing_class, outer_parts, own_names
from adjoint.trace.spellings import Bindings, Spelling, Unknown, bindings_of, spellings
from adjoint.walks import children

# They import, declare classes, or change what other code sees under a name of its own. A
# declaration of names cannot stand twice in a function either.
REFUSED = (
    ast.Import,
    ast.ImportFrom,
    ast.Global,
    ast.Nonlocal,
    ast.ClassDef,
    ast.AsyncFunctionDef,
    ast.AsyncFor,
    ast.AsyncWith,
    ast.Await,
    ast.MatchClass,
)
# Attributes that lead to frames, classes or namespaces, or that read attributes by their text.
REVEALING = frozenset(
    [
        "gi_frame",
        "gi_yieldfrom",
        "f_locals",
        "f_globals",
        "f_back",
        "f_builtins",
        "tb_frame",
        "tb_next",
        "cr_frame",
        "cr_await",
        "ag_frame",
        "ag_await",
        "format",
        "format_map",
        "with_traceback",
        "mro",
    ]
)
KNOWN_SPECIAL = frozenset({"__init__", "__name__", "__post_init__"})
CONSUMERS = frozenset(
    [
        *("sum", "any", "all", "max", "min", "list", "tuple", "set", "dict", "frozenset"),
        *("sorted", "next"),
    ]
)
PASSING = frozenset({"enumerate", "zip", "reversed"})  # which ask for items when they are asked
LAZY = frozenset({"map", "filter", "iter"})  # which call what they are given later
SIMPLE = frozenset({"int", "float", "str", "abs", "len", "ord", "chr", "bool"})
BY_NAME = {"getattr": False, "hasattr": False, "setattr": True, "delattr": True}
Chain = tuple[str, ...]


class Refused(Exception):
    """The stretch may do more than a footprint can say."""


@dataclass
class Footprint:
    """What a stretch of source uses.

    Attributes
    ----------
    chains : global names with the attributes read of them: ``("np", "linalg", "norm")``.
    attributes : the names of all other attributes.
    beginnings : how names of attributes begin that are put together.
    stores_attributes : True if it sets or deletes attributes.
    values : those of the chains that are more than called or asked for as classes.
    formats : True if it may show objects as text.
    consumers : the global names that must be builtins, because they are given a generator.
    loose : those of the chains of which it is not told where a generator they make would end.
    loose_attributes : the same of the attributes.
    is_generator : True for a function that yields.
    """

    chains: set[Chain] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    beginnings: set[str] = field(default_factory=set)
    stores_attributes: bool = False
    values: set[Chain] = field(default_factory=set)
    formats: bool = False
    consumers: set[str] = field(default_factory=set)
    loose: set[Chain] = field(default_factory=set)
    loose_attributes: set[str] = field(default_factory=set)
    is_generator: bool = False


def footprint(
    nodes: list[ast.AST],
    names: frozenset[str],
    class_name: str | None,
    bindings: Bindings,
    *,
    is_function: bool = False,
) -> Footprint | None:
    """The footprint of `nodes`, which stand where `names` are local; None if it cannot be told.

    `bindings` says to what the names are bound, anywhere in the function that is around them. They
    may suspend only if they are a function's whole body.
    """
    reader = Reader(class_name, bindings)
    reader.may_yield = is_function
    try:
        for node in nodes:
            reader.read(node, names)
    except Refused:
        return None
    return reader.found


@functools.lru_cache(maxsize=4096)
def of_code(code: CodeType, filename: str | None) -> Footprint | None:
    """The footprint of a function's code; None if it cannot be told."""
    try:
        node = code_node(code, {"__file__": filename})
    except SourceNotFound as error:
        error.with_traceback(None)  # it is no refusal that the program caught
        return None
    if isinstance(node, ast.AsyncFunctionDef):
        return None
    names = own_names(node).union(code.co_freevars)
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    class_name = enclosing_class(code.co_qualname)
    return footprint(list(body), names, class_name, bindings_of(node), is_function=True)


def of_function(function: FunctionType) -> Footprint | None:
    return of_code(function.__code__, function.__globals__.get("__file__"))


class Reader:
    """Reads trees into a footprint; raises `Refused`."""

    def __init__(self, class_name: str | None, bindings: Bindings):
        self.class_name = class_name
        self.bindings = bindings
        self.is_value = True
        self.is_consumed = False  # what is read next is called, and what it makes is used up
        self.may_yield = False
        self.found = Footprint()

    def read(self, node: ast.AST, names: frozenset[str]) -> None:
        """Add what `node` uses where `names` are local."""
        if isinstance(node, REFUSED):
            raise Refused
        if isinstance(node, ast.Name):
            self.name(node, names)
        elif isinstance(node, ast.Attribute):
            self.attribute(node, names)
        elif isinstance(node, ast.Call):
            self.call(node, names)
        elif isinstance(node, ast.ExceptHandler) and node.type is not None:
            self.read_class(node.type, names)
            for part in node.body:
                self.read(part, names)
        elif isinstance(node, ast.GeneratorExp):  # it would run when somebody asks for its items
            raise Refused
        elif isinstance(node, ast.Yield | ast.YieldFrom):
            self.suspension(node, names)
        elif isinstance(node, ast.For | ast.comprehension):
            self.consumed(node.iter, names)
            for part in children(node):
                if part is not node.iter:
                    self.read(part, names)
        elif isinstance(node, ast.Starred) or is_unpacking(node):
            self.consumed(node.value, names)
            for part in getattr(node, "targets", []):
                self.read(part, names)
        elif isinstance(node, SCOPES):
            self.scope(node, names)
        else:
            self.found.formats |= is_formatting(node)
            for child in children(node):
                self.read(child, names)

    def name(self, node: ast.Name, names: frozenset[str]) -> None:
        if node.id in names:
            return
        if node.id.startswith("__"):
            raise Refused
        if not isinstance(node.ctx, ast.Load):
            raise Refused
        self.chain((node.id,))

    def suspension(self, node: ast.Yield | ast.YieldFrom, names: frozenset[str]) -> None:
        if not self.may_yield:
            raise Refused
        self.found.is_generator = True
        if isinstance(node, ast.YieldFrom):
            self.consumed(node.value, names)
        elif node.value is not None:
            self.read(node.value, names)

    def consumed(self, node: ast.expr, names: frozenset[str]) -> None:
        """Read what is used up where it stands: if it is a generator, nobody else ever has it."""
        if isinstance(node, ast.GeneratorExp):
            self.scope(node, names)
            return
        if not isinstance(node, ast.Call):
            self.read(node, names)
            return
        function = node.func
        if isinstance(function, ast.Name) and function.id in PASSING - names:
            self.found.consumers.add(function.id)
            self.found.chains.add((function.id,))
            for part in node.args:
                self.consumed(part, names)
            for part in node.keywords:
                self.read(part, names)
        else:
            self.call(node, names, is_consumed=True)

    def attribute(self, node: ast.Attribute, names: frozenset[str]) -> None:
        is_load = isinstance(node.ctx, ast.Load)
        is_consumed, self.is_consumed = self.is_consumed, False
        parts: list[str] = []
        owner: ast.expr = node
        while isinstance(owner, ast.Attribute):
            parts.insert(0, self.attribute_name(owner.attr))
            owner = owner.value
        is_global = isinstance(owner, ast.Name) and owner.id not in names
        if is_global and not is_load:  # of a module or a class, perhaps
            raise Refused
        if is_global:
            self.is_consumed = is_consumed
            self.chain((owner.id, *parts))
            return
        self.found.attributes.update(parts)
        self.found.loose_attributes.update(parts[:-1] if is_consumed else parts)
        self.found.stores_attributes |= not is_load
        self.read(owner, names)

    def chain(self, found: Chain) -> None:
        self.found.chains.add(found)
        if not self.is_consumed:
            self.found.loose.add(found)
        self.is_consumed = False
        if self.is_value:
            self.found.values.add(found)

    def read_class(self, node: ast.AST, names: frozenset[str]) -> None:
        """Read what is called, or asked for as a class, if it is only named."""
        self.is_value = not is_named(node)
        self.read(node, names)
        self.is_value = True

    def attribute_name(self, name: str) -> str:
        is_special = name.startswith("__") and name.endswith("__")
        if name in REVEALING or (is_special and name not in KNOWN_SPECIAL):
            raise Refused
        if name.startswith("__") and not is_special and self.class_name is not None:
            stripped = self.class_name.lstrip("_")
            return f"_{stripped}{name}" if stripped else name
        return name

    def call(self, node: ast.Call, names: frozenset[str], *, is_consumed: bool = False) -> None:
        function, args = node.func, list(node.args)
        called = getattr(function, "attr", getattr(function, "id", ""))
        if isinstance(function, ast.Name) and called in BY_NAME and called not in names:
            self.found.stores_attributes |= BY_NAME[called]
            self.by_name(args[1] if len(args) > 1 else None)
        if consumes(function, names) and (len(args) == 1 or called not in ("max", "min")) and args:
            self.found.consumers |= {called} & CONSUMERS
            self.consumed(args.pop(0), names)
        if called in LAZY and is_lazy(called, args):
            raise Refused
        self.is_consumed = is_consumed and isinstance(function, ast.Name | ast.Attribute)
        self.read_class(function, names)
        self.is_consumed = False
        if called in ("isinstance", "issubclass") and len(args) == 2:
            self.read_class(args.pop(), names)
        for part in (*args, *node.keywords):
            self.read(part, names)

    def by_name(self, text: ast.expr | None) -> None:
        """An attribute that is asked for by a text."""
        if text is None:
            raise Refused
        try:
            found = spellings(text, self.bindings)
        except Unknown:
            raise Refused from None
        for each in found:
            self.spelled(each)

    def spelled(self, found: Spelling) -> None:
        text = found.text
        if not found.is_beginning:
            if text in REVEALING or (text.startswith("__") and text.endswith("__")):
                raise Refused
            self.found.attributes.add(text)
            self.found.loose_attributes.add(text)
        elif text.startswith("__") or any(name.startswith(text) for name in ("_", *REVEALING)):
            raise Refused
        else:
            self.found.beginnings.add(text)

    def scope(self, node: ast.AST, names: frozenset[str]) -> None:
        """A function, lambda or comprehension in the stretch."""
        inner = names | own_names(node)
        read = self.consumed if isinstance(node, COMPREHENSIONS) else self.read
        for part in outer_parts(node):
            read(part, names)
        may_yield, self.may_yield = self.may_yield, False
        for child in children(node):
            self.read(child, inner)
        self.may_yield = may_yield


def is_unpacking(node: ast.AST) -> bool:
    """True for an assignment that uses its value up."""
    if not isinstance(node, ast.Assign):
        return False
    return all(isinstance(target, ast.Tuple | ast.List) for target in node.targets)


def consumes(function: ast.expr, names: frozenset[str]) -> bool:
    """True for a builtin, or a method of a text, that uses a generator up at once."""
    if isinstance(function, ast.Attribute):
        return function.attr == "join" and isinstance(function.value, ast.Constant)
    return isinstance(function, ast.Name) and function.id in CONSUMERS - names


def is_lazy(called: str, args: list[ast.expr]) -> bool:
    """True if a call may keep a function, to call it when nobody looks."""
    if called == "iter":
        return len(args) != 1
    first = args[0] if args else None
    return not isinstance(first, ast.Name) or first.id not in SIMPLE


def is_formatting(node: ast.AST) -> bool:
    """True for f-strings, and for a remainder that may be of a text."""
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Mod):
        divisor = node.right if isinstance(node, ast.BinOp) else node.value
        return not isinstance(divisor, ast.Constant) or type(divisor.value) is not int
    return isinstance(node, ast.JoinedStr)


def is_named(node: ast.AST) -> bool:
    """True for a name, an attribute, or classes named together."""
    if isinstance(node, ast.Tuple):
        return all(map(is_named, node.elts))
    if isinstance(node, ast.BinOp):
        return is_named(node.left) and is_named(node.right)
    return isinstance(node, ast.Name | ast.Attribute)
