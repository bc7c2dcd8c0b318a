"""The verifier finds what is ill-formed; the interpreter runs each pass's result to the same."""

import operator
from dataclasses import replace

import numpy as np
import pytest
from programs import PROGRAMS

from adjoint import spaces
from adjoint.compile.codegen.printer import print_function
from adjoint.compile.executable import Executable
from adjoint.compile.ir.nodes import (
    BOOL,
    FLOAT,
    INT,
    Apply,
    Block,
    Const,
    For,
    Function,
    If,
    Pop,
    Push,
    Raise,
    Store,
    Subscript,
    Tape,
    Type,
    Var,
    While,
)
from adjoint.compile.ir.running import run
from adjoint.compile.ir.verifying import IllFormed, verify
from adjoint.compile.jitted import Jitted, gradient, snapshot, wanted
from adjoint.compile.transform.forward import forward
from adjoint.compile.transform.reverse import reverse
from adjoint.compile.transform.simplify import simplify

IDS = [f"{function.__name__}-{i}" for i, (function, _) in enumerate(PROGRAMS)]


def chosen(call):
    """The parameters that hold floats, and a random direction for each."""
    rng = np.random.default_rng(3)
    places = [i for i, p in enumerate(call.program.leaves) if p is not None and p.type.is_float]
    params = wanted(call.program, places)
    firsts = [call.leaves[call.program.leaves.index(p)] for p in params]
    return params, [spaces.random(leaf, rng) for leaf in firsts]


def close(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("function", "args"), PROGRAMS, ids=IDS)
def test_each_pass_keeps_the_meaning(function, args):
    call = Jitted(function).call(snapshot(args), {})
    program = verify(call.program.function)
    plain = spaces.flatten(function(*snapshot(args)))[0]
    out = run(program, *snapshot(call.arguments))
    close(spaces.flatten(call.program.result.build(out))[0], plain)
    params, directions = chosen(call)
    seeds = [Const(1.0), *[None] * (len(out) - 1)]
    backward = verify(reverse(program, params, seeds))
    gradient = run(backward, *snapshot(call.arguments))[len(out) :]
    slim = verify(simplify(backward))
    close(run(slim, *snapshot(call.arguments))[len(out) :], gradient)
    printed = Executable(slim).python
    close(printed(*snapshot(call.arguments))[len(out) :], gradient)
    onward = verify(forward(program, params, [Var("dot", p.type) for p in params]))
    slope = run(onward, *snapshot(call.arguments), *directions)[len(out)]
    expected = sum(spaces.inner(g, d) for g, d in zip(gradient, directions, strict=True))
    close([slope], [expected])
    slim = verify(simplify(onward))
    close([run(slim, *snapshot(call.arguments), *directions)[len(out)]], [expected])


X, Y, N, TEST = Var("x", FLOAT), Var("y", FLOAT), Var("n", INT), Var("test", BOOL)
A = Var("a", Type("float", 1))
TAPE = Tape("tape")
ADD = Apply(Y, operator.add, (X, Const(1.0)))


def function(*statements, yields=(), params=(X, N, A, TEST), tapes=()):
    return Function("f", params, Block(statements, yields), tapes)


def loop(**changes):
    p, i, out = Var("p", FLOAT), Var("i", INT), Var("out", FLOAT)
    body = Block((), (p,))
    made = For(i, Const(0), N, Const(1), (p,), (X,), body, (out,))
    return replace(made, **changes)


def repeated(test):
    p, out = Var("p", FLOAT), Var("out", FLOAT)
    return While((p,), (X,), test, Block((), (p,)), (out,))


def choice(test, left, right, out=Y):
    return If(test, Block((), (left,)), Block((), (right,)), (out,))


AT = Subscript(("at",))
ILL = {
    "read before set": function(Apply(Y, operator.neg, (Var("z", FLOAT),))),
    "set twice": function(ADD, ADD),
    "a parameter set again": function(Apply(X, operator.neg, (X,))),
    "yield of nothing": function(yields=(Y,)),
    "out of a block": function(If(TEST, Block((ADD,)), Block(())), yields=(Y,)),
    "a loop's parameter outside": function(made := loop(), yields=(made.params[0],)),
    "a test of floats": function(choice(X, X, X)),
    "sides of two types": function(choice(TEST, X, N)),
    "too few yields": function(If(TEST, Block((), ()), Block((), (X,)), (Y,))),
    "a bound that is a float": function(loop(stop=X)),
    "an init of another type": function(loop(inits=(N,))),
    "a body of another type": function(loop(body=Block((), (N,)))),
    "an out of another type": function(loop(outs=(Var("out", INT),))),
    "an index that is a float": function(loop(index=Var("i", FLOAT))),
    "a test of nothing": function(repeated(Block(()))),
    "a test with effects": function(repeated(Block((Store(A, AT, (N,), X),), (TEST,)))),
    "a store into a number": function(Store(X, AT, (N,), X)),
    "a store without index": function(Store(A, AT, (), X)),
    "a store at a float": function(Store(A, AT, (X,), X)),
    "floats into ints": function(Store(Var("k", Type("int", 1)), AT, (N,), X)),
    "a tape of nobody": function(Push(TAPE, (X,))),
    "a pop of nobody": function(Pop(TAPE, (Y,))),
    "a constant of no type": function(Apply(Y, operator.neg, (Const(None),))),
    "no exception": function(Raise(int, None)),
}


@pytest.mark.parametrize("wrong", ILL.values(), ids=ILL.keys())
def test_the_verifier_finds(wrong):
    with pytest.raises(IllFormed):
        verify(wrong)


def test_the_verifier_accepts():
    made = loop()
    whole = function(
        ADD, made, Push(TAPE, (X,)), Pop(TAPE, (Var("z", FLOAT),)), Store(A, AT, (N,), X),
        repeated(Block((), (TEST,))), yields=(Y, *made.outs), tapes=(TAPE,),
    )  # fmt: skip
    assert verify(whole) is whole


def test_the_interpreter_raises_what_the_program_raises():
    with pytest.raises(ValueError, match="why"):
        run(function(Raise(ValueError, "why")), 1.0, 2, np.zeros(2), True)


def test_a_function_may_be_called_as_a_helper_is():
    def grown(x, n):
        for _ in range(n):
            x = x + 0.1 * np.sin(x) * x
        return x

    printed = print_function(gradient(Jitted(grown).call((0.3, 4), {}).program, [0]))
    assert printed.name == "grown_"
    assert "grown(tape" in printed.text
