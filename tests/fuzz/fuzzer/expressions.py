"""Random expressions: numbers, vectors of four, matrices of three rows of four."""

from fuzzer.writing import LENGTH, ROWS, Writer


def number(w: Writer, depth: int = 2) -> str:
    """An expression of a number."""
    if depth <= 0 or w.chance(4):
        return atom(w)
    makers = PLAIN_NUMBERS if w.plain else NUMBERS
    return w.one_of(makers)(w, depth - 1)


def atom(w: Writer) -> str:
    choice = w.below(6)
    if choice == 5:
        return w.constant()
    if choice == 4 and w.have("vector"):
        return f"{w.any('vector')}[{w.below(LENGTH)}]"
    if choice == 3 and w.have("list"):
        return f"{w.any('list')}[{w.one_of((0, -1))}]"
    return w.any("number")


def binary(w, depth):
    return f"({number(w, depth)} {w.one_of('+-*')} {number(w, depth)})"


def quotient(w, depth):
    return f"{number(w, depth)} / (1.5 + ({number(w, depth)}) ** 2)"


def square(w, depth):
    return f"({number(w, depth)}) ** {w.one_of(('2', '3', '2.0'))}"


def function(w, depth):
    name = w.one_of(("math.sin", "math.cos", "math.tanh", "math.atan", "np.sin", "np.tanh", "abs"))
    if w.plain:
        name = name.replace("np.tanh", "np.cos")
    return f"{name}({number(w, depth)})"


def bounded(w, depth):
    form = w.one_of(
        ("math.exp(math.sin({}))", "math.sqrt(1.0 + ({}) ** 2)", "math.log(2.0 + abs({}))")
    )
    return form.format(number(w, depth))


def condition(w, depth):
    left, right = number(w, depth), number(w, depth)
    if w.plain:
        return f"{left} {w.one_of('<>')} {right}"
    form = w.one_of(
        ("{} < {}", "{} > {}", "-1.0 < {} < {}", "not {} > {}", "({0} > 0.2 or {1} < 0.5)")
    )
    return form.format(left, right)


def conditional(w, depth):
    return f"({number(w, depth)} if {condition(w, depth)} else {number(w, depth)})"


def extreme(w, depth):
    return f"{w.one_of(('max', 'min'))}({number(w, depth)}, {number(w, depth)})"


def element(w, depth):
    if w.have("matrix") and w.chance(2):
        if w.plain and w.chance(3):
            return w.any("matrix") + f"[{integer(w)} % 3, {integer(w)} % 4 - 4]"
        index = w.one_of(("[{}, {}]", "[{}][{}]"))
        return w.any("matrix") + index.format(w.below(ROWS), w.below(LENGTH))
    return f"{vector(w, depth, simple=w.plain)}[{w.one_of((0, 1, 2, 3, -1, -2))}]"


def reduction(w, depth):
    form = w.one_of(
        ("np.sum({})", "{}.sum()", "np.mean({})", "({} ** 2).sum()", "np.dot({0}, {0})")
    )
    if not w.plain:
        form = w.one_of(
            (form, "np.max({})", "{}.prod()", "np.linalg.norm({})", "sum({})", "float(np.std({}))")
        )
    return form.format(vector(w, depth, simple=w.plain))


def product(w, depth):
    return f"({vector(w, depth, simple=w.plain)} @ {vector(w, depth, simple=w.plain)})"


def walrus(w, depth):
    if w.sealed:
        return binary(w, depth)
    value = number(w, depth)
    name = w.unbound("k")
    text = f"(({name} := {value}) * {name} + {number(w, depth)})"
    return text


