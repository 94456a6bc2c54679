"""Sessions begin and end here, and here it is decided where a person goes next.

Never follows an address that leads out of this site, or into a room that is not this person's.
"""

from urllib.parse import urlsplit

from flask import session, url_for
from flask_login import login_user, logout_user

from models import Account
from workflow import registration, scope

KEPT_ACROSS = ("language",)
"""What a session hands on to the next one; everything else, the token of every form included, is new."""


def enter(account: Account) -> None:
    """Begin a session for this account; whatever the browser held before is worth nothing in it."""
    _begin_anew()
    session.permanent = True  # ends after PERMANENT_SESSION_LIFETIME without a request
    login_user(account)


def leave() -> None:
    """End the session."""
    logout_user()
    _begin_anew()


def _begin_anew() -> None:
    kept = {key: session[key] for key in KEPT_ACROSS if key in session}
    session.clear()
    session.update(kept)


def home(account: Account) -> str:
    """Return the address of this account's console; before its approval an enterprise has its registration alone (E3)."""
    if account.enterprise_id is not None and not registration.opens_console(account):
        return url_for("registration.index")
    return url_for(f"{scope.CONSOLES[account.role]}.index_view")


def destination(account: Account, wanted: str | None) -> str:
    """Return the address that was asked for before the login when it is in this account's rooms, else its home."""
    path = own_path(wanted)
    rooms = (home(account), url_for("messages.own"), url_for("accounts.own"))
    return path if path is not None and path.startswith(rooms) else home(account)


def own_path(address: str | None) -> str | None:
    """Return a path of this site as it is; None for everything that a browser could read as another site's."""
    if not address or not address.startswith("/") or address.startswith("//"):
        return None
    if "\\" in address or not address.isprintable():  # browsers read \ as / and drop tabs and line ends
        return None
    return address


def path_of(address: str | None, host: str) -> str | None:
    """Return the path of a full address on this host, such as a Referer; None for every other."""
    parts = urlsplit(address or "")
    if parts.netloc != host:
        return None
    return own_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)
