"""The command line, as its own help tells it."""

from pathlib import Path

from typer.testing import CliRunner

from benchctl.cli import app
from generate.markdown import escape, fence


def pages(_: Path) -> dict[str, str]:
    """Return the page of all commands."""
    parts = ["# Command line", "Each command's own `--help`, as it is printed."]
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        about = (command.callback.__doc__ or "").partition("\n")[0]
        parts += [f"## {name}", escape(about), fence(_help(name))]
    return {"commands.md": "\n\n".join(parts) + "\n"}


def _help(command: str) -> str:
    result = CliRunner().invoke(app, [command, "--help"], prog_name="benchctl", terminal_width=92)
    if result.exit_code:
        raise RuntimeError(f"benchctl {command} --help: {result.output}")
    return result.output.strip()
