"""The command line, called as a script calls it."""

import json
import sys

import pytest

from benchctl import cli


@pytest.fixture
def benchctl(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["benchctl", *map(str, arguments)])
        with pytest.raises(SystemExit) as leave:
            cli.main()
        captured = capsys.readouterr()
        return leave.value.code or 0, captured.out, captured.err

    return call


@pytest.fixture
def run(benchctl):
    def call(name, *arguments):
        code, out, err = benchctl("run", name, "--json", *arguments)
        return code, json.loads(out.splitlines()[-1]) if out else {}, err

    return call
