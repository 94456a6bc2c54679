"""Counts that are kept with each change, and the figures made from them. Knows no flask."""
