"""Attributes, methods and calls without a hook: never past code that is written in Python."""

import concurrent.futures
import functools
import sys
import types
from dataclasses import dataclass

import pytest

import adjoint as ad


def slope(function, at=3.0):
    """The derivative, from a reverse and a forward sweep that must agree."""
    reverse = ad.grad(function)(at)
    _, forward = ad.jvp(function, (at,), (1.0,))
    assert reverse == pytest.approx(forward, rel=1e-12)
    return reverse


class Spring:
    rate = 2.0

    def __init__(self, length):
        self.length = length

    def force(self, x):
        return self.rate * x * self.length

    @property
    def energy(self):
        return self.length * self.length

    @energy.setter
    def energy(self, value):
        self.length = value * value

    @classmethod
    def twice(cls, x):
        return cls(2.0 * x)

    @staticmethod
    def squared(x):
        return x * x


class Slotted:
    __slots__ = ("length",)

    def __init__(self, length):
        self.length = length

    def cubed(self):
        return self.length**3


def test_attributes_read_and_written():
    def f(x):
        spring = Spring(1.0)
        spring.length = x
        spring.length *= x
        spring.length += spring.rate * x
        return spring.length * spring.length

    assert slope(f) == pytest.approx(2 * 15.0 * 8.0)


def test_properties_are_followed_when_read_written_and_updated():
    def f(x):
        spring = Spring(x)
        first = spring.energy
        spring.energy = x
        spring.energy += x
        return first * spring.length

    # first = x^2, length = (x^4 + x)^2 after two writes
    x = 3.0
    expected = 2 * x * (x**4 + x) ** 2 + x**2 * 2 * (x**4 + x) * (4 * x**3 + 1)
    assert slope(f) == pytest.approx(expected)


def test_methods_of_every_kind():
    def f(x):
        spring, slotted = Spring.twice(x), Slotted(x)
        inner = types.SimpleNamespace(spring=spring, items=[slotted])
        a = spring.force(x) + inner.spring.force(x) + spring.squared(x)
        return a + inner.items[0].cubed() + slotted.cubed() + Spring.squared(x)

    assert slope(f) == pytest.approx(2 * 8 * 3.0 + 4 * 3.0 + 2 * 3 * 9.0)


@pytest.mark.parametrize("where", ["before", "inside"])
def test_an_attribute_of_the_object_hides_the_method(where):
    spring = Spring(1.0)

    def hide(target):
        target.force = lambda x: x**3

    if where == "before":
        hide(spring)

    def f(x):
        result = 0.0
        for _ in range(2):
            result = result + spring.force(x)
            if where == "inside":
                hide(spring)
        return result

    expected = 2 * 27.0 if where == "before" else 2.0 + 27.0
    assert slope(f) == pytest.approx(expected) if where == "before" else ad.grad(f)(3.0) == expected


@pytest.mark.parametrize("how", ["assignment", "setattr", "between"])
def test_a_class_that_changes(how):
    class Body:
        def __init__(self, x):
            self._x = x
            self.size = x

        def power(self, x):
            return x

    def new_size(self):
        return self._x**2

    def new_power(self, x):
        return x**3

    def change():
        if how == "setattr":
            setattr(Body, "size", property(new_size, lambda self, value: None))  # noqa: B010
            setattr(Body, "power", new_power)  # noqa: B010
        else:
            Body.size = property(new_size, lambda self, value: None)
            Body.power = new_power

    def f(x, changes):
        total = 0.0
        for _ in range(2):
            body = Body(x)
            body.size = x
            total = total + body.size + body.power(x)
            if changes:
                change()
                changes = False
        return total

    if how == "between":
        assert ad.grad(f)(3.0, False) == 4.0
        change()
        assert ad.grad(f)(3.0, False) == 2 * (6.0 + 27.0)
    else:
        assert ad.grad(f)(3.0, True) == 2.0 + 6.0 + 27.0


class Watched:
    """Everything about its attributes is written in Python."""

    def __init__(self, x):
        object.__setattr__(self, "held", x)

    def __getattribute__(self, name):
        if name == "doubled":
            return 2.0 * object.__getattribute__(self, "held")
        return object.__getattribute__(self, name)

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value * value)

    def times(self, x):
        return self.held * x


class Fallback:
    def __init__(self, x):
        self.x = x

    def __getattr__(self, name):
        return self.x * self.x

    def own(self, y):
        return self.missing * y


class Scaled:
    """A descriptor written in Python, which keeps the value at twice its size."""

    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner=None):
        return getattr(instance, self.name) / 2.0

    def __set__(self, instance, value):
        setattr(instance, self.name, 2.0 * value)


class WithDescriptor:
    size = Scaled()

    @functools.cached_property
    def squared(self):
        return self.size**2


def test_attributes_that_python_code_computes():
    def f(x):
        watched, fallback, described = Watched(x), Fallback(x), WithDescriptor()
        a = 0.0
        for _ in range(2):
            described.size = x
            a = a + watched.doubled + watched.times(x) + fallback.anything + fallback.own(x)
            a = a + described.size + described.squared + described.squared
        watched.held = x
        return a + watched.held

    x = 3.0
    assert slope(f) == pytest.approx(2 * (2 + 2 * x + 2 * x + 3 * x**2 + 1 + 4 * x) + 2 * x)


