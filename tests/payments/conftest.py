"""Standards are looked for in the whole database, so each test has its own database."""

import pytest
from flask import Flask

from tests.factories import World, world


@pytest.fixture
def ordos(app_context: Flask) -> World:
    """One enterprise of each kind of region with its offices and people, in a database of its own."""
    return world()
