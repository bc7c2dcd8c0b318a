"""A live value that is written into text is not read back as a constant: T4."""

import ast
import contextlib
import json
import plistlib
import queue
import sqlite3
import traceback
import xml.parsers.expat
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from scipy.interpolate import InterpolatedUnivariateSpline

import adjoint as ad
from adjoint import errors


@dataclass
class Pair:
    first: float
    second: float


def text_of_exception(x):
    try:
        raise ValueError(x)
    except ValueError:
        return traceback.format_exc().strip()


def answer_of_a_query(x):
    with contextlib.closing(sqlite3.connect(":memory:")) as base:
        return base.execute(f"select {x}").fetchone()[0]


READ_BACK = {
    "str": lambda x: float(str(x)),
    "repr": lambda x: float(repr(x)),
    "f-string": lambda x: float(f"{x}"),
    "rounded": lambda x: float(f"{x:.3f}"),
    "converted": lambda x: float(f"{x!r:>20}"),
    "width from a value": lambda x: float(f"{x:{len('four')}.2f}"),
    "format": lambda x: float(format(x, ".4e")),
    "method": lambda x: float("{:.5f} m".format(*[x]).split()[0]),
    "mapping": lambda x: float("{x:.5f}".format_map({"x": x})),
    "percent": lambda x: float("%.5f" % x),  # noqa: UP031
    "list": lambda x: float(str([x, 1.0])[1:].split(",")[0]),
    "array": lambda x: float(str(np.array([x, 2.0]))[1:].split()[0]),
    "joined": lambda x: float(",".join(map(str, [x, 1.0])).split(",")[0]),
    "object": lambda x: float(repr(Pair(x, 1.0)).split("=")[1].split(",")[0]),
    "text file": lambda x: float(f"x {x:.6g} m".split()[1]),
    "bytes": lambda x: float(str(x).encode()),
    "float64": lambda x: np.float64(str(x)),
    "array of texts": lambda x: np.array([str(x), "1.0"], dtype=float)[0],
    "astype": lambda x: np.array([str(x), "1.0"]).astype(float)[0],
    "complex": lambda x: complex(f"{x}+1j").real,
    "decimal": lambda x: float(Decimal(str(x))),
    "fraction": lambda x: float(Fraction(str(x))),
    "json": lambda x: json.loads(f'{{"x": {x}}}')["x"],
    "literal": lambda x: ast.literal_eval(f"[{x}, 1.0]")[0],
    "eval": lambda x: eval(repr(x)),
    "compile": lambda x: eval(compile(f"{x} * 1.0", "<text>", "eval")),
    "parse": lambda x: ast.parse(str(x), mode="eval").body.value,
    "decoder": lambda x: json.JSONDecoder().decode(str(x)),
    "zeros before and after": lambda x: float(("%r" % x).zfill(30) + "000"),  # noqa: UP031
    "capitals": lambda x: float(f"{x:e}".upper()),
    "traceback": lambda x: float(text_of_exception(x).split(": ")[-1]),
}


@pytest.mark.parametrize("read_back", READ_BACK.values(), ids=READ_BACK)
def test_reading_back_is_refused(read_back):
    assert read_back(1.2345) == pytest.approx(1.2345, abs=1e-2)
    with pytest.raises(errors.MissingRule, match="written from a value") as caught:
        ad.grad(lambda x: x * read_back(x))(1.2345)
    assert __file__ in str(caught.value)


def test_a_number_that_native_code_reads_is_known_by_its_digits():
    read_back = answer_of_a_query
    assert read_back(1.2345678) == 1.2345678
    with pytest.raises(errors.MissingRule, match="written from a value"):
        ad.grad(lambda x: x * read_back(x))(1.2345678)
    assert ad.grad(lambda x: [str(x * x), x * read_back(1.2345678)][1])(3.1) == 1.2345678


def test_a_live_number_that_was_written_may_come_from_native_code():
    def f(x):
        waiting = queue.SimpleQueue()
        waiting.put(x * x)
        print(waiting.qsize(), x * x)
        return waiting.get() * 2.0

    assert ad.grad(f)(1.2345678) == pytest.approx(4.0 * 1.2345678)


@pytest.mark.parametrize("read_back", [READ_BACK["str"], READ_BACK["rounded"]])
def test_it_is_refused_for_the_levels_around_too(read_back):
    with pytest.raises(errors.MissingRule):
        ad.grad(lambda x: ad.grad(lambda y: y * read_back(x))(2.0))(1.5)


def test_other_texts_are_read_as_ever():
    def f(x):
        label = f"{x:.3f} at {x!s:>8} and {'b':>3}{3}"
        scale = float("2.5") + float(f"{0.25:.2f}") + int(f"{7}")
        assert label == f"{float(x):.3f} at {float(x)!s:>8} and   b3"
        return x * scale

    assert ad.grad(f)(1.75) == 9.75
    assert ad.grad(lambda x: x * float("1.5"))(1.5) == 1.5


