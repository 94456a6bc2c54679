"""Uploaded files as reviewers and applicants see them."""
