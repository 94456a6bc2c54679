"""A site whose files are at another place than its own directory."""

from flask import Flask

from uploads.storage_locations import Location, places_at


def use(app: Flask, location: Location) -> None:
    """Let the application store its files there from now on; tests/machine/site.py takes it back after the test."""
    places = places_at(location)
    app.extensions["attachments"] = places.files
    app.extensions["attachment_previews"] = places.previews
    app.extensions["attachment_parts"] = places.parts
