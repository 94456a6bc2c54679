"""The forms of a page as a browser without scripts sees them: the values that each button would send."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from tests.files import samples as files

Attributes = dict[str, str | None]
NOT_SENT = {"button", "reset", "image"}


@dataclass
class Form:
    """One form; `fields` are the names with their values, `choices` the other options."""

    action: str
    method: str
    multipart: bool
    fields: dict[str, list[str]] = field(default_factory=dict)
    blank: dict[str, str] = field(default_factory=dict)
    """Empty fields with their type."""
    filled: set[str] = field(default_factory=set)
    """Visible fields with a value."""
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        sent = self.fields.keys() | self.blank.keys() | self.choices.keys()
        return sent | {name for name, _ in self.buttons}

    def sendings(self, words: dict[str, str]) -> Iterator[dict[str, Any]]:
        """Yield the values that each button sends after the empty fields are filled in and the others changed."""
        for button in self.buttons or [None]:
            data: dict[str, Any] = {name: list(values) for name, values in self.fields.items()}
            for name, options in self.choices.items():
                if name not in data and options:
                    data[name] = [options[-1]]
            for name, kind in self.blank.items():
                data[name] = [typed(name, kind, words)]
            data |= {name: [words[name]] for name in self.filled & words.keys()}
            if button:
                data[button[0]] = [button[1]]
            yield data


def typed(name: str, kind: str, words: dict[str, str]) -> Any:
    """The value that a person types into an empty field."""
    if name == "sheet":
        return io.BytesIO(files.sample("xlsx")), "企业.xlsx"
    if kind == "file":
        return io.BytesIO(files.jpg()), "材料.jpg"
    return words.get(name, words.get(kind, ""))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._by_id: dict[str, Form] = {}
        self._open: Form | None = None
        self._select: tuple[Form, str] | None = None
        self._text: tuple[Form, str] | None = None
        self._orphans: list[tuple[str, str, Attributes]] = []
        self._patterns = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "template" or self._patterns:
            self._patterns += tag == "template"  # what only scripts use
        elif tag == "form":
            self._open = Form(
                given.get("action") or "",
                (given.get("method") or "get").lower(),
                given.get("enctype") == "multipart/form-data",
            )
            self.forms.append(self._open)
            if given.get("id"):
                self._by_id[str(given["id"])] = self._open
        elif tag in {"input", "button", "select", "textarea"}:
            owner = given.get("form")
            if owner and owner not in self._by_id:
                self._orphans.append((tag, owner, given))
                return
            form = self._by_id[owner] if owner else self._open
            if form is not None and "disabled" not in given:
                self._control(tag, form, given)
        elif tag == "option" and self._select:
            form, name = self._select
            value = given.get("value") or ""
            if value:
                form.choices.setdefault(name, []).append(value)
            if "selected" in given and value:
                form.fields[name] = [value]

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._patterns -= 1
        elif tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._text:
            form, name = self._text
            if "".join(form.fields.get(name, [])).strip():
                del form.blank[name]
            else:
                form.fields.pop(name, None)
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text:
            form, name = self._text
            form.fields[name] = ["".join(form.fields.get(name, [])) + data]

    def close(self) -> None:
        super().close()
        for tag, owner, given in self._orphans:
            if owner in self._by_id:
                self._control(tag, self._by_id[owner], given)

    def _control(self, tag: str, form: Form, given: Attributes) -> None:
        name, kind = given.get("name") or "", (given.get("type") or "").lower()
        value = given.get("value") or ""
        if tag == "button":
            if kind not in NOT_SENT and name:
                form.buttons.append((name, value))
        elif not name or kind in NOT_SENT | {"submit"}:
            return
        elif tag == "select":
            self._select = form, name
            form.choices.setdefault(name, [])
        elif tag == "textarea":
            self._text = form, name
            form.blank[name] = "textarea"
        elif kind in {"radio", "checkbox"}:
            form.choices.setdefault(name, []).append(value or "on")
            if "checked" in given:
                form.fields.setdefault(name, []).append(value or "on")
        elif value or kind == "hidden":
            form.fields.setdefault(name, []).append(value)
            if kind != "hidden":
                form.filled.add(name)
        else:
            form.blank[name] = kind or "text"


def forms(page: str) -> list[Form]:
    """All forms of the page."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.forms