def test_a_name_is_no_number_whatever_was_written():
    def f(x):
        print(f"{x:.0f}", f"{60 * x:.0f}", f"{x / 10:.0f}")
        ends = np.arange(4.0) * x
        curve = InterpolatedUnivariateSpline(ends, ends**2)  # which calls `fpcurf0`
        return curve(1.0).astype("<f8") * np.zeros(1, "f8") + np.asarray(x, "float64")

    assert ad.grad(lambda x: f(x)[0])(1.1) == pytest.approx(1.0)


def test_a_text_of_an_earlier_call_is_no_concern():
    kept = []
    ad.grad(lambda x: x * len(kept) if kept.append(str(x)) else x)(1.5)
    assert ad.grad(lambda x: x * float(kept[0]))(2.0) == 1.5


@pytest.mark.parametrize("read", [np.loadtxt, np.genfromtxt])
def test_numbers_of_a_file_are_read_back_too(read, tmp_path):
    def f(x):
        np.savetxt(tmp_path / "saved", np.array([x, 2.0 * x]))
        return read(tmp_path / "saved")[1] * x

    with pytest.raises(errors.MissingRule, match="text carries none"):
        ad.grad(f)(1.7)
    (tmp_path / "given").write_text("1.0 2.0")
    assert ad.grad(lambda x: x * read(tmp_path / "given").sum())(1.7) == 3.0


def test_text_in_json_is_shown_and_not_read_back():
    assert ad.grad(lambda x: x * len(json.dumps({"x": [x]})[:3]))(0.5) == 3.0
    with pytest.raises(errors.MissingRule, match="text"):
        ad.grad(lambda x: json.loads(json.dumps([x]))[0])(0.5)
    with pytest.raises(errors.MissingRule, match="dumps"):
        ad.grad(lambda x: x * len(json.dumps([1j * x], default=abs)))(0.5)


def value_of_digits(text):
    whole, _, part = text.partition(".")
    value = 0.0
    for digit in whole + part:
        value = value * 10 + int(digit)
    return value / 10 ** len(part)


def value_of_parts(text):
    whole, part = text.split(".")
    return int(whole) + int(part) / 10 ** len(part)


def value_of_codes(text):
    return sum((ord(c) - 48) / 10**i for i, c in enumerate(text.replace(".", "")))


def value_of_bytes(text):
    return sum((b - 48) / 10**i for i, b in enumerate(text.replace(".", "").encode()))


def value_from_the_right(text):
    digits = map(int, reversed(text.replace(".", "")))
    return sum(digit * 10**i for i, digit in enumerate(digits)) / 10 ** (len(text) - 2)


BY_DIGITS = [
    value_of_digits,
    value_of_parts,
    value_of_codes,
    value_of_bytes,
    value_from_the_right,
    lambda text: int(text.replace(".", "")) / 10 ** (len(text) - 2),
]


@pytest.mark.parametrize("read", BY_DIGITS)
@pytest.mark.parametrize("x", [1.25, 1.2345678901, 1.5])
def test_digits_are_not_put_together_again(read, x):
    assert read(str(x)) == pytest.approx(x)
    with pytest.raises(errors.MissingRule, match="written from a value"):
        ad.grad(lambda x: x * read(str(x)))(x)
    with pytest.raises(errors.MissingRule, match="written from a value"):
        ad.grad(lambda x: x * read(f"{x:.7f}"))(x)


def test_other_digits_are_read_as_ever():
    def f(x):
        shown = [f"{x * i:.2f}" for i in range(300)]
        years = [int(year) for year in ["1987", "2024", "314", "25"]]
        return x * (int("125") + ord("7") + sum(map(int, "1234567")) + len(shown) + years[2])

    assert ad.grad(f)(1.234567) == 125 + 55 + 28 + 300 + 314


def test_a_text_given_to_native_code_is_read_by_it():
    with pytest.raises(errors.MissingRule, match="written from a value"):
        ad.grad(lambda x: x * answer_of_a_query(x))(1.25)


def test_handlers_of_a_native_parser_are_followed():
    def read(x):
        return plistlib.loads(plistlib.dumps({"x": x}))["x"]

    with pytest.raises(errors.MissingRule, match="written from a value"):
        ad.grad(lambda x: x * read(x))(1.25)

    def visited(x):
        total, parser = [], xml.parsers.expat.ParserCreate()
        parser.CharacterDataHandler = lambda text: total.append(x * len(text))
        parser.Parse("<a>abc</a>", True)
        return total[0]

    assert ad.grad(visited)(1.25) == 3.0
