"""The reviewers' consoles."""
