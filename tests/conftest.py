"""What every test may ask for stands in these modules."""

pytest_plugins = [
    "tests.machine.requirements",
    "tests.machine.hypothesis_profile",
    "tests.machine.databases",
    "tests.machine.s3",
    "tests.machine.site",
    "tests.machine.worlds",
    "tests.worker.receivers",
    "tests.browser.fixtures",
]
