"""Parts of decoder.py, which run in its confined process and import nothing else of the site."""
