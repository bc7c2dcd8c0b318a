"""One level of differentiation: a recorder, its hooks, and the functions bound to them."""

import functools
import operator
from collections.abc import Callable
from time import perf_counter_ns
from types import CellType, CodeType, FunctionType
from typing import Any

from adjoint.errors import AdjointError
from adjoint.trace import deep
from adjoint.trace.arrays import Arrays
from adjoint.trace.callees import CALLABLE_TYPES
from adjoint.trace.calls import Calls
from adjoint.trace.class_statements import Metaclass
from adjoint.trace.closing_in import ClosingIn, Site
from adjoint.trace.dynamic import Dynamic, own_names
from adjoint.trace.matching import Matcher
from adjoint.trace.members import Members
from adjoint.trace.object_arrays import ObjectArrays
from adjoint.trace.operators import Operators
from adjoint.trace.plain_types import (
    EQUATED,
    FILLED_CONTAINERS,
    HOLDERS,
    PLAIN_CONTAINERS,
    READABLE,
    ROWS,
    WRITABLE,
    type_set,
)
from adjoint.trace.recorder import Recorder
from adjoint.trace.records import Records
from adjoint.trace.regions import FunctionRegion, Region
from adjoint.trace.rewrite import PREFIX
from adjoint.trace.template import Template, own_codes
from adjoint.trace.temporaries import Temporaries
from adjoint.trace.texts import Texts
from adjoint.trace.traversal import Traversal
from adjoint.trace.turns import Turns
from adjoint.trace.watch import Watch

TEMPLATES: dict[int, Template] = {}  # by identity of the code, which the template holds
REWRITTEN: set[int] = set()  # identities of the code objects in the templates
OPERATOR_HOOKS = [
    "floordiv",
    "ifloordiv",
    "matmul",
    "imatmul",
    "and_",
    "iand",
    "or_",
    "ior",
    "xor",
    "ixor",
    "lshift",
    "ilshift",
    "rshift",
    "irshift",
    "invert",
    "lt",
    "le",
    "gt",
    "ge",
    "eq",
    "ne",
]


def template_of(function: FunctionType) -> Template:
    """The rewritten code of `function`, made on first use."""
    code = function.__code__
    template = TEMPLATES.get(id(code))
    if template is None:
        try:
            template = Template(function)
        except RecursionError:  # the program, or the nesting of an expression, is deep
            template = deep.on_a_stack_of_its_own(Template, function)
        TEMPLATES[id(code)] = template
        REWRITTEN.update(map(id, own_codes(template.code)))
    return template


def kernels_of(template: Template, is_nested: bool) -> FunctionType | None:
    """What makes the kernels of a template for a recorder's state; None if it has none."""
    make = template.factory(is_nested)
    if make is not None:
        REWRITTEN.update(map(id, [make.__code__, *make.__code__.co_consts]))
    return make


