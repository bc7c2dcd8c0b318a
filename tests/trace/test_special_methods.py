"""Special methods that Python itself calls: what they do to live values is recorded."""

import bisect
import copy
import functools
import heapq
import itertools
import linecache
import math
import operator
import textwrap
import threading

import pytest

import adjoint as ad

MODULES = (bisect, copy, functools, heapq, itertools, math, operator)


class Noting:
    """Writes down the square of its number whenever Python calls one of its special methods."""

    def __init__(self, number):
        self.number = number
        self.noted = 0.0

    def note(self, answer):
        self.noted = self.noted + self.number * self.number
        return answer


def method(name, answer):
    def special(self, *args):
        return self.note(answer(self, *args))

    special.__name__ = special.__qualname__ = name
    return special


ANSWERS = {
    "__bool__": lambda self: True,
    "__eq__": lambda self, other: isinstance(other, Noting) and self.number == other.number,
    "__ne__": lambda self, other: not isinstance(other, Noting) or self.number != other.number,
    "__hash__": lambda self: 7,
    "__lt__": lambda self, other: self.number < number_of(other),
    "__le__": lambda self, other: self.number <= number_of(other),
    "__gt__": lambda self, other: self.number > number_of(other),
    "__ge__": lambda self, other: self.number >= number_of(other),
    "__contains__": lambda self, item: True,
    "__len__": lambda self: 2,
    "__reversed__": lambda self: iter([1, 2]),
    "__index__": lambda self: 1,
    "__str__": lambda self: "noting",
    "__repr__": lambda self: "noting",
    "__format__": lambda self, spec: "noting",
    "__bytes__": lambda self: b"noting",
    "__dir__": lambda self: ["number"],
    "__sizeof__": lambda self: 8,
    "__float__": lambda self: self.number,
    "__pow__": lambda self, other, modulus=None: self,
}


def number_of(thing):
    return thing.number if isinstance(thing, Noting) else thing


for special_name, answer in ANSWERS.items():
    setattr(Noting, special_name, method(special_name, answer))


class Advancing:
    def __init__(self, noting):
        self.noting = noting
        self.turns = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.noting.note(None)
        self.turns += 1
        if self.turns > 3:
            raise StopIteration
        return self.turns


class Generating:
    def __init__(self, noting):
        self.noting = noting

    def __iter__(self):
        for turn in range(3):
            yield self.noting.note(turn)


class Indexed:
    def __init__(self, noting):
        self.noting = noting

    def __getitem__(self, index):
        if self.noting.note(index) > 3:
            raise IndexError
        return index


class Lazy:
    """An attribute that is made when it is asked for."""

    def __init__(self, noting):
        self.noting = noting

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self.noting.note(1.0)


PROGRAMS = {
    "if": "if n: pass",
    "not": "not n",
    "and": "n and 1",
    "or": "n or 1",
    "while": "while n: break",
    "conditional": "1 if n else 2",
    "assert": "assert n",
    "bool": "bool(n)",
    "truth": "operator.truth(n)",
    "all": "all([n])",
    "any": "any([n])",
    "filter": "list(filter(None, [n]))",
    "comprehension": "[1 for _ in [1] if n]",
    "guard": "match 3:\n    case 3 if n: pass",
    "in": "3 in n",
    "not in": "3 not in n",
    "contains": "operator.contains(n, 3)",
    "in advancing": "7 in Advancing(n)",
    "in generating": "7 in Generating(n)",
    "in indexed": "3 in Indexed(n)",
    "in list": "Noting(9.0) in [n]",
    "in set": "n in {1, 7}",
    "index of list": "[n, 1].index(1)",
    "count of list": "[n, 1].count(1)",
    "remove": "[n, 1].remove(1)",
    "lists": "[n] == [Noting(2.0)]",
    "tuples": "(n, 1) < (Noting(2.0), 2)",
    "dictionaries": "dict(a=n) == dict(a=Noting(2.0))",
    "countOf": "operator.countOf([n, 1], 1)",
    "indexOf": "operator.indexOf([n, 1], 1)",
    "chain": "0 < n < 9",
    "hash": "hash(n)",
    "key": "{n: 1}",
    "get": "{1: 2}.get(n)",
    "set": "{n}",
    "set of": "set([n])",
    "fromkeys": "dict.fromkeys([n])",
    "union": "{1} | {n}",
    "sorted": "sorted([Noting(2.0), n])",
    "sort": "[Noting(2.0), n].sort()",
    "max": "max([Noting(2.0), n])",
    "heapify": "heapq.heapify([n, Noting(1.0)])",
    "heappush": "heapq.heappush([Noting(5.0)], n)",
    "bisect": "bisect.bisect([Noting(1.0), n], n)",
    "groupby": "[key for key, _ in itertools.groupby([n, Noting(1.0)])]",
    "len": "len(n)",
    "for": "for _ in Generating(n): pass",
    "list of": "list(Advancing(n))",
    "slice of list": "items = [1, 2]; items[:] = Advancing(n)",
    "union of": "{1}.union(Advancing(n))",
    "extend": "[].extend(Advancing(n))",
    "chained": "list(itertools.chain(Advancing(n)))",
    "unpacked": "first, *rest = Advancing(n)",
    "reversed": "list(reversed(n))",
    "subscript": "[1, 2, 3][n]",
    "slice": "[1, 2, 3][n:]",
    "range": "range(n)",
    "hex": "hex(n)",
    "str": "str(n)",
    "repr": "repr(n)",
    "repr of list": "repr([n])",
    "f-string": 'f"{n}"',
    "f-string of repr": 'f"{n!r}"',
    "format": '"{}".format(n)',
    "percent": '"%s" % (n,)',
    "join": '",".join(map(str, [n]))',
    "bytes": "bytes(n)",
    "dir": "dir(n)",
    "hasattr": 'hasattr(Lazy(n), "anything")',
    "getattr": 'getattr(Lazy(n), "anything")',
    "float": "float(n)",
    "math": "math.sin(n)",
    "pow": "pow(n, 2, 3)",
    "reduce": "functools.reduce(operator.gt, [n, 1.0])",
    "deepcopy": "hash(copy.copy(n)) and n.note(1)",
}


