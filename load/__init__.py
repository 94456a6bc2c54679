"""Plays deadline day against the real site until it breaks: `make load`. Loopback only."""
