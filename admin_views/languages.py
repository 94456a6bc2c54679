"""The language of the screens: Chinese unless the person has chosen English."""

from flask import session

LANGUAGES = {"zh": "zh_Hans_CN", "en": "en"}


def chosen_language() -> str:
    """Return the locale of this request."""
    return LANGUAGES.get(session.get("language", "zh"), "zh_Hans_CN")
