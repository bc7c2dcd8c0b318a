"""Random statements: bindings, mutation, control flow, containers, objects, exceptions."""

from fuzzer.expressions import condition, integer, number, vector
from fuzzer.selections import select
from fuzzer.writing import LENGTH, ROWS, Writer


def body(w: Writer, budget: int) -> None:
    """Up to `budget` statements."""
    makers = PLAIN_STATEMENTS if w.plain else STATEMENTS
    for _ in range(1 + w.below(budget)):
        w.one_of(makers)(w, budget - 2)


def bind_number(w, budget):
    value = number(w)
    w.line(f"{w.new('number')} = {value}")


def bind_vector(w, budget):
    value = vector(w)
    if not w.plain and w.chance(3):  # another name for the same array, or a view
        value = f"{w.any('vector')}{w.one_of(('', '[:]', '[::-1]'))}"
        w.line(f"{w.new('vector')} = {value}")
        return
    w.line(f"{w.new('vector')} = {value if not w.plain else f'({value}).copy()'}")


def augment(w, budget):
    operator = w.one_of(("+=", "-=", "*="))
    value = number(w)
    if operator == "*=":
        value = f"math.cos({value})"
    w.line(f"{w.any('number')} {operator} {value}")


def swap(w, budget):
    kind = w.one_of(("number", "vector"))
    left, right = w.any(kind), w.any(kind)
    if left != right:
        w.line(f"{left}, {right} = {right}, {left}")


def store_element(w, budget):
    operator = w.one_of(("=", "+=", "-="))
    if w.have("matrix") and w.chance(3):
        target = f"{w.any('matrix')}[{w.below(ROWS)}, {w.below(LENGTH)}]"
    else:
        target = f"{w.any('vector')}[{w.one_of((0, 1, 2, 3, -1))}]"
    w.line(f"{target} {operator} {number(w)}")


def store_slice(w, budget):
    a = w.any("vector")
    forms = [
        "{0}[1:3] += {1}[:2]",
        "{0}[:] = {1}",
        "{0} += {1}",
        "{0}[::2] *= {2}",
        "{0}[1:] = {1}[:-1] * 0.5",
        "{0}[:2] = {2}",
    ]
    if not w.plain:
        forms += [
            "{0}[1:] += {0}[:-1]",
            "{0}[::-1][1:] = {0}[1:]",
            "{0}[[0, 0, 2]] = {1}[:3]",
            "{0}[[0, 0, 2]] += {1}[1:]",
            "{0}[{1} > 0.1] = {2}",
            "{0}[{0} > 0.3] *= 0.5",
            "np.add({0}, {1}, out={0})",
            "np.multiply({0}, 0.5, out={0}, where={1} > 0)",
            "np.copyto({0}, {1}, where={1} < 0.5)",
            "np.add.at({0}, [1, 1, 3], {1}[:3])",
            "np.put({0}, [0, 2], {1}[:2])",
            "{0}.sort()",
            "{0}.fill({2})",
            "{0}.flat[2] = {2}",
            "{0}.reshape(2, 2).T[1] = {1}[:2]",
            "np.place({0}, {0} > 0.2, {1}[:2].copy())",
            "np.putmask({0}, {1} > 0.0, {1})",
            "{0}[[0, 1]] = {0}[[1, 0]]",
            "{0}[1:3], {0}[0:2] = {1}[0:2], {1}[2:]",
            "np.sin({1}, {0})",
            "{0}[...] = {2}",
            "{0}.reshape(2, 2)[:, 0] += {1}[::2]",
            "{0}[:, None][1:3] *= 0.5",
            "np.put_along_axis({0}, np.array([3, 1]), {1}[:2], 0)",
            "np.multiply.at({0}, [0, 0], 0.5 + {2})",
            "{0}.partition(2)",
            "np.einsum('i,i->i', {0}, {1}, out={0})",
            "{0}[slice(0, 2)] -= {2}",
            "np.fill_diagonal({0}.reshape(2, 2), {2})",
            "{0}[1:2], {0}[0] = {1}[3:], {2}",
            "np.negative({0}[:2], out={0}[1:3])",
        ]
    w.line(w.one_of(forms).format(a, vector(w), number(w, 1)))


