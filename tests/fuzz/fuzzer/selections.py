"""Random statements about masks and places: arrays that say where, and change while they do."""

from fuzzer.expressions import integer, number, vector

NEW_MASKS = ("{1} > {2}", "np.array([True, False, True, True])", "{0} < {1}", "np.ones(4, bool)")
NEW_PLACES = ("np.array([2, 0, 3, 0])", "np.argsort({0})", "np.arange(4)", "np.arange(4)[::-1]")
OF_MASKS = (
    "{m}[{m}] = {v}[{m}] < {n}",
    "{m}[:] = {v} > {n}",
    "{m} ^= {m}[::-1]",
    "np.logical_not({m}, out={m})",
    "np.logical_and({m}, {v} > {n}, out={m}, where={m})",
    "np.copyto({m}, True, where={v} > {n})",
    "{m}[{i} % 4] = {v}[1] > {n}",
    "{m}[1:] &= {m}[:-1]",
    "{m}[{p}] = {m}",
    "{m}.sort()",
)
OF_PLACES = (
    "{p}[{p}] = {p}[::-1]",
    "{p}[:] = {p}[::-1]",
    "{p}[{i} % 4] = {i} % 4",
    "{p}[1:] = {p}[:-1]",
    "{p}[{m}] = {i} % 4",
    "{p} ^= 1",
    "np.put({p}, {p}[:2], 3)",
    "{p}.sort()",
    "{p}[{p} > 1] -= 1",
)
BY_BOTH = (
    "{v}[{m}] = {n}",
    "{v}[{m}] = {u}[{m}]",
    "{v}[{m}] *= 0.5",
    "{v}[{m}] += {u}[{m}]",
    "{v}[~{m}] -= {n}",
    "{v}[{p}] = {u}",
    "{v}[{p}] += {u}",
    "np.add.at({v}, {p}, {u})",
    "np.copyto({v}, {u}, where={m})",
    "np.multiply({v}, 0.5, out={v}, where={m})",
    "{v}[:] = np.where({m}, {v}, {u})",
    "{v}[{m}] = {v}[{p}][{m}]",
    "np.putmask({v}, {m}, {u})",
    "{v}[1:][{m}[1:]] = {n}",
)
BY_ONE = (
    "{v}[{m}].sum()",
    "{v}[{p}] @ {u}",
    "np.sum({v}, where={m})",
    "np.take({v}, {p}).prod()",
    "{v}[{p}][{m}].sum()",
    "{v}.max(where={m}, initial=-3.0)",
)


def select(w, budget):
    """Make a mask and places if there are none; change them and use them in turn."""
    del budget
    if not w.have("mask"):
        given = w.any("vector"), vector(w, 1), number(w, 1)
        w.line(f"{w.new('mask', 's')} = {w.one_of(NEW_MASKS).format(*given)}")
        w.line(f"{w.new('places')} = {w.one_of(NEW_PLACES).format(*given)}")
    for _ in range(1 + w.below(3)):
        one(w, BY_BOTH if w.chance(2) else BY_ONE)
        one(w, OF_MASKS if w.chance(2) else OF_PLACES)


def one(w, forms):
    names = {"v": w.any("vector"), "u": vector(w, 1), "n": number(w, 1), "i": integer(w)}
    form = w.one_of(forms).format(m=w.any("mask"), p=w.any("places"), **names)
    w.line(f"{w.new('number')} = {form}" if forms is BY_ONE else form)