def written(statements):
    """The function of a program of the table."""
    text = "def program(x):\n    n = Noting(x)\n" + textwrap.indent(statements, "    ")
    text += "\n    return n.noted\n"
    name = f"<noting: {statements}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace = {**globals(), **{module.__name__: module for module in MODULES}}
    exec(compile(text, name, "exec"), namespace)
    return namespace["program"]


@pytest.mark.parametrize("statements", PROGRAMS.values(), ids=PROGRAMS)
def test_what_a_special_method_writes_is_recorded(statements):
    program = written(statements)
    times = program(3.0) / 9.0
    assert times >= 1.0
    assert ad.grad(program)(3.0) == pytest.approx(6.0 * times, rel=1e-14)


def test_the_classes_are_as_before_even_after_an_error():
    before = dict(Noting.__dict__)
    ad.grad(written("sorted([n, Noting(2.0)])"))(3.0)
    assert dict(Noting.__dict__) == before
    with pytest.raises(TypeError, match="no order"):
        ad.grad(written('hash(n); raise TypeError("no order")'))(3.0)
    assert dict(Noting.__dict__) == before


def test_an_object_that_was_there_before():
    seen = {}

    class Registry:
        def __contains__(self, item):
            seen["square"] = item * item
            return True

    registry = Registry()

    def f(x):
        return seen["square"] if x in registry else 0.0

    assert ad.grad(f)(3.0) == 6.0


def test_an_argument_and_its_lazily_made_attribute_in_a_heap():
    class Node:
        def __init__(self, length):
            self.length = length

        @functools.cached_property
        def cost(self):
            return self.length * self.length

        def __lt__(self, other):
            return self.cost < other.cost

    def f(nodes):
        heap = list(nodes)
        heapq.heapify(heap)
        return heapq.heappop(heap).cost

    gradient = ad.grad(lambda x: f([Node(3.0 * x), Node(2.0 * x), Node(5.0)]))
    assert gradient(1.0) == pytest.approx(8.0)
    nodes = ad.grad(f)([Node(3.0), Node(2.0)])
    assert (nodes[0].length, nodes[1].length) == (0.0, 4.0)


def test_a_class_whose_method_the_program_changes_meanwhile_keeps_the_change():
    class Changing:
        def __init__(self, number):
            self.number = number

        def __len__(self):
            self.number = self.number * 2.0
            return 1

    def f(x):
        thing = Changing(x)
        len(thing)
        Changing.__len__ = lambda self: 5
        return thing.number * len(thing)

    assert ad.grad(f)(3.0) == 10.0
    assert len(Changing(1.0)) == 5


def test_other_threads_call_the_method_as_it_is():
    answers = []

    def f(x):
        n = Noting(x)
        worker = threading.Thread(target=lambda: answers.append(hash(Noting(1.0))))
        worker.start()
        worker.join()
        return n.number * len({n})

    assert ad.grad(f)(3.0) == 1.0
    assert answers == [7]


class Counted:
    """A data descriptor: it comes before what the instance holds under the same name."""

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        instance.reads = instance.reads + instance.__dict__[self.name] ** 2
        return instance.__dict__[self.name] * 2.0

    def __set__(self, instance, value):
        instance.__dict__[self.name] = value


def test_a_data_descriptor_that_is_shadowed_by_the_instance():
    class Model:
        reads = 0.0
        level = Counted()

    def f(x):
        model = Model()
        model.level = x
        return model.level + 5.0 * model.reads

    assert f(3.0) == 51.0
    assert ad.grad(f)(3.0) == 32.0