def store_matrix(w, budget):
    if not w.have("matrix"):
        return store_slice(w, budget)
    m = w.any("matrix")
    forms = ["{0}[1] = {1}", "{0}[0] *= {2}", "{0}[:, 1] = {0}[:, 2]", "{0}[1:] += {0}[:-1] * 0.5"]
    if w.plain:
        forms = forms[:2]
    else:
        forms += [
            "{0}.T[1] += {2}",
            "{0}[[0, 1]] = {0}[[1, 0]]",
            "{0}[:, [0, 0]] += {2}",
            "{0}.ravel()[::3] = {1}",
            "{0}.diagonal(); {0}.flat[5] = {2}",
            "np.fill_diagonal({0}, {2})",
            "{0}.sort(axis=0)",
            "{0} *= {1}",
            "{0}[{0} > 0.5] = {2}",
            "{0}[np.ix_([0, 2], [1, 3])] *= 0.5",
            "{0}[:, ::-1] -= {0} * 0.5",
            "{0}[..., 1:3] = {1}[:2]",
            "{0}[1, :], {0}[2, :] = {0}[2, :], {0}[1, :]",
            "{0}.reshape(4, 3)[1:3] *= {2}",
            "np.add.at({0}, ([0, 0], [1, 1]), {1}[:2])",
            "for row_ in {0}: row_ += {1}",
            "for at_ in np.ndindex({0}.shape): {0}[at_] = math.sin({0}[at_])",
            "{0}.swapaxes(0, 1)[0] = {1}[:3]",
        ]
    w.line(w.one_of(forms).format(m, vector(w), number(w, 1)))
    return None


def bind_matrix(w, budget):
    if not w.have("matrix"):
        return bind_vector(w, budget)
    forms = ["{0} * {2}", "np.sin({0})", "{0}.copy()"]
    if not w.plain:
        forms += [
            "{0}",
            "{0}[::-1]",
            "np.outer({1}[:3], {1})",
            "np.vstack([{1}, {1} * {2}, {0}[2]])",
            "np.array([[e * {2} for e in row] for row in {0}])",
            "np.where({0} > 0, {0}, {2})",
            "{0}.T.reshape(3, 4)",
            "np.asfortranarray({0})",
            "np.zeros((3, 4)) + {1}",
            "np.maximum({0}, {1})",
        ]
    value = w.one_of(forms).format(w.any("matrix"), vector(w), number(w, 1))
    w.line(f"{w.new('matrix')} = {value}")
    return None


def branch(w, budget):
    if budget <= 0:
        return bind_number(w, budget)
    w.block(f"if {condition(w, 1)}:", lambda: body(w, budget))
    if not w.plain and w.chance(4):
        w.block(f"elif {condition(w, 1)}:", lambda: body(w, budget))
    if w.chance(2):
        w.block("else:", lambda: body(w, budget))
    return None


def leave_early(w):
    if w.chance(3):
        w.block(f"if {condition(w, 1)}:", lambda: w.line(w.one_of(("break", "continue"))))


def for_loop(w, budget):
    if budget <= 0 or w.loops >= 2:
        return augment(w, budget)
    w.loops += 1
    if w.plain or w.chance(2):
        index = w.unbound("i")
        header = f"for {index} in range({w.one_of((2, 3, 1, 4))}):"
    else:
        header = loop_over(w)

    def inside():
        if header.startswith("for n"):
            w.names["number"].append(header.split()[1].rstrip(","))
        else:
            w.line(f"{w.any('vector')}[{index} % 4] += {number(w, 1)}")
        body(w, budget)
        leave_early(w)

    w.block(header, inside)
    if not w.plain and w.chance(4):
        w.block("else:", lambda: body(w, budget))
    w.loops -= 1
    return None


