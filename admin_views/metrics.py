"""`/metrics` for Prometheus. Only with the configured token, and not there at all without one (S4)."""

from hmac import compare_digest

from flask import Blueprint, Flask, Response, abort, current_app, request

from admin_views.site import rate_limits
from operation.metrics import exposition

metrics = Blueprint("metrics", __name__)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@metrics.get("/metrics")
def read() -> Response:
    """Return the measurements. 404 for a stranger: the page does not say that it is there."""
    token = current_app.config["METRICS_TOKEN"]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not compare_digest(given.encode(), token.encode()):
        abort(404)
    found = exposition(current_app.config, limits_by_fallback=rate_limits.of_this_site().by_fallback())
    return Response(found, content_type=CONTENT_TYPE)


def register(app: Flask) -> None:
    """Add the page."""
    app.register_blueprint(metrics)
