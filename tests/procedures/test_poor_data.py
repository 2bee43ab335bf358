"""A run that was stopped early still gets its figures of merit, and no exception."""

import math

import numpy as np
import pytest

from benchctl import plugins
from benchctl.procedure import Merit

NAMES = ["iv-sweep", "forming", "set-reset", "multilevel", "stdp", "retention", "endurance"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0.0, 1.0, math.nan])
@pytest.mark.parametrize("rows", [0, 1, 2, 7])
def test_analysis_of_next_to_nothing(name, rows, value):
    procedure = plugins.load("procedure", name)()
    data = {column.slug: np.full(rows, value) for column in procedure.columns()}
    merits = procedure.analyze(data)
    assert merits
    assert all(isinstance(merit, Merit) for merit in merits.values())
    assert all(merit.title for merit in merits.values())


@pytest.mark.parametrize("name", NAMES)
def test_plots_name_columns_that_exist(name):
    kind = plugins.load("procedure", name)
    slugs = {column.slug for column in kind.columns()}
    assert kind.PLOTS
    for plot in kind.PLOTS:
        y = plot.y if isinstance(plot.y, tuple) else (plot.y,)
        assert {plot.x, *y, *([plot.by] if plot.by else [])} <= slugs


@pytest.mark.parametrize("name", NAMES)
def test_previews_end_at_rest_and_stay_within_the_default_limits(name):
    preview = plugins.load("procedure", name)().preview()
    assert preview.segments > 0
    assert preview.preview()[1][-1] == 0
    low, high = preview.extremes
    assert low >= -3.5
    assert high <= 3.5
