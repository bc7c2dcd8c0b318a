"""Containers, decorators and configurations, with live numbers in them."""

import math

import numpy as np

from thirdparty.corpus import Case


def defined_by_attrs(x):
    import attrs

    @attrs.define
    class Beam:
        length: float = attrs.field(converter=float, validator=attrs.validators.gt(0))
        load: float = attrs.field(default=attrs.Factory(lambda beam: beam.length * 2, True))
        moment: float = attrs.field(init=False)

        def __attrs_post_init__(self):
            self.moment = self.length * self.load

    beam = Beam(x)
    longer = attrs.evolve(beam, length=x * x)
    beam.length *= 3
    return beam.moment + beam.length + longer.load + sum(attrs.astuple(beam))


def frozen(x):
    import attr

    @attr.s(frozen=True, auto_attribs=True, slots=True, order=True)
    class Point:
        x: float
        y: float = 1.0

    return max(Point(x, 2.0), Point(x * x, 1.0)).x + Point(x).x * Point(x).y


def decorated(x):
    import wrapt

    @wrapt.decorator
    def doubled(wrapped, instance, args, kwargs):
        return wrapped(*args, **kwargs) * 2.0

    class Spring:
        def __init__(self, stiffness):
            self.stiffness = stiffness

        @doubled
        def force(self, stretch):
            return self.stiffness * stretch

        @doubled
        @classmethod
        def energy(cls, stretch):
            return stretch**2

    return Spring(x).force(x) + Spring.energy(x) + doubled(math.sin)(x)


def deprecation(x):
    from deprecated import deprecated

    @deprecated(reason="use another")
    def cube(value):
        return value**3

    return cube(x)


def pipeline(x):
    import toolz

    total = toolz.pipe(x, lambda value: value * 2, math.sin)
    pairs = toolz.sliding_window(2, [x, x * x, 1.0])
    return total + sum(u * v for u, v in pairs) + toolz.curry(lambda u, v: u * v)(x)(x)


def sorted_values(x):
    from sortedcontainers import SortedDict, SortedList

    values = SortedList([x, 0.1, x * x])
    values.add(x * 2)
    return values[1] * values[-1] + SortedDict({2: x, 1: x * x}).peekitem(0)[1]


def configured(x):
    from omegaconf import OmegaConf

    settings = OmegaConf.create({"model": {"rate": x, "sizes": [x, 2.0]}})
    return settings.model.rate * settings.model.sizes[0]


def counted_cycles(x):
    import rainflow

    loads = np.array([-2.0, 1, -3, 5, -1, 3, -4, 4, -2]) * (1 + x) + np.arange(9) * x
    return sum(extent**2 * count for extent, count in rainflow.count_cycles(loads))


def four_vectors(x):
    import vector

    particle = vector.obj(px=x, py=2.0, pz=3.0, E=10.0)
    other = vector.obj(pt=1.0, eta=x, phi=0.3, mass=0.1)
    return (particle + other).mass + particle.deltaR(other) + particle.rapidity


def validated(x):
    from pydantic import BaseModel

    class Model(BaseModel):
        rate: float

    return Model(rate=x).rate ** 2


def state_machine(values):
    from transitions import Machine

    class Matter:
        energy = 0.0

        def heat(self, given):
            self.energy += given * given

        def on_exit_solid(self, given):
            self.energy *= 1.5

        def is_hot(self, given):
            return self.energy > 1

    matter = Matter()
    melting = {"trigger": "go", "source": "solid", "dest": "liquid", "before": "heat"}
    boiling = {"trigger": "go", "source": "liquid", "dest": "gas", "conditions": "is_hot"}
    states = ["solid", "liquid", "gas"]
    Machine(
        matter, states=states, initial="solid", transitions=[melting, {**boiling, "after": "heat"}]
    )
    for given in values:
        matter.go(given)
    return matter.energy


def nested_data(values):
    from glom import Sum, T, glom

    data = {"a": {"b": values[0] * 1.0, "c": [values[1] * 1.0, values[0] * 2.0, 4.0]}}
    squares = glom(data, ("a.c", [lambda value: value**2], sum))
    return squares + glom(data, T["a"]["b"]) * glom(data, ("a.c", Sum()))


STRUCTURES = "data structures"
CASES = [
    Case(STRUCTURES, "attrs", "attrs.define, attrs.evolve", defined_by_attrs, 0.7),
    Case(STRUCTURES, "attrs", "attr.s(frozen=True, order=True)", frozen, 0.7),
    Case(STRUCTURES, "wrapt", "wrapt.decorator", decorated, 0.7),
    Case(STRUCTURES, "deprecated", "deprecated.deprecated", deprecation, 0.7),
    Case(STRUCTURES, "toolz", "toolz.pipe, curry, sliding_window", pipeline, 0.7),
    Case(STRUCTURES, "sortedcontainers", "SortedList, SortedDict", sorted_values, 0.7),
    Case(STRUCTURES, "omegaconf", "OmegaConf.create", configured, 0.7),
    Case(STRUCTURES, "vector", "vector.obj(...).deltaR, rapidity", four_vectors, 0.4),
    Case("fatigue", "rainflow", "rainflow.count_cycles", counted_cycles, 0.4),
    Case(
        STRUCTURES,
        "pydantic",
        "pydantic.BaseModel",
        validated,
        0.7,
        refused="native code validates, and might change, the numbers",
    ),
    Case(STRUCTURES, "transitions", "transitions.Machine", state_machine, (1.3, 0.8)),
    Case(STRUCTURES, "glom", "glom.glom", nested_data, (0.7, 0.4)),
]
