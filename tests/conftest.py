"""What every test may ask for stands in these modules."""

pytest_plugins = [
    "tests.browser.fixtures",
]
