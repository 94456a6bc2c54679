// Everything generic, on every page.
