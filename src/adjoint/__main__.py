"""``python -m adjoint``: the same as the `adjoint` command."""

from adjoint.cli import app

app(prog_name="adjoint")
