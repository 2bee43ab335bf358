"""Every measurement also runs under PyMeasure's own Worker and Results."""

import pytest
from pymeasure.experiment import Procedure, Results, Worker

from benchctl import plugins

SHORT = {
    "iv-sweep": {"cycles": 1},
    "forming": {},
    "set-reset": {"cycles": 5},
    "multilevel": {"levels": "20 uS", "repeats": 1},
    "stdp": {"repeats": 1, "delays": "2 ms"},
    "retention": {"levels": "20 uS", "duration": "10 s"},
    "endurance": {"cycles": 5},
}


def test_every_installed_measurement_is_tried_here():
    assert set(plugins.names("procedure")) >= set(SHORT)


@pytest.mark.parametrize("name", SHORT)
def test_it_finishes_and_its_rows_can_be_read_back(name, tmp_path):
    kind = plugins.load("procedure", name)
    results = Results(kind(**SHORT[name]), str(tmp_path / "rows.csv"))
    worker = Worker(results)
    worker.start()
    worker.join(60)
    assert not worker.is_alive()
    assert results.procedure.status == Procedure.FINISHED
    loaded = Results.load(str(tmp_path / "rows.csv"), procedure_class=kind)
    assert list(loaded.data.columns) == kind.DATA_COLUMNS
    assert len(loaded.data) >= 2
    assert loaded.procedure.parameter_values() == results.procedure.parameter_values()
