"""The adjoint of a function as Python source, beside the function it came from.

`explain` promises that what is shown is what runs: the text is the compiled tier's own output.
"""

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from pygments import lex
from pygments.lexers import PythonLexer
from pygments.token import Token

from adjoint import spaces
from adjoint.arguments import name_of
from adjoint.errors import NonDifferentiable
from adjoint.transforms import jit

STYLE = """
.adjoint { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; font: 13px/1.5 monospace; }
.adjoint section { overflow-x: auto; border: 1px solid #d0d7de; border-radius: 6px; }
.adjoint h2 { font: 600 14px/1.4 sans-serif; margin: 0; padding: .5rem .75rem;
  background: #f6f8fa; color: #1f2328; border-bottom: 1px solid #d0d7de; }
.adjoint ol { margin: 0; padding: .5rem 0; list-style: none; counter-reset: line; background: #fff;
  color: #1f2328; min-width: max-content; }
.adjoint li { counter-increment: line; white-space: pre; padding-right: 1rem; }
.adjoint li::before { content: counter(line); display: inline-block; width: 3em;
  margin-right: 1em; text-align: right; color: #8c959f; user-select: none; }
.adjoint li.linked { cursor: default; }
.adjoint li.lit { background: #fff3b0; }
.adjoint .keyword { color: #cf222e; } .adjoint .comment { color: #6e7781; font-style: italic; }
.adjoint .string { color: #0a3069; } .adjoint .number { color: #0550ae; }
.adjoint .function { color: #8250df; }
"""

SCRIPT = """
for (const root of document.querySelectorAll('.adjoint')) {
  const light = (line, on) => {
    const targets = (line.dataset.links || '').split(' ').filter(Boolean);
    for (const id of targets) root.querySelector('#' + id).classList.toggle('lit', on);
    if (targets.length) line.classList.toggle('lit', on);
  };
  for (const [event, on] of [['mouseover', true], ['mouseout', false]])
    root.addEventListener(event, e => {
      const line = e.target.closest('li');
      if (line) light(line, on);
    });
}
"""

CLASSES = (
    (Token.Keyword, "keyword"),
    (Token.Comment, "comment"),
    (Token.Literal.String, "string"),
    (Token.Literal.Number, "number"),
    (Token.Name.Function, "function"),
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A function and its adjoint as source.

    Attributes
    ----------
    primal, adjoint : Python source.
    links : pairs (line of the primal, line of the adjoint), both counted from 1.
    """

    name: str
    primal: str
    adjoint: str
    links: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        return self.adjoint

    def _repr_html_(self) -> str:
        left: dict[int, list[int]] = {}
        right: dict[int, list[int]] = {}
        for primal_line, adjoint_line in self.links:
            left.setdefault(primal_line, []).append(adjoint_line)
            right.setdefault(adjoint_line, []).append(primal_line)
        columns = (
            listing(self.name, self.primal, "p", "a", left),
            listing(f"adjoint of {self.name}", self.adjoint, "a", "p", right),
        )
        return (
            f"<style>{STYLE}</style><div class='adjoint'>{''.join(columns)}</div>"
            f"<script>{SCRIPT}</script>"
        )

    def page(self) -> str:
        """One self-contained HTML page; lines that belong together light up together."""
        title = html.escape(f"{self.name} and its adjoint")
        return (
            f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>{title}</title>"
            f"</head><body>{self._repr_html_()}</body></html>\n"
        )


def explain(f: Callable, *args: Any, **kwargs: Any) -> Explanation:
    """The adjoint of `f` at arguments of these types, as readable Python.

    Printed, it is the source of the function that computes the result and its derivative with
    respect to every argument made of floats; in a notebook, primal and adjoint stand side by side.

    Raises
    ------
    UnsupportedSyntax, UnsupportedType : the compiled tier, which writes the source, refuses `f`.

    Examples
    --------
    >>> import adjoint as ad
    >>> print("def" in str(ad.explain(lambda x: x * x, 3.0)))
    True
    """
    argnums = tuple(
        place
        for place, argument in enumerate(args)
        if any(spaces.is_differentiable(leaf) for leaf in spaces.flatten(argument)[0])
    )
    if not argnums:
        raise NonDifferentiable(
            f"`{name_of(f)}` was given no argument that holds a floating-point number",
            instead="give floats or float arrays, for example 2.0 for 2",
        )
    function = jit(f)
    out = function(*args, **kwargs)
    scalar = isinstance(out, float | np.floating)
    shown = function.source(args, kwargs, "value_and_grad" if scalar else "vjp", argnums)
    return Explanation(name_of(f), shown.primal, shown.adjoint, tuple(shown.links))


def listing(title: str, source: str, own: str, other: str, links: dict[int, list[int]]) -> str:
    """One column: numbered lines that know the lines of the other column they belong to."""
    items = []
    for number, line in enumerate(highlighted(source), start=1):
        targets = " ".join(f"{other}{target}" for target in sorted(set(links.get(number, ()))))
        linked = f" class='linked' data-links='{targets}'" if targets else ""
        items.append(f"<li id='{own}{number}'{linked}>{line or ' '}</li>")
    return f"<section><h2>{html.escape(title)}</h2><ol>{''.join(items)}</ol></section>"


def highlighted(source: str) -> list[str]:
    """The lines of a source text as HTML."""
    lines = [""]
    for token, text in lex(source.rstrip("\n"), PythonLexer(stripnl=False, ensurenl=False)):
        css = next((name for kind, name in CLASSES if token in kind), None)
        for index, part in enumerate(text.split("\n")):
            if index:
                lines.append("")
            escaped = html.escape(part)
            if part:
                lines[-1] += f"<span class='{css}'>{escaped}</span>" if css else escaped
    return lines
