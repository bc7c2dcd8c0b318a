"""An explanation as a page: the primal and its adjoint side by side, in HTML.

Nothing is loaded from elsewhere; lines that belong together light up together.
"""

import html
from typing import Any

from pygments import lex
from pygments.lexers import PythonLexer
from pygments.token import Token

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


def columns(explanation: Any) -> str:
    """Primal and adjoint side by side, to stand in a page."""
    left: dict[int, list[int]] = {}
    right: dict[int, list[int]] = {}
    for primal_line, adjoint_line in explanation.links:
        left.setdefault(primal_line, []).append(adjoint_line)
        right.setdefault(adjoint_line, []).append(primal_line)
    name = explanation.name
    both = (
        listing(name, explanation.primal, "p", "a", left),
        listing(f"adjoint of {name}", explanation.adjoint, "a", "p", right),
    )
    return (
        f"<style>{STYLE}</style><div class='adjoint'>{''.join(both)}</div><script>{SCRIPT}</script>"
    )


def page(explanation: Any) -> str:
    """One self-contained page."""
    title = html.escape(f"{explanation.name} and its adjoint")
    return (
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>{title}</title>"
        f"</head><body>{columns(explanation)}</body></html>\n"
    )


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
