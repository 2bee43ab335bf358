"""The documentation's commands run, its generated pages are complete, the examples work."""

import os
import shutil
import subprocess
import sys

import pytest
from page_blocks import TOP, blocks, run_line, run_page

from benchctl import Run, open_bench, plugins
from benchctl.store import StoredRun
from procedures.set_reset import SetReset

DOCS = TOP / "docs"
PAGES = [
    page
    for page in sorted(DOCS.rglob("*.md"))
    if not {"_build", "generated"} & set(page.relative_to(DOCS).parts) and any(blocks(page))
]


class CopyWhileItGrows:
    """Takes a copy of a run's file at its first rows: what a killed process would leave."""

    def __init__(self, target):
        self.target = target

    def started(self, run):
        self.run = run

    def rows(self, columns):
        shutil.copy(self.run.path, self.target)

    def progress(self, fraction, eta):
        pass

    def finished(self, result):
        pass

    def message(self, text):
        pass


@pytest.fixture
def crashed(tmp_path):
    folder = tmp_path / "crashed"
    folder.mkdir()
    with open_bench(seed=1) as bench:
        observers = [CopyWhileItGrows(folder / "killed.h5")]
        Run(SetReset(cycles=20), bench, out=tmp_path / "whole.h5", observers=observers).execute()
    with StoredRun(folder / "killed.h5") as stored:
        assert stored.status == "running"


@pytest.mark.usefixtures("crashed")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_runs(page, tmp_path, monkeypatch):
    run_page(page, tmp_path, monkeypatch)


def test_the_pages_that_must_run_are_among_them():
    assert {"first_run", "configure_a_bench", "write_a_procedure", "recover_a_run"} <= {
        page.stem for page in PAGES
    }


@pytest.mark.parametrize("name", ["first_script", "read_along"])
def test_example_runs(name, tmp_path):
    path = TOP / "examples" / f"{name}.py"
    done = subprocess.run(
        [sys.executable, str(path)],
        cwd=tmp_path, env=os.environ, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_example_script_takes_a_bench_file(tmp_path):
    bench = TOP / "examples" / "benches" / "source_meter.toml"
    script = TOP / "examples" / "first_script.py"
    done = subprocess.run(
        [sys.executable, str(script), str(bench)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "finished 50" in done.stdout


@pytest.mark.parametrize("path", sorted((TOP / "examples" / "benches").glob("*.toml")), ids=str)
def test_example_bench_answers(path, monkeypatch):
    run_line(f"benchctl doctor --bench '{path.as_posix()}' --simulate", monkeypatch)


@pytest.fixture
def generated(tmp_path, monkeypatch):
    """The generated pages by name; example runs and figures are left to the docs' own build."""
    monkeypatch.syspath_prepend(str(DOCS))
    import generate
    from generate import models, procedures

    monkeypatch.setattr(procedures, "_run", lambda name, kind, figure: {})
    monkeypatch.setattr(models, "draw", lambda name, path: None)
    monkeypatch.setattr(models, "driven", lambda name: ("", []))
    written = generate.write_pages(tmp_path)
    return {p.relative_to(tmp_path).as_posix(): p.read_text(encoding="utf-8") for p in written}


def test_every_plug_in_has_a_page(generated):
    for kind, folder in (
        ("procedure", "procedures"),
        ("model", "models"),
        ("driver", "instruments"),
    ):
        for name in plugins.names(kind):
            assert f"# {name}\n" in generated[f"{folder}/{name}.md"]
            assert f"[{name}]({name}.md)" in generated[f"{folder}/index.md"]


def test_procedure_page_has_every_parameter_and_column(generated):
    for name in plugins.names("procedure"):
        kind = plugins.load("procedure", name)
        page = generated[f"procedures/{name}.md"]
        for parameter in kind().parameter_objects():
            assert f"| `{parameter}` |" in page
        for column in kind.columns():
            assert f"`data/{column.slug}`" in page


def test_model_page_has_every_parameter_with_its_text(generated):
    for name in plugins.names("model"):
        kind, shown = plugins.load("model", name), 0
        for line in generated[f"models/{name}.md"].splitlines():
            if line.startswith("| `") and line.count("|") == 7:
                shown += 1
                assert line.split("|")[2].strip(), f"{kind.__name__}: no text under {line}"
        assert shown


def test_command_page_has_every_option(generated):
    page = generated["commands.md"]
    options = "--bench --simulate --seed --out --json --quiet -p --model -m --cell --plot"
    for option in options.split():
        assert f"  {option} " in page


def test_bench_page_has_every_key(generated):
    from benchctl.config import WiringConfig
    from benchctl.config_simulation import SimulationConfig

    for model in (WiringConfig, SimulationConfig):
        for key in model.model_fields:
            assert f"| `{key}` |" in generated["bench_file.md"]
