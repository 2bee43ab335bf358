"""Markdown from values and from docstrings."""

import ast
import inspect
import re
from collections.abc import Iterable, Sequence
from dataclasses import is_dataclass
from itertools import pairwise

#: Google sections of a docstring, shown as a list.
SECTIONS = ("Args:", "Raises:", "Returns:", "Yields:")


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; no rows give a dash."""
    lines = [[_cell(value) for value in row] for row in rows] or [["—"] * len(titles)]
    return "\n".join(
        f"| {' | '.join(line)} |" for line in [list(titles), ["---"] * len(titles), *lines]
    )


def _cell(value: object) -> str:
    text = " ".join(str(value).split()).replace("|", "\\|")
    return escape(text)


def code(value: object) -> str:
    """Return inline code; nothing for nothing."""
    text = str(value)
    return f"`{text}`" if text else ""


def fence(text: str, language: str = "text") -> str:
    """Return a fenced block."""
    return f"```{language}\n{text.rstrip()}\n```"


def escape(text: str) -> str:
    """Escape what Markdown would take for HTML, code spans aside; ``x`` becomes `x`."""
    parts = re.split(r"(``.+?``|`[^`]+`)", text, flags=re.DOTALL)
    return "".join(
        f"`{p.strip('`')}`" if i % 2 else p.replace("<", "&lt;") for i, p in enumerate(parts)
    )


def sentence(text: str) -> str:
    """Return text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def first_line(thing: object) -> str:
    """Return the first line of a docstring."""
    return (inspect.getdoc(thing) or "").partition("\n")[0]


def docstring(thing: object, *, skip_first: bool = False) -> str:
    """Return a docstring as Markdown: code blocks fenced, sections as lists."""
    text = inspect.getdoc(thing) or ""
    if skip_first:
        text = text.partition("\n")[2].strip("\n")
    return as_markdown(text)


def as_markdown(text: str) -> str:
    """Return the text of a docstring as Markdown."""
    blocks = re.split(r"\n\s*\n", text)
    out: list[str] = []
    for block in blocks:
        if not block.strip():
            continue
        if _is_code(block, out):
            text = inspect.cleandoc(block)
            if out and out[-1].startswith("```") and not text.startswith(">>>"):
                text = out.pop().removeprefix("```text\n").removesuffix("\n```") + "\n\n" + text
            out.append(fence(text, "pycon" if text.startswith(">>>") else "text"))
            continue
        out.extend(_prose(block))
    return "\n\n".join(out)


def _is_code(block: str, before: list[str]) -> bool:
    indented = all(line.startswith("    ") for line in block.splitlines() if line.strip())
    return (indented and bool(before)) or block.lstrip().startswith(">>>")


def _prose(block: str) -> list[str]:
    """Return a paragraph, and a section's list where it begins one."""
    title, _, rest = block.partition("\n")
    if title in SECTIONS:
        return [f"**{title.removesuffix(':')}**", _entries(inspect.cleandoc(rest))]
    # "text::" and an indented block without a blank line between them.
    if match := re.fullmatch(r"(.*?)\n((?:    .*\n?)+)", block, flags=re.DOTALL):
        return [escape(_colon(match[1])), fence(inspect.cleandoc(match[2]))]
    return [escape(_colon(block))]


def _colon(text: str) -> str:
    return text.removesuffix(":") if text.endswith("::") else text


def _entries(text: str) -> str:
    """Return "name: what" lines, continued by indentation, as a list."""
    entries = re.sub(r"\n\s+", " ", text).splitlines()
    named = [re.sub(r"^([\w*, ]+?):", r"`\1`:", entry) for entry in entries]
    return "\n".join(f"* {escape(entry)}" for entry in named)


def field_texts(kind: type) -> dict[str, str]:
    """Return the text under each field of a dataclass, inherited ones included."""
    texts: dict[str, str] = {}
    for part in filter(is_dataclass, reversed(kind.__mro__)):
        (definition,) = ast.parse(inspect.cleandoc(inspect.getsource(part))).body
        texts |= {
            ast.unparse(field.target): inspect.cleandoc(ast.literal_eval(text.value))
            for field, text in pairwise(definition.body)
            if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr)
        }
    return texts
