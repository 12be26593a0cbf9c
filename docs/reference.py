"""Write the reference of the Python API from its docstrings: ``python -m docs.reference``.

Two pages beside this file: ``reference.md``, every function and class of ``core.api`` by topic, and
``results.md``, what they return and take. A test holds that both are what this module makes.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, is_typeddict

from core import api, contracts
from core.docstrings import Docstring, Entry, read_docstring

__all__ = ["PAGES", "pages", "public"]

HERE = Path(__file__).parent
REFERENCE, RESULTS = "reference.md", "results.md"
PAGES = (REFERENCE, RESULTS)

TOPICS: dict[str, tuple[str, ...]] = {
    "Inputs, predictions, maps": ("modalities", "models", "saliency"),
    "What there is": ("models.zoo", "models.api.zoo", "catalogue"),
    "Evidence: how far a map can be trusted": ("evidence",),
    "Shapley values": ("shapley",),
    "Maps compared, and followed along a path": ("comparison", "robustness.explanation_drift"),
    "What would change a decision": ("evidence.counterfactual",),
    "Examples and concepts": ("concepts", "modalities.picture.gallery"),
    "Datasets": ("data",),
    "Fairness": ("fairness",),
    "Robustness": ("robustness",),
    "Certificates": ("robustness.certificates",),
    "Training and smaller models": ("training", "compression", "own_models", "runs"),
    "How often verdicts are right": ("calibration", "proportions"),
    "The server's side": ("server", "engine", "logfile", "settings"),
}
"""Rooms below ``core`` by topic; the longest name that fits says where a function stands."""
ELSEWHERE = "Besides"

_INTRODUCTION = """\
# The Python API

Made from the docstrings of `core.api` by `make reference`; what the functions return is in
[results.md](results.md). In a notebook, `help(api.explain)` says the same.

```python
from core import api

picture = api.open_picture("cat.jpg")
found = api.explain(picture, method="gradcam", target="tabby")
open("cat.map.png", "wb").write(api.overlay_png(picture, found))
```

A function such as `explain` computes in this process, or takes from the store what was computed
before. Its request, here `explanation_request`, says the same without computing: `api.answer`
computes it, `api.jobs().submit` does so in a worker.
"""
_RESULTS_INTRODUCTION = """\
# What the Python API returns and takes

