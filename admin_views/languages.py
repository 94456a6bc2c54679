"""The language of the screens: Chinese unless the person has chosen English."""

from typing import Any

from flask import session
from flask_babel import Domain, get_locale

LANGUAGES = {"zh": "zh_Hans_CN", "en": "en"}


def chosen_language() -> str:
    """Return the locale of this request."""
    return LANGUAGES.get(session.get("language", "zh"), "zh_Hans_CN")


class Catalogue(Domain):  # type: ignore[misc]
    """The translations of a locale, found by the locale itself: a page asks two hundred times."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[Any, Any] = {}

    def get_translations(self) -> Any:
        locale = get_locale()
        if locale not in self._known:
            self._known[locale] = super().get_translations()
        return self._known[locale]
