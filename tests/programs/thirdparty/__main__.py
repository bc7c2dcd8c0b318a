"""Writes docs/coverage.md: ``make coverage``."""

import os
import sys
from pathlib import Path

from rich.progress import track

from thirdparty.cases import CASES
from thirdparty.corpus import Case, Score, score

TARGET = Path(__file__).parents[3] / "docs" / "coverage.md"
HEAD = """# Published packages under `adjoint`

What is differentiated of NumPy and SciPy themselves, callable by callable, is in
[rules.md](rules.md).

Functions of packages whose authors did not have derivatives in mind, unmodified. A gradient is
*correct* if it agrees with extrapolated finite differences to 1e-6 (relative to its largest
component); *refused* means an error that names the line and what to do instead. `make coverage`
writes this page; the functions are in `tests/programs/thirdparty`.
"""


def main() -> None:
    results = [(case, score(case)) for case in track(CASES) if case.version() is not None]
    text = page(results)
    waiting = TARGET.with_suffix(".new")
    waiting.write_text(text, encoding="utf-8")
    os.replace(waiting, TARGET)
    wrong = [case.name for case, result in results if result.kind == "wrong"]
    print(f"{len(results)} cases, wrong: {', '.join(wrong) or 'none'}; wrote {TARGET}")
    sys.exit(bool(wrong))


def page(results: list[tuple[Case, Score]]) -> str:
    kinds = ["correct", "refused", "wrong"]
    counts = {kind: sum(result.kind == kind for _, result in results) for kind in kinds}
    packages = {case.package for case, _ in results if case.package}
    fields = {case.field for case, _ in results}
    lines = [
        HEAD,
        f"{len(results)} functions of {len(packages)} packages and the standard library, in "
        f"{len(fields)} fields:\n",
        "| correct | refused | silently wrong |",
        "|---|---|---|",
        "| " + " | ".join(str(counts[kind]) for kind in kinds) + " |\n",
        "| field | package | function | outcome | difference |",
        "|---|---|---|---|---|",
    ]
    for case, result in results:
        package = f"{case.package} {case.version()}" if case.package else "standard library"
        detail = case.refused if result.kind == "refused" else result.detail
        lines.append(f"| {case.field} | {package} | `{case.call}` | {result.kind} | {detail} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
