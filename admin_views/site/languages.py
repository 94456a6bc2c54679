"""The language of the screens: Chinese unless the person has chosen English. A page looks up a hundred wordings."""

from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

from babel import Locale
from flask import Flask, has_request_context, session
from flask_babel import Domain, get_locale, get_translations
from markupsafe import Markup

LANGUAGES = {"zh": Locale.parse("zh_Hans_CN"), "en": Locale.parse("en")}

MOST_MADE = 500
MOST_WORDINGS = 5000
Given = ParamSpec("Given")
Made = TypeVar("Made")


def register(app: Flask) -> None:
    """Give the templates their gettext: Jinja's own asks for the context, and makes a new one of it in each loop."""
    app.add_template_global(translated_markup, "_")
    app.add_template_global(translated_markup, "gettext")
    app.teardown_request(_forget)


def chosen_language() -> Locale:
    """Return the locale of this request."""
    return LANGUAGES.get(session.get("language", "zh"), LANGUAGES["zh"])


_of_this_page: ContextVar[str] = ContextVar("language", default="")


def language() -> str:
    """Return the language of this page, which does not change while it is made.

    Under `force_locale` ask gettext itself: what is kept by language would be kept as this page's.
    """
    if not _of_this_page.get():
        if not has_request_context():
            return str(get_locale().language)
        _of_this_page.set(chosen_language().language)
    return _of_this_page.get()


def _forget(_fault: BaseException | None) -> None:
    _of_this_page.set("")


def translated_markup(wording: str, **words: Any) -> Markup:
    """Return a wording in the person's language as a template writes it; the words in its gaps are escaped."""
    translated = _written(language(), wording)
    return translated % words if words or "%" in translated else translated


@lru_cache(maxsize=MOST_WORDINGS)
def _written(_language: str, wording: str) -> Markup:
    return Markup(get_translations().gettext(wording))  # noqa: S704 - the wording is the template's


def cached_per_language(make: Callable[Given, Made]) -> Callable[Given, Made]:
    """Let what is made of constant wordings be made once for each language: a list has fifty of them."""

    @lru_cache(maxsize=MOST_MADE, typed=True)
    def kept(_language: str, *given: Given.args, **named: Given.kwargs) -> Made:
        return make(*given, **named)

    @wraps(make)
    def made(*given: Given.args, **named: Given.kwargs) -> Made:
        return kept(language(), *given, **named)

    return made


class Catalogue(Domain):  # type: ignore[misc]
    """The translations of a language, found by its name: comparing locales would cost more than the translation."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, Any] = {}

    def get_translations(self) -> Any:
        language = get_locale().language
        if language not in self._known:
            self._known[language] = super().get_translations()
        return self._known[language]
