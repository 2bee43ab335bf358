"""When the simulated B2900's triggers come, and what its sources do in between."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_instruments.keysight_b2900_timeline import Track, Triggers, merge

counts = st.integers(1, 5)
spans = st.integers(0, 40)
instants = st.integers(0, 100)


@given(counts, counts, spans, spans, spans, st.integers(1, 40), spans)
@settings(max_examples=200)
def test_triggers_are_in_order_and_no_action_begins_within_another(
    arms: int, count: int, first: int, arm_timer: int, delay: int, busy: int, timer: int
) -> None:
    layers = Triggers(arms, first, arm_timer, count, delay, timer, busy)
    starts = layers.starts(layers.own + 3)
    assert len(starts) == arms * count
    assert starts[0] == first + delay
    assert (np.diff(starts) >= busy).all()


@given(
    st.lists(
        st.tuples(st.lists(instants, min_size=1, max_size=6, unique=True), st.integers(1, 100)),
        min_size=1, max_size=2,
    )
)  # fmt: skip
def test_merged_tracks_say_what_each_source_does(tracks: list[tuple[list[int], int]]) -> None:
    made = [
        Track(
            -1.0, np.array(sorted(changes)), np.arange(float(len(changes))), np.array([read]), 120
        )
        for changes, read in tracks
    ]
    line = merge(made)
    assert line.duration.sum() == pytest.approx(120e-9)
    for place, track in enumerate(made):
        middles = line.ends - line.duration / 2
        index = np.searchsorted(track.changes * 1e-9, middles)
        wanted = np.concatenate([[-1.0], track.levels])[index]
        assert line.levels[place].tolist() == wanted.tolist()
        assert line.ends[line.reads[place]] == pytest.approx(track.reads * 1e-9)
