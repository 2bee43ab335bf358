"""Sphinx extension: writes docs/reference/generated from the code, before every build."""

import logging
from pathlib import Path

from generate import bench_file, commands, drivers, models, procedures, python_names

PARTS = (commands, bench_file, python_names, procedures, models, drivers)


def write_pages(folder: Path) -> list[Path]:
    """Write every generated page below `folder` and return them; drop pages nothing writes."""
    pages = {}
    for part in PARTS:
        pages |= part.pages(folder)
    written = [folder / name for name in pages]
    for stale in set(folder.rglob("*.md")) - set(written):
        stale.unlink()
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # Sphinx reads again what is newer than its last build.
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return written


def setup(app):
    """Hook into Sphinx."""
    logging.getLogger("pymeasure").setLevel(logging.WARNING)  # Sphinx would print its remarks
    app.connect("builder-inited", lambda app: write_pages(Path(app.srcdir, "reference/generated")))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
