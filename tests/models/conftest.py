"""The keys that a test puts into the vault are taken out again."""

from collections.abc import Iterator

import pytest

from models.secrets import vault


@pytest.fixture(autouse=True)
def own_keys() -> Iterator[None]:
    kept = dict(vars(vault))
    yield
    vars(vault).update(kept)
