"""Strangers and people with an account who send what none of our pages would."""

from tests.accounts.conftest import limited, made, stored
from tests.workflow.conftest import cheap_passwords

__all__ = ["cheap_passwords", "limited", "made", "stored"]
