"""A function that calls itself, as one operation of the intermediate representation.

Everything else that a program calls is written where it is called; a recursion whose depth is
only known when it runs cannot be.
"""

from typing import Any

from adjoint.compile.ir.nodes import Function, Type


class Recursive:
    """An operation with a program of its own, in which it may occur.

    Attributes
    ----------
    params, result : the types of its arguments, and of its one result.
    count : how many floats the result is of, if they are made by `operations.several`; else None.
    form : what its caller makes of the result (`frontend.recursion`).
    function : its program, which yields the result.
    derived : the operations made of it by the transforms, by what they are.
    """

    def __init__(self, name: str, params: tuple[Type, ...], result: Type, count: int | None = None):
        self.__name__ = name
        self.params = params
        self.result = result
        self.count = count
        self.form: Any = result
        self.function: Function | None = None
        self.derived: dict[tuple, Recursive] = {}

    def __call__(self, *args: object) -> object:
        raise TypeError(f"{self.__name__} is run by its executable")