def loop_over(w):
    name = w.unbound("n")
    forms = [
        "for {} in {}.copy():",
        "for {} in ({}, {}):",
        "for {}, _ in zip({}, [0, 1, 2]):",
        "for {} in running({}.copy()):",
        "for {} in tuple({}):",
        "for {} in reversed({}.copy()):",
        "for {}, _ in [(e, e * 2) for e in {}]:",
    ]
    form = w.one_of(forms)
    if form == forms[1]:
        return form.format(name, number(w, 1), number(w, 1))
    return form.format(name, w.any(w.one_of([kind for kind in ("vector", "list") if w.have(kind)])))


def while_loop(w, budget):
    if budget <= 0 or w.loops >= 2:
        return augment(w, budget)
    w.loops += 1
    counter = w.unbound("i")
    w.line(f"{counter} = 0")
    forever = w.plain and w.chance(3)

    def inside():
        w.line(f"{counter} += 1")
        if forever:
            w.block(f"if {counter} > 3:", lambda: w.line("break"))
        body(w, budget)
        leave_early(w)

    header = "while True:" if forever else f"while {counter} < 3 and {condition(w, 1)}:"
    w.block(header, inside)
    w.loops -= 1
    return None


def bind_list(w, budget):
    value = w.one_of(
        (
            "[{0}, {1}]",
            "[{0}] * 3",
            "[{0} * e for e in {2}]",
            "list({2})",
            "{2}.tolist()",
            "[*{2}, {1}]",
            "sorted({2})",
            "[a for a in {2} if a < 9.0] + [{0}]",
        )
    ).format(number(w), number(w, 1), vector(w, 1))
    w.line(f"{w.new('list')} = {value}")


def change_list(w, budget):
    if not w.have("list"):
        return bind_list(w, budget)
    name = w.any("list")
    forms = [
        "{0}.append({1})",
        "{0}[0] = {1}",
        "{0}[-1] += {1}",
        "{0}.insert(1, {1})",
        "{0} += [{1}]",
        "{0}.reverse()",
        "{0}.sort()",
        "{0}[:2] = [{1}, {1}]",
        "{0}.extend(running([{1}, {2}]))",
        "{0}[0], {0}[-1] = {0}[-1], {0}[0]",
        "{0}.append({0}.pop(0) * 0.5)",
        "heapq.heapify({0})",
        "heapq.heappush({0}, {1})",
        "{0}.sort(key=lambda e: -e)",
        "{0}.append({0}[0]); del {0}[0]",
        "{0}[::2] = [{1}] * len({0}[::2])",
        "{0} = {0} * 2",
        "{0}.append(heapq.heappushpop({0}, {1}))",
        "{0} = [e for e in {0}][:6]",
        "{0} = copy.copy({0})",
        "{0}.append(max({0}))",
    ]
    w.line(w.one_of(forms).format(name, number(w, 1), number(w, 1)))
    return None


def bind_dict(w, budget):
    value = w.one_of(
        (
            "{{'a': {0}, 'b': {1}}}",
            "dict(a={0}, b={1})",
            "collections.defaultdict(float, a={0}, b={1})",
            "dict(zip('abc', ({0}, {1}, {0})))",
            "{{**dict(a={0}), 'b': {1}}}",
            "dict(a={0}) | dict(b={1})",
            "collections.Counter(a={0}, b={1})",
        )
    ).format(number(w), number(w, 1))
    w.line(f"{w.new('dict')} = {value}")


