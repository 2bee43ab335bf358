"""The command line. Heavy imports live inside the commands: ``--help`` needs none of them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from benchctl.errors import BenchError, ConfigError, unknown

app = typer.Typer(
    name="benchctl",
    help="Memristor measurements on a real bench, or on a simulated one.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

File = Annotated[Path, typer.Argument(help="A run file.", metavar="FILE")]
BenchFile = Annotated[Path | None, typer.Option(help="A bench.toml; the built-in bench if none.")]
Simulate = Annotated[bool, typer.Option("--simulate", help="Simulate the bench's instruments.")]
Model = Annotated[str | None, typer.Option(metavar="NAME", help="Model of the simulated device.")]
ModelParameters = Annotated[
    list[str] | None, typer.Option("-m", metavar="NAME=VALUE", help="Set a model's parameter.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def main() -> None:
    """Run the command line; a `BenchError` becomes one line and its exit code."""
    try:
        # Outside its standalone mode, Typer returns the code of a typer.Exit.
        raise SystemExit(app(standalone_mode=False) or 0)
    except typer.Abort:
        raise SystemExit(130) from None
    except BenchError as error:
        typer.echo(f"benchctl: {error}", err=True)
        raise SystemExit(error.exit_code) from None
    except OSError as error:
        reason = error.strerror or str(error)
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(f"benchctl: {where}{reason}", err=True)
        raise SystemExit(1) from None
    except Exception as error:
        # Typer's usage errors bring their own text; anything else is a defect to be reported.
        if not hasattr(error, "format_message"):
            raise
        if type(error).__name__ == "NoArgsIsHelpError":
            typer.echo(error.format_message())
            raise SystemExit(2) from None
        typer.echo(f"benchctl: {_usage(error)}", err=True)
        raise SystemExit(2) from None


def _usage(error: Any) -> str:
    """Return a usage error as one line, with the nearest command where one was misspelt."""
    text = str(error.format_message())
    if text.startswith("No such command"):
        name = text.split("'")[1]
        return str(unknown("command", name, _commands()))
    return f"{text} (see benchctl --help)"


def _commands() -> list[str]:
    return [str(c.name or getattr(c.callback, "__name__", "")) for c in app.registered_commands]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"benchctl {version('benchctl')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Memristor measurements on a real bench, or on a simulated one."""


@app.command("list")
def list_(
    what: Annotated[
        str, typer.Argument(help="procedures, drivers, models or runs.", metavar="WHAT")
    ] = "procedures",
    as_json: Json = False,
    folder: Annotated[Path, typer.Option("--out", help="Where the runs are.")] = Path("runs"),
) -> None:
    """List procedures, drivers, models or runs."""
    from benchctl.listing import LISTS, as_text

    if what not in LISTS:
        raise unknown("list", what, LISTS)
    rows = LISTS[what](folder)
    if as_json:
        import json

        typer.echo(json.dumps(rows))
    else:
        typer.echo(as_text(rows))


@app.command()
def run(
    procedure: Annotated[
        str, typer.Argument(metavar="NAME", help="A name from `list`, or module:Class.")
    ],
    parameters: Annotated[
        list[str] | None, typer.Option("-p", metavar="NAME=VALUE", help="Set a parameter.")
    ] = None,
    bench: BenchFile = None,
    simulate: Simulate = False,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the simulated device.")] = None,
    cell: Annotated[
        str | None, typer.Option(metavar="ROW,COLUMN", help="The cell of an array, from 0,0.")
    ] = None,
    model: Model = None,
    model_parameters: ModelParameters = None,
    out: Annotated[Path | None, typer.Option(help="A folder, or a file ending in .h5.")] = None,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, no table.")] = False,
) -> None:
    """Run one procedure and store it in one file."""
    from benchctl.destination import refuse_unwritable
    from benchctl.headless import run_once

    refuse_unwritable(out or Path("runs"))

    code = run_once(
        procedure,
        _assignments("-p", parameters),
        bench=bench,
        simulate=simulate,
        seed=seed,
        cell=_cell(cell),
        model=model,
        model_parameters=_assignments("-m", model_parameters),
        out=out,
        as_json=as_json,
        quiet=quiet,
    )
    raise typer.Exit(code)


def _assignments(option: str, given: list[str] | None) -> dict[str, str]:
    """Return what ``NAME=VALUE`` texts assign."""
    found = {}
    for text in given or []:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            example = {"-p": "set_voltage=1.2", "-m": "read_noise=0.01"}[option]
            raise ConfigError(f"{option} {text}: expected NAME=VALUE, such as {option} {example}")
        found[name.strip().replace("-", "_")] = value.strip()
    return found


def _cell(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    row, comma, column = text.partition(",")
    if not (comma and row.strip().isdecimal() and column.strip().isdecimal()):
        raise ConfigError(f"--cell {text}: expected ROW,COLUMN counted from 0, such as --cell 0,3")
    return int(row), int(column)


@app.command()
def show(
    file: File,
    plot: Annotated[Path | None, typer.Option(help="Write the run's plots to this PNG.")] = None,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only write the plot.")] = False,
) -> None:
    """Show a run: its conditions, its figures of merit, its plots."""
    from benchctl import report
    from benchctl.store import StoredRun

    with StoredRun(file) as stored:
        if plot is not None:
            from benchctl import figures

            figures.plot(stored, plot)
        if as_json:
            import json

            typer.echo(json.dumps(report.summary(stored)))
        elif not quiet:
            report.print_run(stored)


@app.command()
def export(
    file: File,
    to: Annotated[str, typer.Option(help="csv, parquet or netcdf.")] = "csv",
    out: Annotated[Path | None, typer.Option(help="The file to write.")] = None,
) -> None:
    """Write a run's rows as CSV, Parquet or netCDF."""
    from benchctl.export import FORMATS, export_run

    if to not in FORMATS:
        raise unknown("format", to, FORMATS)
    typer.echo(str(export_run(file, to, out)))


@app.command()
def repair(
    file: File,
    out: Annotated[Path | None, typer.Option(help="The file to write.")] = None,
) -> None:
    """Copy the rows of a crashed run out into a whole file."""
    from benchctl.store import StoredRun
    from benchctl.store import repair as repair_file

    whole = repair_file(file, out)
    with StoredRun(whole) as stored:
        typer.echo(f"{whole}: {stored.rows} rows")


@app.command()
def doctor(bench: BenchFile = None, simulate: Simulate = False, as_json: Json = False) -> None:
    """Check this installation and, with --bench, whether every instrument answers."""
    from benchctl.doctor import examine

    raise typer.Exit(examine(bench, simulate=simulate, as_json=as_json))


@app.command()
def gui(
    procedure: Annotated[str | None, typer.Argument(help="Procedure to begin with.")] = None,
    bench: BenchFile = None,
    simulate: Simulate = False,
    model: Model = None,
    model_parameters: ModelParameters = None,
) -> None:
    """Open the window."""
    try:
        from benchctl.gui.app import main as open_window
    except ImportError as error:
        raise ConfigError(
            f"the window needs PySide6 and pyqtgraph ({error}); run: pip install 'benchctl[gui]'"
        ) from None
    code = open_window(bench, simulate, procedure, model, _assignments("-m", model_parameters))
    raise typer.Exit(code)
