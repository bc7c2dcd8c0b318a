"""Writes docs/rules.md: ``make rules``."""

import os
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import scipy
from rich.progress import track

from callables.judging import Verdict, compiles, judge
from callables.public import Public, public
from callables.tables import rows_of, test_of

TARGET = Path(__file__).parents[3] / "docs" / "rules.md"
KINDS = {
    "rule": "rule",
    "source": "its source",
    "none": "no derivative",
    "missing": "missing",
    "wrong": "wrong",
}
HEAD = """# What is differentiated of NumPy and SciPy

Of each public callable one of four things is known. It has a *rule*; it is differentiated through
*its source*, with the rules of what it calls; it has *no derivative*; or it is *missing*: a
derivative that is asked for raises `MissingRule`. A callable counts as differentiated if forward
mode agrees with finite differences, and reverse mode with forward mode, to every argument that is a
number of its own. The column *compiled* says whether a function marked `@jit` may make one of the
calls (others may have more axes, complex numbers or keywords that it refuses).
`make rules` writes this page from the calls in `tests/rules`; versions: NumPy {numpy}, SciPy
{scipy}, Python {python}.
"""
Judged = dict[str, list[tuple[Public, Verdict, bool]]]


def main() -> None:
    judged: Judged = {}
    for module, entries in public().items():
        judged[module] = [judged_entry(entry) for entry in track(entries, module)]
    waiting = TARGET.with_suffix(".new")
    waiting.write_text(page(judged), encoding="utf-8")
    os.replace(waiting, TARGET)
    every = [(entry, verdict) for entries in judged.values() for entry, verdict, _ in entries]
    wrong = [f"{e.module}.{e.name}: {v.detail}" for e, v in every if v.kind == "wrong"]
    print(f"{len(every)} callables; wrong: {'; '.join(wrong) or 'none'}; wrote {TARGET}")
    sys.exit(bool(wrong))


def judged_entry(entry: Public) -> tuple[Public, Verdict, bool]:
    rows = rows_of(entry)
    verdict = judge(entry, rows)
    is_right = verdict.kind in ("rule", "source")
    return entry, verdict, is_right and compiles(entry, rows)


def page(judged: Judged) -> str:
    versions = {"numpy": np.__version__, "scipy": scipy.__version__}
    python = ".".join(map(str, sys.version_info[:2]))
    lines = [HEAD.format(**versions, python=python), *totals(judged)]
    for module, entries in judged.items():
        lines += [
            f"\n## {module}\n",
            "| callable | derivative | compiled | test, or reason |",
            "|---|---|---|---|",
            *(line(*item) for item in entries),
        ]
    return "\n".join(lines) + "\n"


def totals(judged: Judged) -> list[str]:
    lines = [
        "| module | rule | its source | missing | wrong | differentiated | no derivative "
        "| compiled |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for module, entries in judged.items():
        counts = Counter(verdict.kind for _, verdict, _ in entries)
        right = counts["rule"] + counts["source"]
        smooth = right + counts["missing"] + counts["wrong"]
        share = f"{100 * right / smooth:.0f} %" if smooth else ""
        taken = sum(compiled for _, _, compiled in entries)
        numbers = [counts[kind] for kind in ("rule", "source", "missing", "wrong")]
        lines.append(
            f"| [{module}](#{module.replace('.', '')}) | "
            + " | ".join(map(str, [*numbers, share, counts["none"], taken]))
            + " |"
        )
    return lines


def line(entry: Public, verdict: Verdict, compiled: bool) -> str:
    shown = test_of(entry) if verdict.kind in ("rule", "source") else verdict.detail
    shown = shown.replace("|", "\\|").replace("<", "&lt;")
    return f"| `{entry.name}` | {KINDS[verdict.kind]} | {'yes' if compiled else ''} | {shown} |"


if __name__ == "__main__":
    main()