def change_dict(w, budget):
    if not w.have("dict"):
        return bind_dict(w, budget)
    forms = [
        "{0}['a'] = {1}",
        "{0}['b'] += {1}",
        "{0}.update(a={1}, e=0.5)",
        "{0}['d'] = {0}.pop('b') * {1}; {0}['b'] = {0}['a']",
        "for key_, value_ in list({0}.items()): {0}[key_] = value_ * 0.5",
        "{0} |= {{'a': {1}}}",
        "{0}['a'], {0}['b'] = {0}['b'], {0}['a']",
        "{0}.setdefault('z', {1})",
    ]
    w.line(w.one_of(forms).format(w.any("dict"), number(w, 1)))
    return None


def use_deque(w, budget):
    if not w.have("deque"):
        value = f"[{number(w)}, {number(w, 1)}]"
        w.line(f"{w.new('deque', 'q')} = collections.deque({value}, maxlen=4)")
        return
    forms = [
        "{0}.append({1})",
        "{0}.appendleft({1})",
        "{0}.rotate(1)",
        "{0}[0] = {1}",
        "{0}.append({0}.popleft() * {1})",
        "{0}.extend([{1}, 0.5])",
    ]
    w.line(w.one_of(forms).format(w.any("deque"), number(w, 1)))


def bind_point(w, budget):
    if w.have("point") and w.chance(3):
        value = w.one_of(
            ("{0}", "copy.copy({0})", "{0} * {1}", "-{0}", "copy.deepcopy({0})", "{0} + {0}")
        ).format(w.any("point"), number(w, 1))
    else:
        value = w.one_of(
            ("Point({0}, {1})", "Charged({0}, {1})", "Charged({0}, y={1}, charge={0})")
        ).format(number(w), number(w, 1))
    w.line(f"{w.new('point')} = {value}")


def change_point(w, budget):
    if not w.have("point"):
        return bind_point(w, budget)
    forms = [
        "{0}.x = {1}",
        "{0}.y += {1}",
        "{0}.size = {1}",
        "{0}[1] = {1}",
        "{0} += {2}",
        "{0}.move({1}, by={1})",
        "setattr({0}, 'x', {1})",
        "{0}.x, {0}.y = {0}.y, {0}.x",
        "{0}.__dict__['y'] = {1}",
        "{0}[0] *= math.cos({1})",
        "vars({0}).update(x={1})",
        "Point.move({0}, {1})",
    ]
    w.line(w.one_of(forms).format(w.any("point"), number(w, 1), w.any("point")))
    return None


def define(w, budget):
    """A closure, which reads the names around it and may change one of them."""
    if budget <= 0 or len(w.names["callable"]) > 2:
        return augment(w, budget)
    name, outer, loops = w.unbound("call"), w.any("number"), w.loops
    changes = not w.plain and w.chance(2) and w.depth == 1 and outer not in ("x", "y")
    names = {kind: list(found) for kind, found in w.names.items()}

    def inside():
        w.loops = 2
        if changes:
            w.line(f"nonlocal {outer}")
            w.line(f"{outer} = {outer} + 0.1 * t")
        hidden = set() if changes else set(w.names["number"])
        w.names["number"] = ["t"]  # what it assigns to is its own
        inner = w.new("number")
        w.names["number"] += sorted(hidden)
        w.names["number"].remove(inner)
        w.line(f"{inner} = {number(w)}")
        w.line(f"return {inner} * {number(w, 1)}")

    w.names["callable"] = []
    w.block(f"def {name}(t):", inside)
    w.names = names
    w.loops = loops
    w.names["callable"].append(name)
    return None


def attempt(w, budget):
    if budget <= 0:
        return bind_number(w, budget)
    name = w.new("number")
    w.line(f"{name} = {w.constant()}")

    def risky():
        w.line(f"{name} = check({number(w)}, {w.constant()})")
        body(w, 1)

    def handler():
        w.line(f"{name} = error.value * {number(w, 1)}")

    w.block("try:", risky)
    w.block("except Interrupted as error:", handler)
    if w.chance(3):
        w.block("finally:", lambda: body(w, 1))
    return None