class Level:
    """A recorder with its hooks; `outer` is the level that was running when this one started."""

    def __init__(self, outer: "Level | None"):
        self.outer = outer
        self.met: set[type] = set()  # classes whose special methods were looked at
        self.followed: list[tuple[type, str]] = []
        self.refusals: list[AdjointError] = []
        self.turns: Turns = outer.turns if outer else Turns()
        self.texts = Texts(self)
        self.recorder = Recorder(outer.calls if outer else None)
        self.calls = Calls(self)
        self.arrays = Arrays(self)
        self.operators = Operators(self)
        self.traversal = Traversal(self)
        self.members = Members(self)
        self.closing_in = ClosingIn(self)
        self.dynamic = Dynamic(self)
        self.recorder.objects = ObjectArrays(self)
        self.recorder.records = Records(self)
        self.rewritten = REWRITTEN
        self.cells = {name: CellType(value) for name, value in self.hooks().items()}
        callees = self.calls.callees
        self.of_attribute: dict[str, Callable] = {
            "readable": functools.partial(type_set, READABLE),
            "writable": functools.partial(type_set, WRITABLE),
            "methods": callees.table,
            "method": callees.finder,
            "bound": callees.binder,
            "marked": lambda _: Site(is_marked=True),
            "asking": lambda _: Site(is_marked=False),
        }
        self.bindings: dict[tuple[int, int], tuple[CodeType, tuple, dict]] = {}
        self.regions: list[Region] = []
        self.began = perf_counter_ns()  # the recording
        self.asking = 0  # nanoseconds of it that went into asking regions of functions

    def hooks(self) -> dict[str, Any]:
        """The hooks by name, as rewritten code refers to them."""
        operators, members, calls = self.operators, self.members, self.calls
        traversal = self.traversal
        return {
            "call": calls.call,
            "callee": calls.callees.callee,
            "known": calls.known,
            "callable_types": CALLABLE_TYPES,
            "equated_types": EQUATED,
            "type": type,
            "int": int,
            "len": len,
            "binary": operators.binary,
            "unary": operators.unary,
            "inplace": operators.inplace,
            "compare": operators.compare,
            "contains": operators.contains,
            "decide": self.closing_in.decide,
            "containers": HOLDERS,
            "plain_containers": PLAIN_CONTAINERS,
            "filled_containers": FILLED_CONTAINERS,
            "rows_types": ROWS,
            "load": members.load,
            "store": members.store,
            "delete": members.delete,
            "attribute": members.attribute,
            "set_attribute": members.set_attribute,
            "delete_attribute": members.delete_attribute,
            "iterate": traversal.iterate,
            "rows": traversal.rows,
            "unpack": traversal.unpack,
            "manage": traversal.manage,
            "manage_async": traversal.manage_async,
            "advance": traversal.advance,
            "match": Matcher(self).match,
            "eval": self.dynamic.evaluate,
            "exec": self.dynamic.execute,
            "globals": globals,
            "locals": locals,
            "watch": functools.partial(Watch, self),
            "slice": slice,
            "formatted": self.texts.formatted,
            "own_names": own_names,
            "metaclass": functools.partial(Metaclass, self),
            **{name: getattr(operator, name) for name in OPERATOR_HOOKS},
        }

    def clear(self) -> None:
        """Forget what was recorded; what was rewritten stays bound."""
        self.refusals = []
        self.recorder.clear()
        self.texts.clear()
        self.members.clear()
        self.closing_in.clear()
        self.calls.checkpoints.clear()
        self.calls.cached.clear()
        for region in self.regions:
            region.next_recording()

    def begin(self) -> None:
        """A recording begins."""
        self.began, self.asking = perf_counter_ns(), 0

    def bind(self, function: FunctionType) -> FunctionType:
        """`function` rewritten, with its own globals, cells and defaults, bound to this level."""
        key = id(function.__code__), id(function.__globals__)
        code, extra, _ = self.bindings.get(key) or self.binding(function)
        closure = function.__closure__
        cells = extra if closure is None else self.merged(function.__code__, closure, code, extra)
        bound = FunctionType(
            code, function.__globals__, function.__name__, function.__defaults__, cells
        )
        bound.__kwdefaults__ = function.__kwdefaults__
        return bound

    def merged(self, original: CodeType, closure: tuple, code: CodeType, extra: tuple) -> tuple:
        own = dict(zip(original.co_freevars, closure, strict=True))
        rest = iter(extra)
        return tuple(own[name] if name in own else next(rest) for name in code.co_freevars)

    def binding(self, function: FunctionType) -> tuple[CodeType, tuple, dict]:
        """The rewritten code and, in the order of its free variables, the cells of its hooks."""
        template = template_of(function)
        cells = {PREFIX + name: self.cell(name) for name in template.hooks}
        make = kernels_of(template, self.outer is not None)
        if make is not None:
            kernels = make(*self.state())
            names = template.kernel_names
            cells.update(zip(names, map(CellType, kernels), strict=True))
        scope = function.__globals__
        for name, stretch in template.regions.items():
            make_region = FunctionRegion if name == template.function_region else Region
            region = make_region(self, stretch, scope)
            self.regions.append(region)
            cells[name] = region.cell
        extra = tuple(cells[name] for name in template.code.co_freevars if name in cells)
        found = template.code, extra, scope
        self.bindings[id(function.__code__), id(scope)] = found
        return found

    def cell(self, hook: str) -> CellType:
        """The cell of a hook; those of one attribute name are made when first needed."""
        if hook not in self.cells:
            kind, _, name = hook.partition("_")
            self.cells[hook] = CellType(self.of_attribute[kind](name))
        return self.cells[hook]

    def state(self) -> tuple:
        """What kernels need, in the order of `kernels.STATE`."""
        recorder, operators = self.recorder, self.operators
        temporaries = Temporaries(recorder, operators.binary)
        return (
            recorder.live.get,
            recorder.free.pop,
            recorder.more_slots,
            recorder.parents.extend,
            recorder.partials.extend,
            recorder.live,
            recorder.kept.append,
            operators.binary,
            operators.unary,
            temporaries.onto_left,
            temporaries.onto_right,
            operators.inplace,
            self.calls.call,
        )
