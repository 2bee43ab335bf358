"""One process at an instrument, and nothing said to who does it right."""

import pytest

from benchctl.bench import _lock
from benchctl.errors import BenchError

ADDRESS = "GPIB0::24::INSTR"


@pytest.fixture(autouse=True)
def out_of_the_way(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)


def test_a_lock_needs_no_folder_of_a_login():
    # A warning, such as platformdirs gives where there is none, is an error here.
    with _lock(ADDRESS):
        pass


def test_only_one_may_hold_an_instrument():
    with _lock(ADDRESS):
        with _lock("GPIB0::25::INSTR"):
            pass
        with pytest.raises(BenchError, match="another benchctl process is using GPIB0::24::INSTR"):
            _lock(ADDRESS)
    with _lock(ADDRESS):
        pass
