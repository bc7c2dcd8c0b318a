"""What the README shows is what happens."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adjoint.cli import app

README = (Path(__file__).parent.parent / "README.md").read_text()
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(kind, text) for kind, text in FENCE.findall(README)]
PROGRAMS = [text for kind, text in BLOCKS if kind == "python"]
COMMANDS = [
    line
    for kind, text in BLOCKS
    if not kind
    for line in text.splitlines()
    if line.startswith("adjoint ")
]


def run(program, tmp_path, capsys):
    path = tmp_path / "program.py"
    path.write_text(program)
    exec(compile(program, str(path), "exec"), {"__name__": "readme"})
    return capsys.readouterr().out


def test_the_first_program_prints_what_is_shown(tmp_path, capsys):
    shown = next(text for kind, text in BLOCKS if not kind and text.strip() == "10.0")
    assert run(PROGRAMS[0], tmp_path, capsys) == shown


@pytest.mark.parametrize("program", PROGRAMS[1:])
def test_the_other_programs_run(program, tmp_path, capsys):
    assert run(program, tmp_path, capsys)


def test_there_are_commands_to_try():
    assert len(COMMANDS) >= 3


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_run(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, shlex.split(command)[1:])
    assert result.exit_code == 0, result.output
