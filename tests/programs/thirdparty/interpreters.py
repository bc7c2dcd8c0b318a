"""Interpreters, parsers and other programs whose arithmetic is written as text or as data."""

import ast
import logging
import operator

from thirdparty.corpus import Case

OPERATIONS = {
    ast.Add: operator.add,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
}


class Calculator(ast.NodeVisitor):
    def __init__(self, names):
        self.names = names

    def visit_Expression(self, node):
        return self.visit(node.body)

    def visit_BinOp(self, node):
        return OPERATIONS[type(node.op)](self.visit(node.left), self.visit(node.right))

    def visit_UnaryOp(self, node):
        return OPERATIONS[type(node.op)](self.visit(node.operand))

    def visit_Constant(self, node):
        return node.value

    def visit_Name(self, node):
        return self.names[node.id]


def syntax_tree(x):
    return Calculator({"x": x}).visit(ast.parse("-x**2 * 3 + x**1.5", mode="eval"))


class Summing(logging.Handler):
    total = 0.0

    def emit(self, record):
        self.total += record.args[0] ** 2


def logged(x):
    logger, handler = logging.Logger("readings"), Summing()
    logger.addHandler(handler)
    for k in range(3):
        logger.warning("reading %.3f", x * k)
    return handler.total


def small_interpreter(x):
    from asteval import Interpreter

    interpreter = Interpreter()
    interpreter.symtable["x"] = x
    interpreter("y = 0")
    interpreter("for k in range(3): y = y + x**k * sin(x)")
    return interpreter("y * 2")


def parsed_grammar(x):
    import pyparsing as pp

    def folded(tokens):
        value, *rest = list(tokens)
        for sign, operand in zip(rest[::2], rest[1::2], strict=True):
            value = value * operand if sign == "*" else value + operand
        return value

    variable = pp.Word(pp.alphas).set_parse_action(lambda tokens: {"x": x}[tokens[0]])
    atom = pp.common.fnumber | variable
    product = (atom + (pp.one_of("*") + atom)[...]).set_parse_action(folded)
    total = (product + (pp.one_of("+") + product)[...]).set_parse_action(folded)
    return total.parse_string("2 * x * x + 3 * x")[0]


def simple_expression(x):
    import simpleeval

    return simpleeval.simple_eval("x * x + 3 * x if x > 0 else -x", names={"x": x})


def scalar_network(x):
    from micrograd.engine import Value

    first, second = Value(x), Value(2.0)
    loss = (first * second + first**3).relu() / second
    loss.backward()
    return loss.data + first.grad * second.grad


def eased(x):
    import easing_functions as easing

    kinds = (easing.QuadEaseInOut, easing.BounceEaseOut, easing.ElasticEaseIn, easing.SineEaseOut)
    return sum(kind(start=0, end=3 * x, duration=1)(x) for kind in kinds)


GRAMMAR = """
?sum: product | sum "+" product -> add | sum "-" product -> sub
?product: atom | product "*" atom -> mul | product "/" atom -> truediv
?atom: NUMBER -> number | NAME -> name | "(" sum ")"
%import common.CNAME -> NAME
%import common.NUMBER
%import common.WS_INLINE
%ignore WS_INLINE
"""


def transformed_tree(values):
    from lark import Lark, Transformer, v_args

    @v_args(inline=True)
    class Calculation(Transformer):
        from operator import add, mul, sub, truediv

        number = float

        def name(self, token):
            return dict(zip("xy", values, strict=True))[str(token)]

    parser = Lark(GRAMMAR, start="sum", parser="lalr", transformer=Calculation())
    return parser.parse("2*x*x - (y + 3)/x + y*x")


def made_by_text(x):
    formula = eval("lambda a, n: sum(a**k for k in range(n))")
    names = {}
    exec("def halved(a):\n    while a > 1:\n        a = a / 2\n    return a", names)
    return formula(x, 4) * names["halved"](5 * x)


TEXT = "interpreters"
CASES = [
    Case(TEXT, "", "ast.NodeVisitor.visit", syntax_tree, 0.7),
    Case(TEXT, "", "logging.Handler.emit", logged, 0.7),
    Case(TEXT, "asteval", "asteval.Interpreter", small_interpreter, 0.7),
    Case(TEXT, "pyparsing", "pyparsing.ParserElement.parse_string", parsed_grammar, 0.7),
    Case(TEXT, "simpleeval", "simpleeval.simple_eval", simple_expression, 0.7),
    Case("learning", "micrograd", "micrograd.engine.Value.backward", scalar_network, 0.4),
    Case("animation", "easing-functions", "easing_functions.QuadEaseInOut", eased, 0.4),
    Case(TEXT, "lark", "Lark.parse, Transformer", transformed_tree, (0.9, 0.2)),
    Case(TEXT, "", "eval, exec", made_by_text, 0.7),
]
