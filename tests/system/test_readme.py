"""README.md tells the truth: its commands run, its tables are whole, its links lead somewhere."""

import re

import pytest
from page_blocks import TOP, run_page

from benchctl import plugins

README = (TOP / "README.md").read_text(encoding="utf-8")
LINK = re.compile(r"\]\(([^)#]+)")


def test_commands_run(tmp_path, monkeypatch):
    run_page(TOP / "README.md", tmp_path, monkeypatch)


def test_every_procedure_is_in_the_table():
    table = re.findall(r"^\| `([\w-]+)` \|", README, flags=re.MULTILINE)
    assert sorted(table) == plugins.names("procedure")


def test_every_folder_in_the_map_is_there():
    folders = re.findall(r"`(\w+)/`[^|]*\|", README)
    assert {"benchctl", "procedures", "drivers", "sim_instruments"} <= set(folders)
    assert all((TOP / folder).is_dir() for folder in folders)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(name):
    links = LINK.findall((TOP / name).read_text(encoding="utf-8"))
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not (TOP / link).exists()] == []


def test_readme_names_no_host_and_no_machine():
    for word in ("http:", "https:", "/home/", "/Users/", "C:\\"):
        assert word not in README
