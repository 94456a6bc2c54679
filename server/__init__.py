"""The server below the application: gunicorn's threads, behind an event loop that waits for slow clients."""