def manage(w, budget):
    if budget <= 0:
        return bind_number(w, budget)
    if w.have("list") and w.chance(2):
        value = number(w)
        w.block(f"with Total({w.any('list')}) as log_:", lambda: w.line(f"check({value}, 0.4)"))
    else:
        w.block(
            f"with halved({w.any('vector')}) as part_:",
            lambda: w.line(f"part_[1:] *= {number(w, 1)}"),
        )
    return None


def match(w, budget):
    if budget <= 0:
        return bind_number(w, budget)
    name = w.new("number")
    w.line(f"{name} = 0.5")
    w.line(f"match ({number(w)}, {w.one_of(('1', '2', '[3, 4]'))}):")
    w.depth += 1
    w.block("case (u_, 1) if u_ > 0.2:", lambda: w.line(f"{name} = u_ * {number(w, 1)}"))
    w.block("case (u_, [_, _]):", lambda: w.line(f"{name} = u_ - {number(w, 1)}"))
    w.block("case (u_, _):", lambda: w.line(f"{name} += u_ * 0.5"))
    w.depth -= 1
    return None


def unpack(w, budget):
    values = [number(w, 1) for _ in range(3)]
    form = w.one_of(("{}, *{} = {}, {}, {}", "({}, *{}) = [{}, {}, {}]"))
    w.line(form.format(w.new("number"), w.new("list"), *values))


def generate(w, budget):
    name = w.unbound("g")
    w.line(f"{name} = echo({number(w, 1)})")
    value = f"next({name}) + {name}.send({number(w, 1)})"
    w.line(f"{w.new('number')} = {value}")
    w.line(f"{w.new('number')} = sum({name})")


def bind_integer(w, budget):
    value = integer(w, 2)
    if w.have("integer") and w.chance(3):
        w.line(f"{w.any('integer')} {w.one_of(('+=', '-='))} {integer(w)} % 3")
        return
    w.line(f"{w.new('integer', 'k')} = {value}")


def bind_view(w, budget):
    """Another name for the same memory."""
    forms = ["{0}", "{0}[:]", "{0}[::-1]", "{0}[1:]", "{0}[:3]", "{0}[::2]"]
    form = w.one_of(forms)
    name = w.any("vector")
    if form in forms[:3]:
        w.line(f"{w.new('vector')} = {form.format(name)}")
        return
    part = w.unbound("part")
    w.line(f"{part} = {form.format(name)}")
    w.line(f"{part}{w.one_of(('', '[0]', '[-1]', '[1:]'))} {w.one_of(('+=', '*='))} {number(w, 1)}")


def store_overlapping(w, budget):
    a, b = w.any("vector"), w.any("vector")
    form = w.one_of(
        (
            "{0}[1:] += {0}[:-1]",
            "{0}[::-1][1:] = {0}[1:]",
            "{0}[1:] = {1}[:-1] * {2}",
            "{0}[:-1] -= {1}[1:]",
            "{0}[:] = {1}[::-1]",
            "{0}[{1} > 0.1] = {2}",
            "{0}[{0} > 0.3] *= 0.5",
            "{0}[{1} < {2}] += {1}[{1} < {2}]",
            "{0}[...] = {2}",
            "{0}.fill({2})",
            "{0}[{3} % 4] = {2}",
            "{0}[-1 - {3} % 4] *= {2}",
            "{0}[{3} % 3 :] = {2}",
            "{0}[:{3} % 4] += {1}[:{3} % 4]",
            "{0}[0], {0}[1] = {0}[1], {0}[0]",
            "{0}[1:3], {0}[0] = {1}[0:2], {2}",
            "{0} *= {1}",
            "{0} /= 1.5 + {0} ** 2",
            "{0} **= 2",
            "{0}[{3} % 4] += {0}[{3} % 2]",
            "{0}[np.array([0, 2])] = {1}[:2]",
            "{0}[np.array([0, 0, 2])] += {1}[1:]",
            "{0} = {0} + {2}",
            "{0} = {1}",
        )
    )
    w.line(form.format(a, b, number(w, 1), integer(w)))


