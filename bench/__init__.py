"""`make bench`: the speed of the site, compared with a hand-written page that shows the same rows. The site imports nothing from here."""
