"""The transforms: from a function to its derivatives, in either tier.

Each follows JAX's signature of the same name. They are ordinary Python over three primitives
(`Linearization.out`, `.pullback`, `.pushforward`), so they nest to any order.
"""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from adjoint import compile as compiler
from adjoint import spaces, trace
from adjoint.arguments import Selection, described, name_of
from adjoint.batching import CompiledVmapped, Vmapped, vmap
from adjoint.derivative import Argnums, Derivative, Kind
from adjoint.errors import InvalidArgument, NonDifferentiable, NotScalar, StructureMismatch

if TYPE_CHECKING:
    from adjoint.compile import Jitted

Mode = Literal["auto", "forward", "reverse"]


class Transformed:
    """A derivative of a function, itself a function.

    Attributes
    ----------
    derivative : what is differentiated and how, readable by `jit`.
    """

    def __init__(self, derivative: Derivative):
        check_callable(derivative.function, derivative.kind)
        self.derivative = derivative
        functools.update_wrapper(self, derivative.function, updated=())
        del self.__wrapped__  # the signature is the same, the meaning is not
        self.__name__ = f"{derivative.kind}({name_of(derivative.function)})"
        self.__qualname__ = self.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with trace.FewerCollections():
            return EVALUATE[self.derivative.kind](self.derivative, args, kwargs)

    def __repr__(self) -> str:
        return f"<{self.__name__}, argnums={self.derivative.argnums}>"


def transformed(f: Callable, kind: Kind, argnums: Argnums, has_aux: bool = False) -> Callable:
    return Transformed(Derivative(f, kind, argnums, has_aux))


def grad(f: Callable, argnums: Argnums = 0, has_aux: bool = False) -> Callable:
    """The gradient of a function that returns one real number.

    Parameters
    ----------
    f : any callable; its result must be a float or a 0-d array (with `has_aux`, a pair of that
        and anything).
    argnums : the argument to differentiate: its position, its name, or a tuple of these. It may
        be a float, an array, or a tuple, list, dict or dataclass of them.

    Returns
    -------
    A function of the same arguments. It returns the gradient in the structure of the argument (a
    tuple of gradients for a tuple of argnums; with `has_aux`, a pair of the gradient and aux).

    Raises
    ------
    NotScalar : `f` returned something else than one real number.
    NonDifferentiable : the argument is an integer, or holds nothing that is a float.
    MissingRule : a value that carries a derivative reached native code without a rule.

    Examples
    --------
    >>> import adjoint as ad
    >>> def energy(mass, speed):
    ...     return 0.5 * mass * speed**2
    >>> ad.grad(energy)(2.0, 3.0)
    4.5
    >>> ad.grad(energy, argnums=(0, 1))(2.0, 3.0)
    (4.5, 6.0)
    """
    return transformed(f, "grad", argnums, has_aux)


