"""`make bench`: how fast the site is, beside a hand-written page that shows the same rows. Nothing of the site imports it."""
