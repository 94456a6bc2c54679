"""Hypothesis draws the same examples in every run: what one of them finds fails each time, not one submission in many.

`--hypothesis-profile=default` has it look elsewhere.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "the same each time",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine is no mistake of a test
)
settings.load_profile("the same each time")
