"""A figure per device model, made by the model itself."""

from pathlib import Path

from generate import (
    figures_filaments,
    figures_ions,
    figures_phases,
    figures_polarised,
    figures_thresholds,
)
from generate.figures_style import Picture, canvas

PICTURES: dict[str, Picture] = {
    **figures_filaments.PICTURES,
    **figures_thresholds.PICTURES,
    **figures_ions.PICTURES,
    **figures_phases.PICTURES,
    **figures_polarised.PICTURES,
}


def draw(name: str, path: Path) -> None:
    """Run model `name` and draw what it does into a PNG."""
    with canvas(path) as figure:
        PICTURES[name].draw(figure)
