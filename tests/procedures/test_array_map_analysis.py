"""What a map makes of cells it could not read, and of no cell at all."""

import numpy as np
import pytest

from procedures.array_map import ArrayMap


def table(conductance):
    number = np.arange(len(conductance), dtype=float)
    return {"row": number // 2, "column": number % 2, "conductance": np.array(conductance)}


def test_a_cell_without_a_conductance_hides_no_other():
    merits = ArrayMap().analyze(table([1e-6, np.nan, 3e-6, 2e-6]))
    found = {name: merits[name].value for name in ("cells", "mean", "lowest", "highest")}
    assert found == {
        "cells": 3.0,
        "mean": pytest.approx(2e-6),
        "lowest": 1e-6,
        "highest": 3e-6,
    }


@pytest.mark.parametrize("conductance", [[], [np.nan], [np.nan] * 4])
def test_no_conductance_at_all_has_no_figures(conductance):
    assert ArrayMap().analyze(table(conductance)) == {}
