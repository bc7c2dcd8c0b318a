"""The `adjoint` command: derivatives of programs one has not written.

Exit codes: 0 for success, 1 where a derivative is refused or a check fails, 2 for bad input.
"""

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Table

from adjoint.cli.auditing import as_json as audit_as_json
from adjoint.cli.auditing import audited, shortened, spot
from adjoint.cli.checking import Verdict, verify
from adjoint.cli.files import write_whole
from adjoint.cli.tables import Sheet, sheet
from adjoint.cli.targets import BadInput, load, one_line, parse
from adjoint.compile.disk_cache import VARIABLE, cache_directory, entries
from adjoint.compile.disk_cache import clear as clear_cache
from adjoint.compile.disk_cache import size as size_of_cache
from adjoint.errors import AdjointError
from adjoint.explain import explain as explanation_of
from adjoint.testing import Audit

app = typer.Typer(
    help="Differentiate Python functions as they are.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console()
problems = Console(stderr=True)

# Negative numbers look like options; what is not one of ours is an argument.
WORDS = {"ignore_unknown_options": True}
Target = Annotated[
    str,
    typer.Argument(help="package.module:function or path/to/file.py:function", metavar="TARGET"),
]
Words = Annotated[
    list[str] | None,
    typer.Argument(help="Python literals; keyword arguments as name=value", metavar="ARGS..."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
MOST_ROWS = 60


@contextmanager
def reporting() -> Iterator[None]:
    """Turn every expected failure into its message and its exit code."""
    try:
        yield
    except BadInput as error:
        problems.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(2) from None
    except AdjointError as error:
        text = f"{type(error).__name__}: {AdjointError.__str__(error)}"
        problems.print(f"[bold red]error:[/] {escape(text)}", soft_wrap=True)
        raise typer.Exit(1) from None


def call(function: Any, *args: Any, **kwargs: Any) -> Any:
    """A call of the user's function, whose own exceptions become one line."""
    try:
        return function(*args, **kwargs)
    except (AdjointError, BadInput):
        raise
    except Exception as error:
        raise BadInput(f"the function raised {one_line(error)}") from error


@app.command(context_settings=WORDS)
def grad(target: Target, words: Words = None, as_json: AsJson = False) -> None:
    """Print the derivative of every output with respect to every float among the arguments."""
    with reporting():
        function = load(target)
        args, kwargs = parse(words or [])
        result = call(sheet, function, args, kwargs)
        if as_json:
            console.print_json(json.dumps(result.as_json(), allow_nan=True))
        else:
            show(target, result)


@app.command(context_settings=WORDS)
def check(target: Target, words: Words = None, as_json: AsJson = False) -> None:
    """Compare the derivative with finite differences, and the traced with the compiled one."""
    with reporting():
        function = load(target)
        args, kwargs = parse(words or [])
        verdict = call(verify, function, args, kwargs)
        if as_json:
            console.print_json(json.dumps(verdict.as_json(), allow_nan=True))
        else:
            show_verdict(target, verdict)
        if not verdict.passed:
            raise typer.Exit(1)


@app.command(context_settings=WORDS)
def audit(target: Target, words: Words = None, as_json: AsJson = False) -> None:
    """Look for derivatives that are lost without a word, and say in which line."""
    with reporting():
        function = load(target)
        args, kwargs = parse(words or [])
        report = call(audited, function, args, kwargs)
        if as_json:
            console.print_json(json.dumps(audit_as_json(report)))
        else:
            show_audit(target, report)
        if not report.ok:
            raise typer.Exit(1)


@app.command(context_settings=WORDS)
def explain(
    target: Target,
    words: Words = None,
    page: Annotated[
        Path | None, typer.Option("--html", help="Write one self-contained page to this file.")
    ] = None,
) -> None:
    """Print the adjoint as Python source, or write it beside the primal as an HTML page."""
    with reporting():
        function = load(target)
        args, kwargs = parse(words or [])
        explanation = call(explanation_of, function, *args, **kwargs)
        if page is None:
            print_source(explanation.adjoint)
        else:
            try:
                write_whole(page, explanation.page())
            except OSError as error:
                raise BadInput(f"cannot write {page}: {error.strerror}") from None
            console.print(f"wrote {page}")


kept = typer.Typer(help="Machine code that is kept on disk.", no_args_is_help=True)
app.add_typer(kept, name="cache")


def directory_of_cache() -> Path:
    found = cache_directory()
    if found is None:
        raise BadInput(f"nothing is kept: {VARIABLE} is empty")
    return found


@kept.command()
def where() -> None:
    """Print the directory."""
    with reporting():
        print(directory_of_cache())


@kept.command()
def size() -> None:
    """Print how many functions are kept, and how much room they take."""
    with reporting():
        directory = directory_of_cache()
        count, room = len(entries(directory)), size_of_cache(directory)
        print(f"{count} functions, {room / 1e6:.1f} MB")


@kept.command()
def clear() -> None:
    """Remove what is kept; it is compiled again where it is needed."""
    with reporting():
        print(f"removed {clear_cache(directory_of_cache())} functions")


def print_source(source: str) -> None:
    """In colour on a terminal; as it is into a pipe or a file, where it can be run."""
    if sys.stdout.isatty():
        console.print(Syntax(source, "python", background_color="default"))
    else:
        print(source)


def show(target: str, result: Sheet) -> None:
    """The value of the function, then a table with a row per input and a column per output."""
    for label, value in result.outputs:
        console.print(f"{escape(label)} = [bold]{number(value)}[/]", highlight=False)
    table = Table(title=escape(target), title_justify="left")
    table.add_column("argument")
    table.add_column("value", justify="right")
    for label, _ in result.outputs:
        table.add_column(f"∂{escape(label)}", justify="right")
    for row in result.rows[:MOST_ROWS]:
        table.add_row(escape(row.label), number(row.value), *map(number, row.derivatives))
    console.print(table)
    if len(result.rows) > MOST_ROWS:
        console.print(f"… and {len(result.rows) - MOST_ROWS} more rows: --json prints them all")
    if result.fixed:
        console.print(f"held fixed, since no float is in it: {escape(', '.join(result.fixed))}")


def show_verdict(target: str, verdict: Verdict) -> None:
    """A table of the three ways to the same number, then one line that says pass or fail."""
    table = Table(title=escape(target), title_justify="left")
    for name in ("derivative", "traced", "finite diff.", "difference", "compiled", ""):
        table.add_column(name, justify="left" if name == "derivative" else "right")
    for line in verdict.lines[:MOST_ROWS]:
        table.add_row(
            escape(line.label),
            number(line.traced, 8),
            number(line.finite, 8),
            f"{line.difference:.1e}",
            "refused" if line.compiled is None else number(line.compiled, 8),
            "[green]✓[/]" if line.passed else "[bold red]✗[/]",
        )
    console.print(table)
    if len(verdict.lines) > MOST_ROWS:
        console.print(f"… and {len(verdict.lines) - MOST_ROWS} more rows: --json prints them all")
    if verdict.refusal:
        console.print(f"compiled tier: {escape(verdict.refusal)}", highlight=False)
    wrong = sum(not line.passed for line in verdict.lines)
    if wrong:
        console.print(f"[bold red]failed[/]: {wrong} of {len(verdict.lines)} derivatives differ")
    else:
        console.print(f"[green]passed[/]: {len(verdict.lines)} derivatives agree")


def show_audit(target: str, report: Audit) -> None:
    """A table with a row per finding, then one line that says pass or fail."""
    looked = f"{report.operations} operations looked at"
    for step in report.steps[:MOST_ROWS]:
        where = shortened(spot(step.place)) if step.place else ""
        console.print(f"{escape(where)} {escape(step.what)}", highlight=False, soft_wrap=True)
    if report.ok:
        console.print(f"[green]nothing found[/]: {looked}")
        return
    table = Table(title=escape(target), title_justify="left")
    for name in ("finding", "where", "what"):
        table.add_column(name, overflow="fold")
    for finding in report.findings[:MOST_ROWS]:
        places = [place for place in (finding.caller, finding.place) if place is not None]
        where = "\nin ".join(escape(shortened(spot(place))) for place in places)
        table.add_row(finding.kind, where, escape(finding.what))
    console.print(table)
    if len(report.findings) > MOST_ROWS:
        console.print(f"… and {len(report.findings) - MOST_ROWS} more: --json prints them all")
    console.print(f"[bold red]{len(report.findings)} findings[/]: {looked}")


def number(value: float, digits: int = 10) -> str:
    return repr(value) if not math.isfinite(value) else f"{value:.{digits}g}"
