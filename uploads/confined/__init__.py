"""What decoder.py runs in its confined processes. Imports nothing of the site that imports anything else of it."""
