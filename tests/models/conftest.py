"""Restores the keys of the vault after each test."""

from collections.abc import Iterator

import pytest

from models.secrets import vault


@pytest.fixture(autouse=True)
def own_keys() -> Iterator[None]:
    kept = dict(vars(vault))
    yield
    vars(vault).update(kept)
