"""The page of every model: where it is from, where it holds, what it leaves out, what it shows."""

import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from benchctl import Run, open_bench, plugins
from benchctl.cli import main
from benchctl.store import StoredRun
from procedures.iv_sweep import IVSweep

TOP = Path(__file__).parents[2]
DOCS = TOP / "docs"
MODELS = plugins.names("model")
TAGGED = re.compile(r"\[(R|C|D|M|MEM|DESIGN)\b")


@pytest.fixture(scope="module")
def generate():
    """The modules that make the pages, which are in no package that is installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        from generate import figures, figures_style, model_warnings, models

        yield SimpleNamespace(figures=figures, style=figures_style, models=models,
                              warnings=model_warnings)  # fmt: skip


@pytest.fixture(scope="module")
def page(generate, request):
    """One model's name and page, but for what it says when driven out of its range."""
    name = request.param
    return name, generate.models.page(name, plugins.load("model", name), ("", []))


def section(text, title):
    """Return what stands under a heading, up to the next one of its rank."""
    assert f"\n## {title}\n" in text, f"no section {title}"
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0].strip()


def fenced(text, language):
    return re.search(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)[1]


each_page = pytest.mark.parametrize("page", MODELS, indirect=True)


@each_page
def test_a_page_cites_its_sources(page):
    _, text = page
    listed = section(text, "Sources").splitlines()
    assert listed
    for line in listed:
        assert re.match(r"\* (\[.+\]\(https://|.+ (1[6-9]|20)\d\d\b)", line), line


@each_page
def test_a_page_says_where_the_model_holds_and_what_it_leaves_out(page):
    _, text = page
    assert len(section(text, "Valid range").split("\n\n")[0]) > 25
    assert len(section(text, "Not modelled")) > 10
    assert "**Valid**" not in text
    assert not re.search(r"\*\*Not\s+modelled", text)


@each_page
def test_a_page_shows_where_every_number_is_from(page):
    name, text = page
    rows = [line for line in section(text, "Parameters").splitlines() if line.startswith("| `")]
    table = [re.split(r"(?<!\\)\|", row)[1:-1] for row in rows]
    names = {row[0].strip(" `") for row in table}
    assert names >= set(plugins.load("model", name).PARAMETERS.__dataclass_fields__)
    for row in table[: len(plugins.load("model", name).PARAMETERS.__dataclass_fields__)]:
        assert len(row) == 6
        assert all(cell.strip() for cell in row), row
    assert any(TAGGED.search(row[5]) for row in table if len(row) == 6)
    assert TAGGED.search(section(text, "Parameters"))


@each_page
def test_a_page_shows_a_figure_and_how_to_draw_it(page, generate):
    name, text = page
    picture = generate.figures.PICTURES[name]
    assert f"{{figure}} {name}.png\n:alt: {picture.alt}\n\n{picture.caption}\n" in text
    assert len(picture.alt) > 50
    assert f"python docs/figures.py {name} {name}.png" in text


@each_page
def test_what_a_page_says_about_choosing_the_model_works(page, tmp_path):
    name, text = page
    chosen = section(text, "Choose it")
    exec(fenced(chosen, "python"), {})
    path = tmp_path / "bench.toml"
    path.write_text(fenced(chosen, "toml"), encoding="utf-8")
    given = tomllib.loads(path.read_text(encoding="utf-8"))["simulation"]
    with open_bench(path, simulate=True, seed=1) as bench:
        device = bench.snapshot()["device"]
        assert device["model"] == given["model"] == name
        for key, value in given["parameters"].items():
            assert device["parameters"][key] == value


@pytest.mark.parametrize("page", ["ecram", "jart_vcm", "pcm"], indirect=True)
def test_the_command_line_on_a_page_runs(page, tmp_path, monkeypatch):
    """The phase-change cell is the noisiest, the others are gated and hot."""
    name, text = page
    chosen = section(text, "Choose it")
    monkeypatch.chdir(tmp_path)
    Path("bench.toml").write_text(fenced(chosen, "toml"), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", [*shlex.split(fenced(chosen, "sh")), "--out", "run.h5"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    with StoredRun(tmp_path / "run.h5") as stored:
        assert stored.status == "finished"
        assert stored.header.bench["device"]["model"] == name


@pytest.mark.parametrize("name", MODELS)
def test_a_figure_shows_something_that_can_be_read(name, generate, tmp_path):
    path = tmp_path / f"{name}.png"
    with generate.style.canvas(path) as figure:
        generate.figures.PICTURES[name].draw(figure)
    assert path.stat().st_size < 60_000
    with Image.open(path) as drawn:
        grey = np.asarray(drawn.convert("L"), dtype=float)
    assert grey.var() > 100.0, "blank"
    written = [text for text in figure.findobj(Text) if text.get_text().strip()]
    assert min(text.get_fontsize() for text in written) >= 9.0
    for axes in figure.axes:
        assert axes.get_xlabel()
        assert axes.get_ylabel()
        data = [np.asarray(line.get_ydata(), dtype=float) for line in axes.get_lines()]
        assert max(np.nanmax(y) - np.nanmin(y) for y in data) > 0.0, "empty panel"


def test_every_model_and_no_other_has_a_figure(generate):
    assert set(generate.figures.PICTURES) == set(MODELS)


def test_the_command_on_the_pages_draws(tmp_path):
    command = [sys.executable, str(DOCS / "figures.py"), "resistor", "out.png"]
    subprocess.run(command, cwd=tmp_path, check=True)
    with Image.open(tmp_path / "out.png") as drawn:
        assert drawn.width > 600


@pytest.mark.usefixtures("generate")
def test_a_figure_that_does_not_exist_is_refused_with_those_that_do(capsys):
    draw_one = runpy.run_path(str(DOCS / "figures.py"))["main"]
    assert draw_one(["resistr", "out.png"]) == 2
    assert "gap_filament" in capsys.readouterr().out


def test_what_a_figure_shows_is_made_anew_only_when_the_code_changed(generate, tmp_path):
    path = tmp_path / "resistor.png"
    generate.models.draw("resistor", path)
    drawn = path.stat().st_mtime_ns
    generate.models.draw("resistor", path)
    assert path.stat().st_mtime_ns == drawn


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_can_warn_is_shown_to_warn(name, generate):
    how, said = generate.warnings.driven(name)
    if generate.models.warns(plugins.load("model", name)):
        assert how
        assert said
        assert all(text.startswith(f"{name}: ") for text in said)
    else:
        assert not said


@pytest.mark.parametrize(("compliance", "valid"), [("20 mA", False), ("0.1 mA", True)])
def test_a_run_that_leaves_the_range_says_so_in_its_file(compliance, valid, tmp_path):
    text = (TOP / "examples" / "benches" / "source_meter.toml").read_text(encoding="utf-8")
    path = tmp_path / "bench.toml"
    text = text.replace("gap_filament", "jart_vcm").replace('"2 mA"', '"20 mA"')
    path.write_text(text, encoding="utf-8")
    sweep = IVSweep(cycles=1, compliance=compliance, reset_compliance=compliance)
    with open_bench(path, simulate=True, seed=1) as bench:
        Run(sweep, bench, out=tmp_path / "run.h5", seed=1).execute()
    with StoredRun(tmp_path / "run.h5") as stored:
        found = stored.analysis.get("model_validity")
    if valid:
        assert found is None
    else:
        assert found["value"] is False
        assert "1500 K" in found["note"]