def comprehension(w, depth):
    items = w.one_of(
        (
            "sum([{0} * i for i in range(3)])",
            "sum({0} * e for e in {1})",
            "sum(e * e for e in {1} if e > 0.1)",
            "math.prod([0.5 + math.sin(e) for e in {1}])",
            "functools.reduce(lambda a, b: a * 0.5 + b, {1}, {0})",
            "max(e * {0} for e in {1})",
            "sum(a * b for a, b in zip({1}, reversed({1})))",
            "sum(map(lambda e: e * {0}, {1}))",
            "sum({{i: e * {0} for i, e in enumerate({1})}}.values())",
            "list(running({1}, {0}))[-1]",
            "sum(itertools.accumulate({1}))",
            "sorted({1})[0]",
            "sorted({1}, key=lambda e: -e * {0})[-1]",
            "math.fsum({1})",
            "next(e for e in [*{1}, {0}] if e == e)",
            "gather(*[e for e in {1}], factor={0}, last={0})",
        )
    )
    return items.format(number(w, depth), iterable(w, depth))


def iterable(w, depth):
    kinds = [kind for kind in ("list", "vector", "deque", "point") if w.have(kind)]
    choice = w.below(len(kinds) + 1)
    if choice < len(kinds):
        return w.any(kinds[choice])
    sealed, w.sealed = w.sealed, True  # no `:=` in what a comprehension iterates over
    items = f"({number(w, depth)}, {number(w, depth)})"
    w.sealed = sealed
    return items


def helper(w, depth):
    form = w.one_of(
        (
            "power({}, 2)",
            "gather({0}, {1}, factor={1})",
            "(lambda t, u={0}: t * u)({1})",
            "operator.mul({}, {})",
            "math.hypot({}, {}, 1.0)",
            "gather({0}, last={1})",
            "abs(complex({0}, {1}) + 1j)",
            "(complex({0}, 1.0) * complex({1}, {0})).imag",
            "math.copysign({}, 1.0 + {})",
        )
    )
    return form.format(number(w, depth), number(w, depth))


def attribute(w, depth):
    if not w.have("point"):
        return binary(w, depth)
    form = w.one_of(
        (
            "{}.x",
            "{}.y",
            "{}.size",
            "{}[0]",
            "{}({})",
            "({} * {}).y",
            "sum(-{})",
            "getattr({}, 'x')",
            "vars({})['y']",
            "({0} + {0} * {1}).size",
        )
    )
    return form.format(w.any("point"), number(w, depth))


def looked_up(w, depth):
    if not w.have("dict"):
        return binary(w, depth)
    form = w.one_of(
        (
            "{}['a']",
            "{}.get('b', {})",
            "sum({}.values())",
            "{}.setdefault('c', {})",
            "max({}.items())[1]",
        )
    )
    return form.format(w.any("dict"), number(w, depth))


def called(w, depth):
    if not w.have("callable"):
        return binary(w, depth)
    return f"{w.any('callable')}({number(w, depth)})"


def integer(w: Writer, depth: int = 1) -> str:
    """An expression of an int; of one that is not far from zero."""
    if depth <= 0 or w.chance(3):
        return w.any("integer") if w.have("integer") else str(w.one_of((0, 1, -1, 2, 3, -7)))
    form = w.one_of(
        (
            "int({2} * 4.0)",
            "({0} // 3)",
            "({0} % 4)",
            "({0} % -3)",
            "({0} + {1})",
            "({0} - {1})",
            "abs({0})",
            "(-{0} // 2 * 2)",
            "min({0}, {1})",
            "max({0}, 2)",
            "(({0} % 5) ** 2)",
            "({0} % 7 & 5)",
            "(1 << {0} % 3)",
            "len({3}[{0} % 3 :])",
            "math.floor({2} * 3.0)",
            "({0} if {0} > {1} else {1})",
            "np.argmax({3})",
        )
    )
    return form.format(integer(w, depth - 1), integer(w, depth - 1), number(w, 0), w.any("vector"))


def counted(w, depth):
    """A number in which ints take part."""
    form = w.one_of(
        (
            "{0} * {1}",
            "{2}[{1} % 4]",
            "{2}[-1 - {1} % 4]",
            "{2}[{1} % 3 :].sum()",
            "{2}[: -1 - {1} % 2].sum()",
            "{2}[{1} % 2 :: 2].sum() * {0}",
            "{0} / (1.0 + {1} ** 2)",
            "{0} // 0.7 * {0}",
            "{0} % 0.7",
            "{0} % -(1.5 + {0} ** 2)",
            "({0} > {1}) * {0}",
            "divmod({0}, 0.6)[1] * {1}",
            "round({0}) * {0}",
            "{0} ** ({1} % 4)",
            "sum({2}[: {1} % 4])",
            "float({1}) * {0}",
        )
    )
    return "(" + form.format(number(w, depth), integer(w), w.any("vector")) + ")"


