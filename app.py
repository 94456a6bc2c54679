"""The application: configuration, extensions, consoles. Nothing else."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask_babel import Babel
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import admin_views
import commands
import worker
from config import ConfigurationError, parse_keys, settings
from figures import counting
from models import db
from models.engine import engine_options, prepare
from models.secrets import vault
from models.transactions import end, forbid_writes_outside_transaction
from uploads.sets import register as register_uploads
from uploads.storage_locations import InvalidLocation


class Site(Flask):
    """Flask for a site without async functions. Flask asks of each hook and view whether it is one: eighteen times a page."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(config: dict[str, Any] | None = None) -> Flask:
    """Return the application. `config` overrides the environment. Raises ConfigurationError for an unsafe configuration."""
    app = Site(__name__)
    app.jinja_environment = admin_views.Templates
    # Every template is kept without counting which was used last.
    app.jinja_options = {"cache_size": -1, "bytecode_cache": admin_views.CompiledTemplates()}
    app.url_rule_class = admin_views.LazyRule
    app.config.update(settings(), **(config or {}))
    if isinstance(app.config["ENCRYPTION_KEYS"], str):
        app.config["ENCRYPTION_KEYS"] = parse_keys(app.config["ENCRYPTION_KEYS"])
    try:
        vault.configure(app.config["ENCRYPTION_KEYS"], app.config["DIGEST_KEY"], app.config["CIPHER_SUITE"])
        worker.register(app)
    except ValueError as fault:
        raise ConfigurationError(str(fault)) from fault
    if app.config["PROXIES"]:
        hops = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]

    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(app.config["SQLALCHEMY_DATABASE_URI"])
    app.teardown_appcontext(end)  # runs after the session's teardown, which is registered next
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
    app.before_request(forbid_writes_outside_transaction)
    CSRFProtect(app)
    Babel(app, locale_selector=admin_views.chosen_language).domain_instance = admin_views.CachedDomain()
    logins = LoginManager(app, add_context_processor=False)  # admin_views/site/frame.py has `current_user`
    logins.user_loader(admin_views.load_account)
    logins.session_protection = None  # the session's row decides; a telephone changes its network address
    app.extensions["limits"] = admin_views.rate_limits.create(app)
    try:
        register_uploads(app)
    except InvalidLocation as fault:
        raise ConfigurationError(str(fault)) from None
    counting.register()
    admin_views.register(app)
    commands.register(app)
    return app