def value_and_grad(f: Callable, argnums: Argnums = 0, has_aux: bool = False) -> Callable:
    """As `grad`, returning the pair of `f`'s own result and the gradient.

    >>> import adjoint as ad
    >>> ad.value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    return transformed(f, "value_and_grad", argnums, has_aux)


def jacobian(f: Callable, argnums: Argnums = 0, mode: Mode = "auto") -> Callable:
    """All partial derivatives of a function's outputs.

    Parameters
    ----------
    mode : "forward" (one sweep per input number), "reverse" (one per output number), or "auto",
        which takes the cheaper.

    Returns
    -------
    A function of the same arguments. Its result has the structure of the output; in the place of
    each output leaf stands the structure of the argument, with arrays of shape
    ``output.shape + input.shape`` (a float where both are floats).

    Examples
    --------
    >>> import adjoint as ad, math
    >>> def polar(r, angle):
    ...     return r * math.cos(angle), r * math.sin(angle)
    >>> ad.jacobian(polar, argnums=(0, 1))(2.0, 0.0)
    ((1.0, 0.0), (0.0, 2.0))
    """
    if mode not in ("auto", "forward", "reverse"):
        raise InvalidArgument(
            f"jacobian has no mode {mode!r}", instead="use 'auto', 'forward' or 'reverse'"
        )
    kinds: dict[str, Kind] = {"auto": "jacobian", "forward": "jacfwd", "reverse": "jacrev"}
    return transformed(f, kinds[mode], argnums)


def jacfwd(f: Callable, argnums: Argnums = 0) -> Callable:
    """`jacobian` by forward mode: best for few inputs."""
    return jacobian(f, argnums, mode="forward")


def jacrev(f: Callable, argnums: Argnums = 0) -> Callable:
    """`jacobian` by reverse mode: best for few outputs."""
    return jacobian(f, argnums, mode="reverse")


def hessian(f: Callable, argnums: Argnums = 0) -> Callable:
    """Second derivatives of a function that returns one real number, forward over reverse.

    The result has the structure of the argument twice, as ``jacobian(grad(f))``.

    >>> import adjoint as ad
    >>> ad.hessian(lambda x: x[0] ** 2 * x[1])([3.0, 1.0])
    [[2.0, 6.0], [6.0, 0.0]]
    """
    return transformed(f, "hessian", argnums)


def vjp(f: Callable, *args: Any) -> tuple[Any, Callable]:
    """Call `f` and keep what its reverse sweep needs.

    Returns
    -------
    out : ``f(*args)``
    pullback : takes a cotangent of `out` (same structure; None for a part that has none) and
        returns a tuple with one cotangent per argument; None for what is not a float. It can be
        called again and again, and never changes its argument.

    >>> import adjoint as ad
    >>> out, pullback = ad.vjp(lambda x, y: x * y, 3.0, 4.0)
    >>> out, pullback(1.0)
    (12.0, (4.0, 3.0))
    """
    check_callable(f, "vjp")
    selection = Selection(f, tuple(range(len(args))), args, {}).take(strict=False)
    linear = linearize(f, selection, kept=True)
    leaves, structure = spaces.flatten(linear.out)

    def pullback(cotangent: Any) -> tuple:
        seeds = matching(cotangent, leaves, structure, "cotangent", "output")
        return selection.rebuild(linear.pullback(seeds))

    return linear.out, pullback


def jvp(f: Callable, primals: tuple, tangents: tuple) -> tuple[Any, Any]:
    """The value of `f` and its derivative in the direction of `tangents`.

    `primals` and `tangents` are tuples of the same structure; a tangent of None stands for zero.

    >>> import adjoint as ad
    >>> ad.jvp(lambda x, y: x * y, (3.0, 4.0), (1.0, 0.0))
    (12.0, 4.0)
    """
    check_callable(f, "jvp")
    primals, tangents = as_tuple(primals, "primals"), as_tuple(tangents, "tangents")
    if len(primals) != len(tangents):
        raise StructureMismatch(
            f"jvp was given {len(primals)} primals and {len(tangents)} tangents",
            instead="give one tangent for each primal",
        )
    tangents = tuple(
        spaces.zeros(primal) if tangent is None else tangent
        for primal, tangent in zip(primals, tangents, strict=True)
    )
    selection = Selection(f, tuple(range(len(primals))), primals, {}).take(strict=False)
    leaves, structure = spaces.flatten(primals)
    seeds = matching(tangents, leaves, structure, "tangent", "primals")
    live = [
        seed for leaf, seed in zip(leaves, seeds, strict=True) if spaces.is_differentiable(leaf)
    ]
    linear = linearize(f, selection)
    out_structure = spaces.flatten(linear.out)[1]
    return linear.out, out_structure.rebuild(linear.pushforward(live))


def hvp(f: Callable, primals: tuple, tangents: tuple) -> Any:
    """The Hessian of a scalar function times a vector, forward over reverse.

    Returns the product in the structure of ``primals[0]``, or a tuple with one for each primal if
    there are several. Costs a small multiple of one gradient (Pearlmutter 1994).

    >>> import adjoint as ad
    >>> ad.hvp(lambda x: x[0] ** 2 * x[1], ([3.0, 1.0],), ([1.0, 0.0],))
    [2.0, 6.0]
    """
    primals = as_tuple(primals, "primals")
    argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(f, argnums), primals, tangents)[1]


def jit(f: Callable) -> "Jitted | CompiledVmapped":
    """Compile a function and its derivatives to machine code.

    `f` is a function, or a derivative such as ``grad(g)``. What the compiled tier does not accept
    it refuses with `UnsupportedSyntax` or `UnsupportedType` and the line; it never falls back.
    A batch, ``jit(vmap(g))``, is one of the compiled function: ``vmap(jit(g))``.

    >>> import adjoint as ad
    >>> @ad.jit
    ... def power(x, n):
    ...     result = 1.0
    ...     for _ in range(n):
    ...         result *= x
    ...     return result
    >>> power(3.0, 2), ad.grad(power)(3.0, 2)
    (9.0, 6.0)
    """
    check_callable(f, "jit")
    if isinstance(f, Vmapped):
        return vmap(jit(f.function), f.in_axes, f.out_axes)
    if isinstance(f, CompiledVmapped):
        return f
    return f if isinstance(f, compiler.Jitted) else compiler.Jitted(f)


# Linearization: the one place where the tiers are told apart.


class Compiled:
    """A compiled function at a point, with the interface of `trace.Recording`.

    The arguments are kept as they were before the call. A sweep that is itself differentiated
    cannot be machine code: then the function is traced at those arguments.
    """

    def __init__(self, f: "Jitted", selection: Selection):
        self.f, self.selection = f, selection
        self.argnums = tuple(selection.keys)
        args, kwargs = tuple(selection.args), selection.kwargs
        self.args, self.kwargs = compiler.snapshot((args, kwargs))
        self.out, self.pull = f.vjp(args, kwargs, self.argnums)

    def traced(self) -> trace.Recording:
        args, kwargs = compiler.snapshot((self.args, self.kwargs))
        selection = Selection(self.f, self.argnums, args, kwargs).take(strict=False)
        return recorded(self.f, selection, kept=True)

    def pullback(self, cotangents: list) -> list:
        if trace.is_recording():
            return self.traced().pullback(cotangents)
        leaves, structure = spaces.flatten(self.out)
        filled = [
            spaces.zero_like(leaf) if cotangent is None else cotangent
            for leaf, cotangent in zip(leaves, cotangents, strict=True)
        ]
        return self.live_leaves(self.pull(structure.rebuild(filled)))

    def pushforward(self, tangents: list) -> list:
        if trace.is_recording():
            return self.traced().pushforward(tangents)
        trees = self.selection.trees(tangents)
        args, kwargs = compiler.snapshot((self.args, self.kwargs))
        return spaces.flatten(self.f.jvp(args, kwargs, self.argnums, trees)[1])[0]

    def live_leaves(self, trees: tuple) -> list:
        return [
            leaf
            for tree, (_, mask) in zip(trees, self.selection.parts, strict=True)
            for leaf, live in zip(spaces.flatten(tree)[0], mask, strict=True)
            if live
        ]


def linearize(f: Callable, selection: Selection, *, kept: bool = False) -> Any:
    """`f` at the chosen arguments: its output, pullback and pushforward.

    With `kept`, the caller may change arrays before it sweeps.
    """
    jitted = compiled(f)
    if jitted is not None:
        return Compiled(jitted, selection)
    return recorded(f, selection, kept=kept)


def recorded(f: Callable, selection: Selection, *, kept: bool = False) -> trace.Recording:
    args, leaves = tuple(selection.args), selection.leaves
    return trace.record(f, args, selection.kwargs, leaves, kept=kept, kinds=selection.kinds)


def compiled(f: Callable) -> "Jitted | None":
    """`f` in the compiled tier, if it belongs there and no recording has to see the call."""
    return None if trace.is_recording() else compiler.as_jitted(f)


# Evaluation of each kind of derivative at a call.


def evaluate_value_and_grad(derivative: Derivative, args: tuple, kwargs: dict) -> tuple[Any, Any]:
    f, has_aux = derivative.function, derivative.has_aux
    jitted = compiled(f)
    if jitted is not None:
        known = jitted.quickly(args, kwargs, derivative.argnums)
        if known is not None:
            out, trees = known
            return out, trees if isinstance(derivative.argnums, tuple) else trees[0]
    selection = Selection(f, derivative.argnums, args, kwargs).take(strict=True)
    if jitted is not None:
        chosen = tuple(selection.keys), derivative.argnums
        out, trees = jitted.value_and_grad(tuple(selection.args), selection.kwargs, *chosen)
        return out, trees[0] if selection.single else trees
    linear = recorded(f, selection)
    seeds = scalar_seed(f, linear.out, has_aux)
    gradient = selection.rebuild(linear.pullback(seeds))
    linear.end()
    return linear.out, gradient


def evaluate_grad(derivative: Derivative, args: tuple, kwargs: dict) -> Any:
    out, gradient = evaluate_value_and_grad(derivative, args, kwargs)
    return (gradient, out[1]) if derivative.has_aux else gradient


def scalar_seed(f: Callable, out: Any, has_aux: bool) -> list:
    """The cotangent 1 for a scalar output, in the order of the output's leaves."""
    if not has_aux and type(out) in (float, np.float64):
        return [1.0]
    if has_aux and not (isinstance(out, tuple) and len(out) == 2):
        raise StructureMismatch(
            f"with has_aux=True, `{name_of(f)}` must return a pair (output, aux), "
            f"not {described(out)}",
            instead="return the pair, or drop has_aux",
        )
    value = out[0] if has_aux else out
    if not is_real_scalar(value):
        raise NotScalar(
            f"grad needs a function that returns one real number; `{name_of(f)}` returned "
            + shape_of(value),
            instead="sum the result to one number, or use adjoint.jacobian or adjoint.vjp",
        )
    one = np.ones((), value.dtype) if isinstance(value, np.ndarray) else 1.0
    leaves = spaces.flatten(out)[0]
    return [one, *[None] * (len(leaves) - 1)]


