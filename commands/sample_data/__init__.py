"""Invented accounts and applications for a site to try."""
