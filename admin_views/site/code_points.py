"""Shows the code point beside characters that many fonts lack, on every page: 𮯰 U+2EBF0.

Works on the rendered page and not in each template, so that no name is missed. A page without such characters costs one search.
"""

import re
from collections.abc import Iterator

from flask import Flask, Response

from common.characters import code_point, find_rare

LEADS = (b"\xee", b"\xf0", b"\xf3", b"\xf4")
FURTHER_LEADS = (re.compile(rb"\xef[\x80-\xa3]"), re.compile(rb"\xe9\xbf[\xab-\xbf]"))
"""First bytes of such characters in UTF-8. Searched one by one: one pattern for all takes some milliseconds a page."""
TOKENS = re.compile(
    r"""(?P<raw><!--.*?-->|<(?P<name>script|style)\b.*?</(?P=name)>)"""
    r"""|(?P<area><textarea\b[^>]*>)(?P<typed>.*?)</textarea>"""
    r"""|(?P<tag><(?:[^>"']|"[^"]*"|'[^']*')*>)"""
    r"""|(?P<text>[^<]+|<)""",
    re.DOTALL | re.IGNORECASE,
)
PLAIN = re.compile(r"<(/?)(?:title|option)\b", re.IGNORECASE)
"""Elements that can contain only text."""
ATTRIBUTES = re.compile(r"""(?<=\s)(?:title|aria-label|alt|placeholder)="[^"]*\"""")
VALUE = re.compile(r"""\svalue="([^"]*)\"""")
UNSEEN_INPUT = re.compile(r"""\stype="(?:hidden|password|radio|checkbox|submit|button)\"""")
LOOKAHEAD = 12
"""Characters after a rare one within which a sentence may already give its code point: “X”（U+2EBF0）."""


def register(app: Flask) -> None:
    """Show code points on every page of the site."""
    app.after_request(name_rare_characters)


def name_rare_characters(response: Response) -> Response:
    """Add code points to an HTML response."""
    if response.mimetype != "text/html" or response.is_streamed or response.direct_passthrough:
        return response
    page = response.get_data()
    if may_hold_rare(page):
        response.set_data(with_code_points(page.decode()))
    return response


def may_hold_rare(page: bytes) -> bool:
    """Say whether a page may contain a rare character; emoji share first bytes with some."""
    return any(lead in page for lead in LEADS) or any(lead.search(page) for lead in FURTHER_LEADS)


def with_code_points(page: str) -> str:
    """Return the HTML with the code point beside each rare character in text, and below fields that contain one."""
    return "".join(_tokens(page))


def _tokens(page: str) -> Iterator[str]:
    plain = False
    for token in TOKENS.finditer(page):
        whole = token[0]
        if opened := PLAIN.match(whole):
            plain = not opened[1]
        if not any(find_rare(whole)):
            yield whole
        elif token["text"]:
            yield _in_text(whole, "（{}）" if plain else '<span class="code-point">{}</span>')
        elif token["area"]:
            yield whole + _note(token["typed"])
        elif token["tag"]:
            yield ATTRIBUTES.sub(lambda found: _in_text(found[0], "（{}）"), whole)
            if (
                whole.startswith("<input")
                and not UNSEEN_INPUT.search(whole)
                and (value := VALUE.search(whole))
            ):
                yield _note(value[1])
        else:
            yield whole


def _in_text(text: str, mark: str) -> str:
    parts, end = [], 0
    for found in find_rare(text):
        code = code_point(found[0])
        parts.append(text[end : found.end()])
        end = found.end()
        if code not in text[end : end + LOOKAHEAD]:
            parts.append(mark.format(code))
    return "".join([*parts, text[end:]])


def _note(value: str) -> str:
    """Return the note beside a field, whose value itself must stay unchanged."""
    codes = " ".join(f"{found[0]} {code_point(found[0])}" for found in find_rare(value))
    return f'<span class="code-point code-point-of-field">{codes}</span>' if codes else ""
