"""The security headers of every response, and the redirect to https. A view may have set a stricter value of its own."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

HEADERS = (
    # Forbids inline scripts, inline styles and content of other hosts.
    (
        "Content-Security-Policy",
        "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "browsing-topics=()"),
    # Otherwise the back button would show personal data on a shared computer after the logout.
    ("Cache-Control", "no-store"),
)
STRICT_TRANSPORT_SECURITY = "max-age=31556926; includeSubDomains"
"""A year, as browsers want it for sites that insist on https."""
ALSO_BY_HTTP = {"portal.healthz"}
"""Endpoints that monitoring calls without https."""


def register(app: Flask) -> None:
    """Add the headers to each response. Where the configuration demands https, redirect to it."""
    app.wsgi_app = with_security_headers(app.wsgi_app)  # type: ignore[method-assign]
    if app.config["HTTPS"]:
        app.before_request(redirect_to_https)
        app.after_request(demand_https)


def with_security_headers(application: WsgiApplication) -> WsgiApplication:
    """Return the application with the headers that its responses do not have themselves.

    Added to the list that goes to the server: werkzeug's Headers look at each of them ten times.
    """

    def secured(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *fault: Any) -> Any:
            present = {name for name, _value in headers}
            missing = [header for header in HEADERS if header[0] not in present]
            return start_response(status, headers + missing, *fault)

        return application(environ, start)

    return secured


def redirect_to_https() -> AnyResponse | None:
    """Redirect a request by http to the same URL by https."""
    if _is_https() or request.endpoint in ALSO_BY_HTTP:
        return None
    return redirect(request.url.replace("http://", "https://", 1))


def demand_https(response: Response) -> Response:
    """Tell the browser to use https alone from now on."""
    if _is_https():
        response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT_SECURITY
    return response


def _is_https() -> bool:
    return request.is_secure or request.headers.get("X-Forwarded-Proto") == "https"
