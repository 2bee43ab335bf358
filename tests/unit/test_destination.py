"""A place for a run is refused before a bench is opened, in the words of what is in the way."""

import pytest

from benchctl.destination import refuse_unwritable
from benchctl.errors import ConfigError


@pytest.mark.parametrize("name", ["run.h5", "run.H5"])
def test_a_run_file_is_never_written_over(tmp_path, name):
    refuse_unwritable(tmp_path / name)
    (tmp_path / name).touch()
    with pytest.raises(ConfigError, match="exists already; choose another name"):
        refuse_unwritable(tmp_path / name)


def test_a_folder_below_a_file_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="is a file; choose another place"):
        refuse_unwritable(tmp_path / "file" / "runs")
