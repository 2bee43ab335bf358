"""Sphinx configuration; the reference pages are written by `generate` before each build."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "benchctl"
author = "the benchctl maintainers"
copyright = "2026, the benchctl maintainers"
version = release = version_of("benchctl")

extensions = ["generate", "myst_parser", "sphinx_copybutton"]
exclude_patterns = ["_build", "generate"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
suppress_warnings = ["config.cache"]

html_theme = "furo"
html_title = f"benchctl {version}"
html_show_sourcelink = False