def is_real_scalar(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim == 0 and value.dtype.kind == "f"
    return isinstance(value, float | np.floating)


def shape_of(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    if isinstance(value, complex | np.complexfloating):
        return "a complex number"
    return "None" if value is None else f"a value {described(value)}".replace("value the", "the")


def evaluate_jacobian(derivative: Derivative, args: tuple, kwargs: dict) -> Any:
    f = derivative.function
    selection = Selection(f, derivative.argnums, args, kwargs).take(strict=True)
    linear = linearize(f, selection)
    leaves, structure = spaces.flatten(linear.out)
    if not any(spaces.is_differentiable(leaf) for leaf in leaves):
        raise NonDifferentiable(
            f"`{name_of(f)}` returned {shape_of(linear.out)}, which has no derivative",
            instead="return floating-point numbers or arrays",
        )
    if any(np.iscomplexobj(leaf) for leaf in [*selection.leaves, *leaves]):
        raise NonDifferentiable(
            f"`{name_of(f)}` takes or returns complex numbers, for which a jacobian has no one "
            "meaning",
            instead="use adjoint.vjp or adjoint.jvp, or split into real and imaginary parts",
        )
    rows = BY_MODE[derivative.kind](linear, selection.leaves, leaves)
    return structure.rebuild([None if row is None else selection.rebuild(row) for row in rows])


def jacobian_auto(linear: Any, inputs: list, outputs: list) -> list:
    wide = sum(np.size(leaf) for leaf in outputs if spaces.is_differentiable(leaf))
    tall = sum(np.size(leaf) for leaf in inputs)
    return (jacobian_forward if tall < wide else jacobian_reverse)(linear, inputs, outputs)


def jacobian_reverse(linear: Any, inputs: list, outputs: list) -> list:
    """One list per output leaf, with one block per input leaf; a sweep per output number."""
    rows: list = []
    for place, leaf in enumerate(outputs):
        if not spaces.is_differentiable(leaf):
            rows.append(None)
            continue
        sweeps = []
        for unit in spaces.basis(leaf):
            seeds: list = [None] * len(outputs)
            seeds[place] = unit
            sweeps.append(linear.pullback(seeds))
        rows.append([block([s[i] for s in sweeps], np.shape(leaf)) for i in range(len(inputs))])
    return rows


def jacobian_forward(linear: Any, inputs: list, outputs: list) -> list:
    """As `jacobian_reverse`, by a sweep per input number."""
    columns = []
    for place, leaf in enumerate(inputs):
        sweeps = []
        for unit in spaces.basis(leaf):
            seeds = [spaces.zero_like(other) for other in inputs]
            seeds[place] = unit
            sweeps.append(linear.pushforward(seeds))
        columns.append((sweeps, np.shape(leaf)))
    return [
        [block_last([s[place] for s in sweeps], shape) for sweeps, shape in columns]
        if spaces.is_differentiable(leaf)
        else None
        for place, leaf in enumerate(outputs)
    ]


def block(sweeps: list, shape: tuple[int, ...]) -> Any:
    """Derivatives stacked along new leading axes of the given shape."""
    if shape == () and len(sweeps) == 1:
        return sweeps[0]
    inner = np.shape(sweeps[0]) if sweeps else ()
    return np.reshape(np.stack(sweeps), shape + inner) if sweeps else np.zeros(shape)


def block_last(sweeps: list, shape: tuple[int, ...]) -> Any:
    """Derivatives stacked along new trailing axes of the given shape."""
    if shape == () and len(sweeps) == 1:
        return sweeps[0]
    outer = np.shape(sweeps[0]) if sweeps else ()
    return np.reshape(np.stack(sweeps, axis=-1), outer + shape) if sweeps else np.zeros(shape)


def evaluate_hessian(derivative: Derivative, args: tuple, kwargs: dict) -> Any:
    gradient = grad(derivative.function, derivative.argnums)
    forward = Derivative(gradient, "jacfwd", derivative.argnums)
    return evaluate_jacobian(forward, args, kwargs)


EVALUATE: dict[Kind, Callable] = {
    "grad": evaluate_grad,
    "value_and_grad": evaluate_value_and_grad,
    "jacobian": evaluate_jacobian,
    "jacfwd": evaluate_jacobian,
    "jacrev": evaluate_jacobian,
    "hessian": evaluate_hessian,
}
BY_MODE: dict[Kind, Callable] = {
    "jacobian": jacobian_auto,
    "jacfwd": jacobian_forward,
    "jacrev": jacobian_reverse,
}


# Checks of what the caller passed.


def check_callable(f: Any, transform: str) -> None:
    if not callable(f):
        raise InvalidArgument(
            f"{transform} needs a function, and was given {described(f)}",
            instead=f"write adjoint.{transform}(f)(x), not adjoint.{transform}(f(x))",
        )


def as_tuple(values: Any, role: str) -> tuple:
    if not isinstance(values, tuple | list):
        raise StructureMismatch(
            f"{role} must be a tuple with one entry per argument, not {described(values)}",
            instead=f"write ({role.rstrip('s')},)",
        )
    return tuple(values)


def matching(tree: Any, leaves: list, structure: spaces.Structure, role: str, of: str) -> list:
    """The leaves of a tangent or cotangent, checked against its primal's; None becomes zero."""
    if tree is None:
        return [spaces.zero_like(leaf) for leaf in leaves]
    given, given_structure = spaces.flatten(tree)
    if given_structure != structure:
        raise StructureMismatch(
            f"the {role} has the structure {given_structure}, the {of} {structure}",
            instead=f"give the {role} the containers and the number of entries of the {of}",
        )
    return [conforming(value, leaf, role) for value, leaf in zip(given, leaves, strict=True)]


def conforming(value: Any, leaf: Any, role: str) -> Any:
    """`value` as a vector of the space of `leaf`, or an error."""
    if value is None or not spaces.is_differentiable(leaf):
        return spaces.zero_like(leaf)
    if np.shape(value) != np.shape(leaf):
        raise StructureMismatch(
            f"a {role} of shape {np.shape(value)} was given for a value of shape {np.shape(leaf)}",
            instead=f"give a {role} of shape {np.shape(leaf)}",
        )
    kind = np.asarray(value).dtype.kind
    if kind not in "biufc" or (kind == "c" and np.asarray(leaf).dtype.kind != "c"):
        raise StructureMismatch(
            f"a {role} {described(value)} was given for a value {described(leaf)}",
            instead=f"give a {role} of real numbers",
        )
    if isinstance(leaf, np.ndarray):
        return value if kind in "fc" and np.ndim(value) else np.asarray(value, leaf.dtype)
    return value if isinstance(value, spaces.SCALARS) else type(leaf)(value)