Made from the docstrings of `core.contracts` by `make reference`; the functions are in
[reference.md](reference.md). All of these are frozen: results know their key, the weights' hash,
where they were computed and the command that repeats them.
"""


class Reference:
    """The two pages."""

    def __init__(self) -> None:
        self.public = public(api)

    @cached_property
    def classes(self) -> dict[str, type[Any]]:
        """Every dataclass of the contracts."""
        found: dict[str, type[Any]] = {}
        for name, item in public(contracts).items():
            if inspect.isclass(item) and dataclasses.is_dataclass(item):
                found[name] = item
        return found

    def pages(self) -> dict[str, str]:
        """Return the text of each page by its name."""
        return {
            REFERENCE: _page([_INTRODUCTION, *self._contents(), *self._functions()]),
            RESULTS: _page([_RESULTS_INTRODUCTION, *self._results()]),
        }

    @cached_property
    def _topics(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {topic: [] for topic in [*TOPICS, ELSEWHERE]}
        for name, item in self.public.items():
            if _is_ours(item):
                found[_topic(item.__module__)].append(name)
        for topic, names in found.items():
            names.sort(key=lambda name: _place(topic, self.public[name]))
        return {topic: names for topic, names in found.items() if names}

    def _contents(self) -> Iterator[str]:
        for topic, names in self._topics.items():
            listed = ", ".join(f"[`{name}`](#{_anchor(name)})" for name in names)
            yield f"**{topic}.** {listed}"

    def _functions(self) -> Iterator[str]:
        for topic, names in self._topics.items():
            yield f"## {topic}"
            for name in names:
                item = self.public[name]
                if inspect.isclass(item):
                    yield from self._class(name, item)
                    continue
                yield f'### <a id="{_anchor(name)}"></a>{name}'
                yield f"```python\n{_signature(name, inspect.signature(item))}\n```"
                yield from self._text(read_docstring(item.__doc__))

    def _results(self) -> Iterator[str]:
        for name, item in self.classes.items():
            if name not in self.public:
                yield from self._class(name, item)

    def _class(self, name: str, item: type[Any]) -> Iterator[str]:
        yield f'### <a id="{_anchor(name)}"></a>{name}'
        bases = [base.__name__ for base in item.__bases__ if base.__name__ in self.classes]
        head = f"class {name}({', '.join(bases)})" if bases else f"class {name}"
        own = inspect.get_annotations(item)
        listed = [
            f"    {field.name}: {own[field.name]}"
            for field in (dataclasses.fields(item) if dataclasses.is_dataclass(item) else ())
            if field.name in own
        ]
        yield "```python\n" + "\n".join([head, *listed]) + "\n```"
        yield from self._text(read_docstring(item.__doc__ or ""))
        if bases:
            above = ", ".join(self._link(base, f"`{base}`") for base in bases)
            yield f"With all that stands in {above}."
        yield "\n".join(self._members(item))

    def _members(self, item: type[Any]) -> Iterator[str]:
        for name, member in vars(item).items():
            call = ""
            if inspect.isfunction(member):
                parameters = list(inspect.signature(member).parameters)[1:]
                call = f"({', '.join(parameters)})"
            elif not hasattr(member, "__get__") or inspect.isclass(member):
                continue
            text = inspect.getdoc(member) or ""
            if not name.startswith("_") and text:
                yield f"- `{name}{call}`: {self._linked(text.splitlines()[0])}"

    def _text(self, docstring: Docstring) -> Iterator[str]:
        yield self._linked(docstring.lead)
        for title in docstring.sections:
            if title == "Examples":
                yield f"```pycon\n{docstring.sections[title].strip()}\n```"
            elif title in ("Parameters", "Returns", "Raises"):
                entries = docstring.entries(title)
                yield f"{title}:\n\n" + "\n".join(self._entry(e, title) for e in entries)
            else:
                yield f"{title}: {self._linked(docstring.sections[title])}"

    def _entry(self, entry: Entry, title: str) -> str:
        names = ", ".join(entry.names)
        # What is returned has no name: its type stands there.
        head = self._typed(names) if title == "Returns" and not entry.kind else f"`{names}`"
        kind = f" ({self._typed(entry.kind)})" if entry.kind else ""
        text = f": {self._linked(entry.text)}" if entry.text else ""
        return f"- {head}{kind}{text}".replace("\n", "\n  ")

    def _typed(self, text: str) -> str:
        def link(found: re.Match[str]) -> str:
            return self._link(found[0], found[0]) if found[0] in self.classes else found[0]

        return re.sub(r"\w+", link, text)

    def _linked(self, text: str) -> str:
        def role(found: re.Match[str]) -> str:
            name = found[1].lstrip("~").rpartition(".")[2]
            return self._link(name, f"`{name}`")

        text = re.sub(r":\w+:`([^`]+)`", role, text)
        return re.sub(r"``([^`]+)``", r"`\1`", text)

    def _link(self, name: str, shown: str) -> str:
        if name in self.public:
            return f"[{shown}]({REFERENCE}#{_anchor(name)})"
        return f"[{shown}]({RESULTS}#{_anchor(name)})" if name in self.classes else shown


def public(face: ModuleType) -> dict[str, Any]:
    """Return what a face shows, by name: all but modules, types of options, what is private."""
    return {
        name: item
        for name, item in sorted(vars(face).items())
        if not (name.startswith("_") or inspect.ismodule(item) or is_typeddict(item))
    }


def _is_ours(item: object) -> bool:
    """Whether an item is a function or a class of the house: neither a constant nor an alias."""
    return inspect.isclass(item) or inspect.isfunction(inspect.unwrap(item))  # type: ignore[arg-type]


def _anchor(name: str) -> str:
    return f"api-{name}"


def _topic(module: str) -> str:
    fitting = [
        (len(part), topic)
        for topic, parts in TOPICS.items()
        for part in parts
        if f"{module}.".startswith((f"core.{part}.", f"core.{part}_"))
    ]
    return max(fitting)[1] if fitting else ELSEWHERE


def _place(topic: str, item: Any) -> tuple[int, str, int]:
    """Return where an item stands in its topic: by module, and there as in the source."""
    module = item.__module__
    parts = TOPICS.get(topic, ())
    first = next((i for i, p in enumerate(parts) if module.startswith(f"core.{p}")), len(parts))
    return first, module, inspect.getsourcelines(inspect.unwrap(item))[1]


def _signature(name: str, signature: inspect.Signature) -> str:
    """Return a signature as it is written, on one line where there is room."""
    parts = []
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        default = parameter.default
        given = "" if default is parameter.empty else f" = {_default(default)}"
        parts.append(f"{parameter.name}: {parameter.annotation}{given}")
    end = f" -> {signature.return_annotation}"
    line = f"{name}({', '.join(parts)}){end}"
    if len(line) <= 100:
        return line
    return f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){end}"


def _default(value: object) -> str:
    if callable(value):
        return "…"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def pages() -> dict[str, str]:
    """Return the text of each page by its name."""
    return Reference().pages()


def main() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")
        print(f"docs/{name}: {len(text.splitlines())} lines")


if __name__ == "__main__":
    main()
