"""The fenced blocks of a Markdown page, and how they are run; CONTRIBUTING.md says the rules."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchctl.cli import main

TOP = Path(__file__).parents[2]
BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>not run|in): (?P<what>[^\n]+?) -->\n)?^```(?P<language>\w+)\n"
    r"(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
EXITS = re.compile(r"\s+# exits with (\d+)$")
FILE = re.compile(r"# file: (\S+)\n")


@dataclass(frozen=True)
class Block:
    """One block that is run."""

    language: str
    text: str
    folder: str


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page that are run, in order."""
    for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
        folder = match["what"] if match["mark"] == "in" else "."
        runs = match["language"] in ("sh", "python") or FILE.match(match["text"])
        if match["mark"] != "not run" and runs:
            yield Block(match["language"], match["text"], folder)


def run_page(page: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a page from top to bottom in `scratch`."""
    shutil.copytree(TOP / "examples", scratch / "examples", ignore=shutil.ignore_patterns("runs"))
    names: dict[str, object] = {"__name__": page.stem}
    for block in blocks(page):
        monkeypatch.chdir(scratch / block.folder)
        if block.language == "python":
            exec(compile(block.text, str(page), "exec"), names)
        elif block.language == "sh":
            for line in block.text.splitlines():
                run_line(line, monkeypatch)
        else:
            written = FILE.match(block.text)
            assert written is not None
            Path(written[1]).write_text(block.text, encoding="utf-8")


def run_line(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run one command and hold it to the exit code the page claims."""
    claimed = EXITS.search(line)
    expected = int(claimed[1]) if claimed else 0
    program, *arguments = shlex.split(EXITS.sub("", line))
    if program == "python":
        code = subprocess.run([sys.executable, *arguments], env=os.environ).returncode
    else:
        # In this process: a fresh one takes a second to import what is already here.
        assert program == "benchctl", f"mark it as not run: {line}"
        monkeypatch.setattr(sys, "argv", [program, *arguments])
        code = _exit_code()
    assert code == expected, f"{line}: exit code {code}, the page says {expected}"


def _exit_code() -> int:
    try:
        main()
    except SystemExit as left:
        return int(left.code or 0)
    return 0
