"""The parts of a model's module docstring: what it is, where it holds, what it leaves out."""

import re
from dataclasses import dataclass

from generate.markdown import as_markdown, sentence

#: What stands for a public text that can be looked up.
LINKS = (
    (r"\bdoi:(10\.\d{4,9}/[^\s\],;]*[^\s\],;).:])", r"[doi:\1](https://doi.org/\1)"),
    (r"\barXiv:(\d{4}\.\d{4,5})", r"[arXiv:\1](https://arxiv.org/abs/\1)"),
)
REPOSITORY = re.compile(r"(?:\[R:\s+|: )([A-Za-z][\w-]*/[A-Za-z][\w.-]*\w)(?=[,;:\]])")
TAG = re.compile(r"\[(?:R|C|D|M|MEM|DESIGN|C/M|D/M)\b[^\]]*\]")


@dataclass(frozen=True, slots=True)
class ModelTexts:
    """Markdown."""

    body: str
    valid: str
    not_modelled: str
    sources: tuple[str, ...]


def split(docstring: str) -> ModelTexts:
    """Split a model's docstring at "**Valid** …" and "**Not modelled**: …", either may lack."""
    rest, valid = _taken(docstring, r"\*\*Valid\*\*(.*?)(?=\*\*Not\s+modelled|\n\s*\n|\Z)")
    body, missing = _taken(rest, r"\*\*Not\s+modelled\*\*:?(.*?)(?=\n\s*\n|\Z)")
    return ModelTexts(
        linked(as_markdown(body)),
        linked(as_markdown(sentence(valid))),
        linked(as_markdown(sentence(missing))),
        tuple(sources(docstring)),
    )


def _taken(text: str, pattern: str) -> tuple[str, str]:
    """Return the text without the first match of `pattern`, and what its group found."""
    match = re.search(pattern, text, flags=re.DOTALL)
    if match is None:
        return text, ""
    return text[: match.start()] + text[match.end() :], match[1].strip()


def linked(text: str) -> str:
    """Return Markdown in which DOIs and arXiv numbers lead to what they name."""
    for pattern, link in LINKS:
        text = re.sub(pattern, link, text)
    return text


def sources(text: str) -> list[str]:
    """Return what a text cites, each once: books, papers, repositories that were read."""
    links = [match.expand(link) for pattern, link in LINKS for match in re.finditer(pattern, text)]
    read = [f"[{name} on GitHub](https://github.com/{name})" for name in REPOSITORY.findall(text)]
    books = re.findall(r"\*\*Source\*\*: (.+?)\.?(?=\n\s*\n|\Z)", text, flags=re.DOTALL)
    return list(dict.fromkeys([*(" ".join(book.split()) for book in books), *links, *read]))
