"""Generators in code that runs as it stands: only where they are used up there.

Each program makes something that calculates when it is asked for items, and lets a live value in
before it asks: a generator that had been made outside the hooks would lose its derivative.
"""

import ast
import itertools

import pytest

import adjoint as ad
from adjoint.trace import regions
from adjoint.trace.footprint import footprint
from adjoint.trace.regions import FunctionRegion, Region


@pytest.fixture
def ran(monkeypatch):
    """The regions that ran as they stand."""
    found = []
    ended = Region.ended
    monkeypatch.setattr(Region, "ended", lambda self: (found.append(self), ended(self)))
    return found


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Ask of every call, whatever that takes."""
    monkeypatch.setattr(regions, "PATIENCE", 0)
    monkeypatch.setattr(regions, "SHARE", 0)


class Tree:
    def __init__(self, items):
        self.items = items

    def __iter__(self):
        for item in self.items:
            yield 2.0 * item

    def walk(self):
        yield from (2.0 * item for item in list(self.items))

    @property
    def shown(self):
        yield from self

    @staticmethod
    def doubled(items):
        yield from doubled(items)


class Picking(Tree):
    def __getitem__(self, place):
        yield 2.0 * self.items[place]


class Unmet(Tree):
    """Made only where nobody looks."""

    def __iter__(self):
        yield from doubled(self.items)


def doubled(items):
    for item in items:
        yield 2.0 * item


def later(items):
    received = yield 0.0
    yield from doubled(items)
    yield received or 0.0


def kept_in_a_name(tree):
    found = doubled(tree.items)
    len(tree.items)
    return found


def kept_by_a_method(tree):
    found = tree.walk()
    len(tree.items)
    return found


def kept_of_a_class(tree):
    return [Tree.walk(tree)][0]


def kept_static(tree):
    return [Tree.doubled(tree.items)][0]


def kept_by_its_name(tree):
    return getattr(tree, "walk")() if len(tree.items) else None  # noqa: B009


def kept_by_the_beginning_of_its_name(tree):
    kind = "lk"
    return getattr(tree, f"wa{kind}")() if len(tree.items) else None


def kept_by_one_of_its_names(tree):
    name = "walk" if len(tree.items) else "items"
    return getattr(tree, name)()


def kept_by_subscript(tree):
    found = Picking(tree.items)[0]
    len(tree.items)
    return found


def kept_by_a_property(tree):
    return [tree.shown][0]


def kept_by_enumerate(tree):
    return [enumerate(Unmet(tree.items), len(tree.items))][0]


def kept_by_iter(tree):
    return [iter(Unmet(tree.items))][0]


def kept_by_a_chain(tree):
    return [itertools.chain(Unmet(tree.items))][0]


def kept_by_a_native_in_a_table(tree):
    return [NATIVES[0](Unmet(tree.items)), len(tree.items)][0]


def kept_by_the_choice_of_the_largest(tree):
    return max(doubled(tree.items), tree.items, key=lambda one: 0)


def with_one_inside(tree):
    def inner():
        yield from doubled(tree.items)

    return [inner()]


def kept_by_an_inner_function(tree):
    return list(with_one_inside(tree))[0]  # noqa: RUF015


def kept_by_a_local_function(tree):
    listed = [lambda make: [make(tree.items)]][0]
    for found in listed(doubled):
        return found


def kept_by_a_call_of_what_is_looked_up(tree):
    for each in {"one": [doubled]}["one"]:
        return [each(tree.items)][0]


def kept_before_another_is_used(tree):
    found = [doubled(tree.items) for _ in doubled([1.0])]
    return found[0]


def kept_by_any_name(tree, name="walk"):
    if len(tree.items) > 1:
        name = "items"
    return getattr(tree, name)()


def kept_by_one_function_and_used_by_another(tree):
    return [sum(doubled([1.0])), use(tree), doubled(tree.items)][-1]


def kept_in_a_list_of_functions(tree):
    return [make(tree.items) for make in MAKERS].pop()


def kept_after_its_first_item(tree):
    found = later(tree.items)
    next(found)
    return found


def use(tree):
    return sum([item for item in doubled(tree.items) if item > 0.0])


NATIVES = [reversed, zip, enumerate][1:2]
MAKERS = [doubled]
KEEPING = [
    kept_in_a_name,
    kept_by_a_method,
    kept_of_a_class,
    kept_static,
    kept_by_its_name,
    kept_by_the_beginning_of_its_name,
    kept_by_one_of_its_names,
    kept_by_subscript,
    kept_by_a_property,
    kept_by_enumerate,
    kept_by_iter,
    kept_by_a_chain,
    kept_by_a_native_in_a_table,
    kept_by_the_choice_of_the_largest,
    kept_by_an_inner_function,
    kept_by_a_local_function,
    kept_by_a_call_of_what_is_looked_up,
    kept_before_another_is_used,
    kept_by_any_name,
    kept_by_one_function_and_used_by_another,
    kept_in_a_list_of_functions,
    kept_after_its_first_item,
]


def total(items):
    return sum(item[-1] if isinstance(item, tuple) else item for item in items)


@pytest.mark.parametrize("keep", KEEPING, ids=lambda keep: keep.__name__)
def test_what_is_kept_goes_through_the_hooks(keep):
    def program(x):
        for _ in range(3):
            tree = Tree([1.0])
            found = keep(tree)
            tree.items[0] = x * x
        return total(found)

    for _ in range(3):
        assert ad.grad(program)(3.0) == pytest.approx(12.0)
        assert ad.jvp(program, (3.0,), (1.0,))[1] == pytest.approx(12.0)


def used_by_a_loop(tree):
    found = 0.0
    for item in doubled(tree.items):
        found += item
    return found


def used_by_consumers(tree):
    joined = "".join(texts(tree))
    return [sum(tree.walk()), max(doubled(tree.items)), sorted(tree), next(tree.walk(), 0), joined]


def used_by_displays(tree):
    first, *rest = doubled(tree.items)
    return [first, *rest, *tree.walk(), {item for item in doubled(tree.items)}]  # noqa: C416


def used_through_others(tree):
    return [item + place for place, item in enumerate(zip_of_one(tree))]


def zip_of_one(tree):
    for one, _ in zip(tree, doubled(tree.items), strict=True):
        yield one


def texts(tree):
    for item in sorted(tree.items, key=lambda item: -item):
        yield str(item)


def until_found(tree):
    for item in tree.walk():
        if item > 1.0:
            return item
    return None


@pytest.mark.parametrize(
    "use", [used_by_a_loop, used_by_consumers, used_by_displays, used_through_others, until_found]
)
def test_what_is_used_up_runs_as_it_stands(use, ran):
    found = []

    def program(x):
        found.append(use(Tree([1.0, 3.0])))
        return x * x

    assert ad.grad(program)(3.0) == 6.0
    names = {region.scope["__name__"] for region in ran if type(region) is FunctionRegion}
    assert names == {__name__}
    assert found[0] == use(Tree([1.0, 3.0]))


def rebound(tree):
    return [value for value in enumerate(doubled(tree.items))]  # noqa: C416


def test_a_builtin_that_is_given_a_generator_is_rebound(monkeypatch):
    made = []

    def keeping(items):
        made.append(items)
        return []

    def program(x):
        made.clear()
        tree = Tree([1.0])
        for _ in range(3):
            rebound(tree)
        tree.items[0] = x
        return 0.0 * x + sum(sum(items) for items in made)

    assert ad.grad(program)(3.0) == 0.0
    monkeypatch.setitem(globals(), "enumerate", keeping)
    for _ in range(2):
        assert ad.grad(program)(3.0) == pytest.approx(6.0)


# attributes by computed names


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("'value'", True),
        ("'value' if a else 'other'", True),
        ("'of_' + b", True),
        ("f'of_{b}'", True),
        ("'of_%s' % b", True),
        ("'gi_frame'", False),
        ("'__dict__'", False),
        ("'value' if a else 'f_locals'", False),
        ("'gi_' + b", False),
        ("'__' + b", False),
        ("'_' + b", False),
        ("f'{b}_of'", False),
        ("'%s_of' % b", False),
        ("a + 'value'", False),
        ("b", False),
        ("b'value'", False),
    ],
)
def test_of_which_texts_it_is_told_what_they_reach(text, is_told):
    node = ast.parse(f"getattr(a, {text})")
    found = footprint([node], frozenset("ab"), None, {})
    assert (found is not None) == is_told


class Node:
    def __init__(self, value):
        self.left = self.right = self.value = value

    @property
    def inner(self):
        return 2.0 * SCALE[0]

    def visit_one(self):
        return 3.0 * SCALE[0]

    def visit_two(self):
        return self.value


SCALE = [1.0]


def by_a_choice(node, is_left):
    side = "left" if is_left else "inner"
    return max([getattr(node, side)])


def by_a_loop(node, is_left):
    return sum([getattr(node, name) for name in ("left", "inner")]) if is_left else 0.0


def by_a_beginning(node, is_left):
    number = "one" if is_left else "two"
    return max([getattr(node, "visit_" + number)()])


def by_a_remainder(node, is_left):
    number = "one" if is_left else "two"
    return max([getattr(node, "visit_%s" % number)()])  # noqa: UP031


def by_an_argument(node, is_left, name="inner"):
    return max([getattr(node, name)])


def by_what_is_there_or_not(node, is_left):
    name = None
    if not is_left:
        name = "inner"
    return 1.0 if name is None else sum([getattr(node, name)])


@pytest.mark.parametrize(
    "read",
    [by_a_choice, by_a_loop, by_a_beginning, by_a_remainder, by_what_is_there_or_not],
)
def test_attributes_by_computed_names(read, ran):
    def program(x):
        SCALE[0] = 1.0
        known = read(Node(1.0), True) + read(Node(1.0), False)
        SCALE[0] = x
        return known * (read(Node(1.0), True) + read(Node(1.0), False))

    step = 1e-6
    for _ in range(3):
        expected = (program(3.0 + step) - program(3.0 - step)) / (2.0 * step)
        assert ad.grad(program)(3.0) == pytest.approx(expected, rel=1e-7)
    assert any(type(region) is FunctionRegion for region in ran)


def test_an_attribute_by_any_name_goes_through_the_hooks(ran):
    def program(x):
        SCALE[0] = 1.0
        known = by_an_argument(Node(1.0), True)
        SCALE[0] = x
        return known * by_an_argument(Node(1.0), False)

    for _ in range(3):
        assert ad.grad(program)(3.0) == 4.0
    assert not [region for region in ran if "by_an_argument" in region.scope]