def store_rows(w, budget):
    if not w.have("matrix"):
        return store_overlapping(w, budget)
    form = w.one_of(
        (
            "{0}[:, 1] = {0}[:, 2]",
            "{0}[1:] += {0}[:-1] * 0.5",
            "{0}.T[1] += {2}",
            "{0}[{3} % 3] = {1}",
            "{0}[{3} % 3, {3} % 4] *= {2}",
            "{0}[{3} % 3][1:3] = {2}",
            "{0} *= {1}",
            "{0}[..., 1:3] = {1}[:2]",
            "{0}[:, ::-1] -= {0} * 0.5",
            "for row_ in {0}: row_ += {1}",
            "for row_ in {0}: row_[0] = {2}",
            "{0}[:, {3} % 4] = {2}",
            "{0} += {0}[0]",
            "{0}[0] = {0}.sum(axis=0)",
            "{0}[:2, 1:] *= {1}[1:]",
            "{1}[:3] = {0}[:, 1]",
            "{1}[:3] += {0}.sum(axis=1)",
            "{1}[:3] = np.mean({0} * {2}, axis=-1)",
        )
    )
    w.line(form.format(w.any("matrix"), w.any("vector"), number(w, 1), integer(w)))
    return None


def loop_over_items(w, budget):
    """A loop over what the compiled tier goes over, with any exit, and an `else`."""
    if budget <= 0 or w.loops >= 2:
        return augment(w, budget)
    w.loops += 1
    name, other = w.unbound("e"), w.unbound("i")
    header, integers, numbers = w.one_of(
        (
            ("for {0} in {1}.copy():", [], [name]),
            ("for {2}, {0} in enumerate({1}.copy()):", [other], [name]),
            ("for {2}, {0} in enumerate({1}[::-1].copy(), start=2):", [other], [name]),
            ("for {0}, {2} in zip({1}.copy(), {1}[1:].copy()):", [], [name, other]),
            ("for {0} in reversed({1}.copy()):", [], [name]),
            ("for {2} in range(3, -2, -2):", [other], []),
            ("for {2} in range({3} % 3, 4):", [other], []),
            ("for {2}, {0} in enumerate((x, y, 0.5)):", [other], [name]),
            ("for {0} in ({4}, {4}, 0.5):", [], [name]),
        )
    )

    def inside():
        w.names["integer"] += integers
        w.names["number"] += numbers
        body(w, budget)
        leave_early(w)
        if w.plain and w.depth > 1 and w.chance(4):
            w.block(f"if {condition(w, 1)}:", lambda: w.line(f"return {number(w, 1)}"))

    w.block(header.format(name, w.any("vector"), other, integer(w), number(w, 1)), inside)
    if w.chance(4):
        w.block("else:", lambda: body(w, budget))
    w.loops -= 1
    return None


def branches(w, budget):
    if budget <= 0:
        return bind_number(w, budget)
    w.block(f"if {condition(w, 1)}:", lambda: body(w, budget))
    w.block(f"elif {integer(w)} > 1:", lambda: body(w, budget))
    if w.chance(2):
        w.block("else:", lambda: body(w, budget))
    return None


PLAIN_STATEMENTS = (
    bind_number,
    bind_integer,
    bind_view,
    store_overlapping,
    store_overlapping,
    store_rows,
    loop_over_items,
    branches,
    augment,
    store_element,
    bind_vector,
    store_slice,
    branch,
    for_loop,
    while_loop,
    swap,
    bind_matrix,
    store_matrix,
    define,
)
STATEMENTS = (
    *PLAIN_STATEMENTS,
    store_slice,
    bind_list,
    change_list,
    change_list,
    bind_dict,
    change_dict,
    use_deque,
    bind_point,
    change_point,
    change_point,
    attempt,
    manage,
    match,
    unpack,
    generate,
    store_slice,
    for_loop,
    select,
    select,
    select,
)
