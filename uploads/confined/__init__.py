"""Parts of decoder.py: they open a stranger's file within its confined process, and know nothing of the site."""
