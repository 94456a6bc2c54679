"""What people type, made ordinary: invisible characters, spaces and full-width digits of an input method are no difference."""

import re
import unicodedata

from workflow.people import normalised


def one_line(text: str | None) -> str | None:
    """Return the text without what cannot be seen, single spaces between its words."""
    if text is None:
        return None
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def as_number(text: str | None) -> str | None:
    """Return a number or code as it is compared: full-width digits of an input method made ordinary."""
    return normalised(one_line(text) or "") if text is not None else None


def telephone(text: str | None) -> str | None:
    """Return a telephone number without spaces and without the country's +86."""
    plain = unicodedata.normalize("NFKC", one_line(text) or "")
    return re.sub(r"^(\+|00)86-?|[\s()]", "", plain)