def tied(w, depth):
    """Extremes of what may be equal."""
    form = w.one_of(
        (
            "max({0}, {0})",
            "min({0}, {0}, {1})",
            "(max({0}, 0.0) + min({0}, 0.0))",
            "max({0} - {0}, 0.0)",
            "max({2})",
            "min({0}, *{2})",
            "np.max({2})",
            "np.min({2} * {0})",
            "np.maximum({0}, {1})",
            "np.linalg.norm({2})",
            "np.prod({2})",
            "np.std({2})",
            "abs({0} - {0})",
        )
    )
    if w.plain:
        form = form.replace("max({2})", "np.max({2})").replace("*{2}", "{2}[0], {2}[1]")
        form = form.replace("np.np.", "np.")
    return form.format(number(w, depth), number(w, depth), w.any("vector"))


def logical(w, depth):
    form = w.one_of(
        (
            "({0} if -1.0 < {1} < {0} else {1})",
            "({0} if not {1} > {0} else {1})",
            "({0} if {1} > 0.2 or {0} < 0.5 else {1})",
            "({0} if {1} > 0.2 and {0} < 0.5 else {1})",
            "({0} or {1})",
            "({0} and {1})",
            "({0} if {2} % 2 == 0 else {1} if {2} % 3 else 0.5)",
            "({0} if {2} in (1, 2, 3) else {1})",
            "({0} if np.any({3} > {1}) else {1})",
            "({0}, {1}, 0.5)[{2} % 3]",
            "[{0}, {1}][-({2} % 2)]",
        )
    )
    return form.format(number(w, depth), number(w, depth), integer(w), w.any("vector"))


PLAIN_NUMBERS = (
    binary,
    counted,
    tied,
    logical,
    function,
    element,
    reduction,
    quotient,
    square,
    bounded,
    conditional,
    extreme,
    product,
    called,
)
NUMBERS = (
    *PLAIN_NUMBERS,
    walrus,
    comprehension,
    helper,
    attribute,
    looked_up,
    comprehension,
    attribute,
)


def vector(w: Writer, depth: int = 2, *, simple: bool = False) -> str:
    """An expression of a vector of four; with `simple`, one that is sure to be no number."""
    if depth <= 0 or not w.chance(3):
        return w.any("vector")
    makers = PLAIN_VECTORS if w.plain else VECTORS
    return w.one_of(makers)(w, depth - 1)


def elementwise(w, depth):
    form = w.one_of(
        (
            "np.sin({})",
            "({} * {})",
            "({} + {})",
            "({0} - {2})",
            "({0} * {2})",
            "np.tanh({})",
            "({} ** 2)",
            "-{}",
            "({} / (1.5 + {} ** 2))",
        )
    )
    return form.format(vector(w, depth), vector(w, depth), number(w, depth))


def selected(w, depth):
    form = w.one_of(
        (
            "{}[::-1]",
            "np.where({0} > {1}, {0}, {1} * 0.5)",
            "np.maximum({}, {})",
            "{}.copy()",
            "np.cos({})",
        )
    )
    return "(" + form.format(vector(w, depth), vector(w, depth)) + ")"


def row(w, depth):
    if not w.have("matrix"):
        return elementwise(w, depth)
    name = w.any("matrix")
    forms = ["{0}[1]", "{0}[-1, :]", "{0}[0]"]
    if not w.plain:
        forms += [
            "{0}.sum(axis=0)",
            "{0}.T @ {0}[:, 1]",
            "{0}[[0, 2]].sum(axis=0)",
            "{0}.T[:, 1]",
            "np.einsum('ij,ij->j', {0}, {0})",
            "{0}.reshape(4, 3)[:, 0]",
            "np.diagonal({0} @ {0}.T).sum() * {0}[2]",
            "{0}.ravel()[2:6]",
            "{0}.max(axis=0)",
            "{0}.swapaxes(0, 1)[:, 2]",
            "np.broadcast_to({0}[0], (3, 4))[2]",
            "np.array(list({0}))[2]",
        ]
    return w.one_of(forms).format(name)


