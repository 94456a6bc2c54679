"""Enterprises: registration, their own reviewers, who takes over when one leaves, search."""
