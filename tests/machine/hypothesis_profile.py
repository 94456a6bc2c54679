"""Makes Hypothesis draw the same examples in every run, so that a failure is reproducible.

`--hypothesis-profile=default` draws random ones.
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