def arranged(w, depth):
    form = w.one_of(
        (
            "np.concatenate([{0}[:2], {1}[2:]])",
            "np.sort({0})",
            "np.cumsum({0})",
            "np.roll({0}, 1)",
            "{0}[[3, 0, 0, 1]]",
            "np.outer({0}, {1})[1]",
            "np.array([{2}, 1.0, {0}[1], {2}])",
            "np.stack([{0}, {1}])[1]",
            "np.flip({0})",
            "np.append({0}[1:], {2})",
            "np.diff({0}, append={2})",
            "np.clip({0}, -0.5, {2} + 2.0)",
            "np.full(4, {2})",
            "np.asarray([e * {2} for e in {0}])",
            "np.insert({0}, 1, {2})[:4]",
            "np.ones(4) * {2}",
            "np.delete(np.append({0}, {2}), 2)",
            "np.tile({0}[:2], 2)",
            "np.repeat({1}[1:3], 2)",
            "np.lib.stride_tricks.sliding_window_view({0}, 2)[[0, 1, 1, 2], 1]",
            "np.fromiter(({2} * e for e in {0}), float)",
            "np.vectorize(lambda e: e * {2})({0})",
            "({0} + 1j * {1}).real",
            "np.abs({0} + 1j * {1})",
            "np.convolve({0}, {1}[:2])[:4]",
            "copy.deepcopy({0})",
            "np.take({0}, [1, 1, 2, 0])",
            "np.linalg.solve(np.eye(4) * 3.0 + 0.1 * np.outer({0}, {0}), {1})",
            "np.array(sorted({0}))",
            "np.trim_zeros({0}) if 0.0 not in {0} else {1}",
        )
    )
    return form.format(vector(w, depth), vector(w, depth), number(w, depth))


COMPILED_ARRANGED = (
    "np.concatenate(({0}[:2], {1}[2:]))",
    "np.cumsum({0})",
    "np.roll({0}, 1)",
    "{0}[np.array([3, 0, 0, 1])]",
    "np.array([{2}, 1.0, {0}[1], {2}])",
    "np.diff(np.concatenate(({0}, {1}[:1])))",
    "np.clip({0}, -0.5, {2} + 2.0)",
    "np.full(4, {2})",
    "np.where({0} > {2}, {2}, {1})",
    "np.where({0} > 0.0, np.sqrt(np.abs({0})), {1})",
    "np.array([e * {2} for e in ({0}[0], {1}[1], {2}, 1.5)])",
    "np.dot(np.outer({0}, {1}), {0})",
    "np.outer({0}, {1})[1]",
    "np.minimum({0}, {0})",
    "np.arange(4) * {0}",
    "({0} > {1}) * {0}",
    "np.linspace({2}, 1.0, 4)",
    "np.zeros(4) + {2}",
    "np.ones_like({0}) * {2}",
    "np.repeat({1}[1:3], 2)",
    "np.outer({0}, {1}).sum(axis=0)",
    "np.mean(np.outer({0}, {1}), axis=1)",
    "np.outer({0}, {1}).T[2]",
    "{0}.reshape(2, 2).ravel()",
    "(np.eye(4) * {2}) @ {0}",
    "np.abs({0} - {0})",
    "np.sign({0}) * {1}",
)


def arranged_plainly(w, depth):
    form = w.one_of(COMPILED_ARRANGED)
    return "(" + form.format(vector(w, depth), vector(w, depth), number(w, depth)) + ")"


PLAIN_VECTORS = (elementwise, selected, row, arranged_plainly)
VECTORS = (*PLAIN_VECTORS, arranged, arranged)