@dataclass
class Line:
    """Cannot be hashed, and can be called."""

    rate: float

    def __call__(self, x):
        return self.rate * x


def test_objects_that_are_called():
    def f(x):
        line = Line(x)
        held = types.SimpleNamespace(line=line)
        return line(x) + held.line(x) + functools.partial(line, x)()

    assert slope(f) == pytest.approx(18.0)


class Meta(type):
    def __call__(cls, x):
        made = super().__call__()
        made.x = x * x
        return made


class Made(metaclass=Meta):
    pass


class WithNew:
    def __new__(cls, x):
        made = super().__new__(cls)
        made.x = x * x
        return made


def test_instances_made_in_every_way():
    def f(x):
        return Made(x).x + WithNew(x).x + Spring(x).length + Line(x).rate + Slotted(x).length

    assert slope(f) == pytest.approx(2 * 6.0 + 3.0)


class Above:
    """Compares itself by code that keeps what it was compared with."""

    def __init__(self):
        self.seen = []

    def __gt__(self, other):
        self.seen.append(other * other)
        return True

    def __eq__(self, other):
        self.seen.append(other * other)
        return True

    __hash__ = None


def test_a_number_compared_with_an_object():
    def f(x):
        above = Above()
        assert x < above
        assert x == above
        return above.seen[0] + above.seen[1]

    assert slope(f) == pytest.approx(12.0)


class Mortal:
    def __init__(self, gone):
        self.gone = gone

    def __del__(self):
        self.gone.append("gone")


def test_nothing_is_kept_alive_and_no_name_is_left():
    def f(x):
        gone = []
        node = types.SimpleNamespace(child=Mortal(gone))
        node.child.value = x
        node.child.value += x
        result = node.child.value
        node.child = None
        was_gone = list(gone)
        return result, (was_gone, sorted(locals()), sorted(vars()), dir())

    gradient, aux = ad.grad(f, has_aux=True)(3.0)
    assert gradient == 2.0
    assert aux == f(3.0)[1]
    assert aux[0] == ["gone"]


def test_errors_are_those_of_python():
    def missing(x):
        return x * types.SimpleNamespace().nothing

    def not_callable(x):
        five = 5
        return five(x)

    def too_many(x):
        return Spring(x, x, x)

    for function, error in (
        (missing, AttributeError),
        (not_callable, TypeError),
        (too_many, TypeError),
    ):
        with pytest.raises(error) as plain:
            function(1.0)
        with pytest.raises(error) as traced:
            ad.grad(function)(1.0)
        assert str(traced.value) == str(plain.value)


def test_second_order_through_objects():
    def f(x):
        spring = Spring(x)
        spring.length *= x
        return spring.force(x) + spring.energy

    assert ad.grad(ad.grad(f))(3.0) == pytest.approx(12 * 3.0 + 12 * 9.0)


def test_threads_that_read_attributes_at_once():
    found, before = set(), sys.getswitchinterval()

    def work():
        for _ in range(40):
            found.add(ad.grad(lambda x: Spring(x).energy * Spring(x).length)(2.0))

    sys.setswitchinterval(1e-6)
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for finished in [pool.submit(work) for _ in range(4)]:
                finished.result()
    finally:
        sys.setswitchinterval(before)
    assert found == {12.0}


class Scaled(list):
    """A list that computes its items, its length and what it is iterated over."""

    def __getitem__(self, index):
        return 2.0 * list.__getitem__(self, index)

    def __setitem__(self, index, value):
        list.__setitem__(self, index, value * value)

    def __len__(self):
        self.append(self[0])
        return 2

    def __iter__(self):
        return iter([3.0 * list.__getitem__(self, 0), 1.0])


class Holder:
    def __init__(self, items):
        self.items = items


def test_items_of_what_is_no_builtin_container():
    def f(x):
        holder = Holder(Scaled([x]))
        items = holder.items
        items[0] = items[0] * 1.0
        n = len(items)
        a, b = items
        k = 0
        return holder.items[k] * items[1] * a * b * n

    x = 1.3
    square = 4 * x * x
    assert f(x) == pytest.approx(2 * square * 4 * square * 3 * square * 2)
    assert slope(f, x) == pytest.approx(6 * f(x) / x)


def test_items_of_builtin_containers():
    def f(x):
        items, table, names = [x, x * x, 1.0], {"a": x, 3: x * x}, ("b", x)
        i, key = 1, "a"
        items[2] = items[i] * items[-1]
        items[i - 1] = table[key]
        table[key] = table[3] * items[2 * i - 1]
        table["b"] = items[0]
        name, y = names
        table[name] += y
        return table["a"] * items[2] + len(items) * len(table) * table["b"]

    x = 1.7
    assert slope(f, x) == pytest.approx(6 * x**5 + 9 * 2)


