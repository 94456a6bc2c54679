"""One populated database for each module and kind of database; changes are undone after each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models import db
from tests.machine.databases import KINDS, Databases
from tests.machine.site import Client
from tests.machine.worlds import application_on
from tests.site import city as cities
from tests.site.city import City


@pytest.fixture
def city(begun_city: City) -> Iterator[City]:
    """The populated database. Changes are undone after the test."""
    yield begun_city
    begun_city.stored.put_back()


@pytest.fixture(scope="module", params=KINDS)
def begun_city(
    request: pytest.FixtureRequest,
    cheap_passwords: None,
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[City]:
    url = databases.fresh(request.param)
    app = application_on(url, Path(tmp_path_factory.mktemp("city")))
    app.test_client_class = Client
    built = cities.build(app)
    yield built
    built.stored.check_nothing_else_changed()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)
