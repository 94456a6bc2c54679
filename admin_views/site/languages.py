"""The language of the screens: Chinese unless the person has chosen English. A page looks up a hundred texts, hence the caches."""

from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

from babel import Locale
from flask import Flask, has_request_context, session
from flask_babel import Domain, get_locale, get_translations
from markupsafe import Markup

LANGUAGES = {"zh": Locale.parse("zh_Hans_CN"), "en": Locale.parse("en")}

MOST_RESULTS = 500
MOST_TEXTS = 5000
Given = ParamSpec("Given")
Made = TypeVar("Made")


def register(app: Flask) -> None:
    """Give the templates our gettext functions; Jinja's own need the context, which is copied in each loop."""
    app.add_template_global(translated_markup, "_")
    app.add_template_global(translated_markup, "gettext")
    app.add_template_global(plural_markup, "ngettext")
    app.add_template_global(markup_in_context, "pgettext")
    app.teardown_request(_reset_page_language)


def chosen_language() -> Locale:
    """Return the locale of this request."""
    return LANGUAGES.get(session.get("language", "zh"), LANGUAGES["zh"])


_page_language: ContextVar[str] = ContextVar("language", default="")


def language() -> str:
    """Return the language of this page, which is constant during a request.

    Do not use it under `force_locale`: results cached per language would be cached for the page's language.
    """
    if known := _page_language.get():
        return known
    if not has_request_context():
        return str(get_locale().language)
    _page_language.set(found := chosen_language().language)
    return found


def _reset_page_language(_fault: BaseException | None) -> None:
    _page_language.set("")


def translated_markup(wording: str, **words: Any) -> Markup:
    """Return a translated text as Markup; values for its placeholders are escaped."""
    translated = _translated_markup(language(), wording)
    return translated % words if words or "%" in translated else translated


def plural_markup(singular: str, plural: str, num: int, **words: Any) -> Markup:
    """Return a translated text that depends on a number, its placeholder `num`, as Markup."""
    return Markup(get_translations().ngettext(singular, plural, num)) % {"num": num, **words}  # noqa: S704


def markup_in_context(context: str, wording: str, **words: Any) -> Markup:
    """Return a translated text that means another thing elsewhere, as Markup."""
    return Markup(get_translations().pgettext(context, wording)) % words  # noqa: S704 - the template's, like all of these


@lru_cache(maxsize=MOST_TEXTS)
def _translated_markup(_language: str, wording: str) -> Markup:
    return Markup(get_translations().gettext(wording))  # noqa: S704 - the wording is the template's


def cached_per_language(make: Callable[Given, Made]) -> Callable[Given, Made]:
    """Cache a function of constant texts for each language: a list needs fifty of them."""

    @lru_cache(maxsize=MOST_RESULTS, typed=True)
    def cached(_language: str, *given: Given.args, **named: Given.kwargs) -> Made:
        return make(*given, **named)

    @wraps(make)
    def for_this_language(*given: Given.args, **named: Given.kwargs) -> Made:
        return cached(language(), *given, **named)

    return for_this_language


class CachedDomain(Domain):  # type: ignore[misc]
    """Translations cached by language code: comparing Locale objects costs more than the translation."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, Any] = {}

    def get_translations(self) -> Any:
        language = get_locale().language
        if language not in self._known:
            self._known[language] = super().get_translations()
        return self._known[language]