def test_errors_of_items_are_those_of_python():
    def f(x, do):
        try:
            do()
        except Exception as error:
            return x * x, repr(error)
        return x, "no error"

    def out_of_range():
        items = [1.0]
        return items[3]

    def missing():
        table = {}
        return table["a"]

    def constant():
        names = ("a",)
        names[0] = "b"

    def too_many():
        values = (1, 2, 3)
        a, b = values
        return a, b

    def unbound():
        found = items[0]  # noqa: F821
        items = [1.0]
        return found, items

    def divided():
        i = 0
        return 1 // i

    for do in (out_of_range, missing, constant, too_many, unbound, divided):
        expected = f(1.0, do)[1]
        assert expected != "no error"
        (_, found), gradient = ad.value_and_grad(f, has_aux=True)(1.0, do)
        assert found == expected
        assert gradient == 2.0


class Meters(int):
    def __add__(self, other):
        return 0.5 * other * COUNTED[0]

    __radd__ = __mul__ = __rmul__ = __floordiv__ = __add__


COUNTED = [0.0]


def test_whole_numbers_of_the_users_are_followed():
    def f(x):
        COUNTED[0] = x
        n, total = Meters(3), 0
        total += 1
        total = total + n + 1 + (n * 2) + (2 * n) + n // 2
        n += 4
        return total * n

    expected = sum([0.5, 1.0, 1.0, 1.0])
    assert slope(f) == pytest.approx((f(3.001) - f(2.999)) / 0.002)
    assert f(1.0) == pytest.approx((expected + 1) * 2.0)
    COUNTED[0] = 0.0


def test_live_numbers_where_whole_ones_are_usual():
    def f(x):
        i = x
        i += 1
        i = 2 * i - 1
        j = i % 3
        k = i // 2
        return i * j + k

    assert slope(f, 0.3) == pytest.approx(2 * (2 * 0.3 + 1) * 2)


def test_a_length_of_ones_own():
    def f(x):
        len = lambda items: items[0] * 2.0  # noqa: E731
        items = [x]
        return len(items) * x

    assert slope(f) == pytest.approx(12.0)
    assert slope(global_length) == pytest.approx(1.0)
    globals()["len"] = lambda items: items[0] * 5.0
    try:
        assert slope(global_length) == pytest.approx(5 * 6.0)
    finally:
        del globals()["len"]
    assert slope(global_length) == pytest.approx(1.0)


def global_length(x):
    items = [x]
    return len(items) * x


class Long:
    """Its length is asked of Python code, which sees a live number."""

    def __init__(self, x):
        self.x = x
        self.asked = 0.0

    def __len__(self):
        self.asked = self.x * self.x
        return 4


def test_lengths_that_are_compared():
    def of_the_users(x):
        long = Long(x)
        return long.asked if len(long) > 3 else 0.0

    def by_another_name(x):
        len = lambda items: x * items[0]  # noqa: E731
        return x * x if len([2.0]) > 3 else x

    def of_attributes(x):
        owner = types.SimpleNamespace(items=[x, x * x])
        return owner.items[-1] if len(owner.items) > 1 < len(owner.items) else x

    def of_both(x):
        few, many = [x], [x, 2.0 * x]
        return sum(many) if len(few) < len(many) else x

    assert slope(of_the_users) == 6.0
    assert slope(by_another_name) == 6.0
    assert slope(of_attributes) == 6.0
    assert slope(of_both) == 3.0


class Place:
    """An index in whose making a live number takes part."""

    def __init__(self, x):
        self.x = x

    def __index__(self):
        return 1


def test_slices_of_builtin_containers():
    def sliced(x):
        items = [x, 2.0 * x, x * x, 1.0]
        k = 1
        head, tail, odd, back = items[:k], items[k + 1 :], items[k::2], items[::-1]
        return sum(head) + sum(tail) + sum(odd) + back[0] + sum(items[-2:-1]) + sum(items[:])

    def replaced(x):
        items = [1.0, 2.0, 3.0]
        items[1:] = [x, x * x]
        return sum(items[Place(x) :])

    assert slope(sliced) == (1 + 6) + 2 + 6 + (1 + 2 + 6)
    assert slope(replaced) == 7.0


def test_extremes_by_keys_that_are_no_live_numbers():
    asked = []

    def length(pair):
        asked.append(pair)
        return len(pair[0])

    def longest(x):
        pairs = [("a", x), ("bb", x * x), ("cc", 5.0 * x)]
        return max(pairs, key=length)[1] + min(pairs, key=length)[1]

    assert slope(longest) == 7.0
    assert [pair[0] for pair in asked[:6]] == ["a", "bb", "cc"] * 2
    with pytest.raises(TypeError, match="not supported between"):
        ad.grad(lambda x: max([x, x * x], key=lambda v: "a" if v == x else 1))(3.0)


def test_joined_sequences_keep_what_they_hold():
    def joined(x):
        one, two = [x], (x, x * x)
        rows = one + list(two[1:])
        pair = two[:1] + two[1:]
        pair = (pair[0], 2.0)
        rows += [pair[0]]
        return sum(rows) * pair[1]

    assert slope(joined) == 16.0
