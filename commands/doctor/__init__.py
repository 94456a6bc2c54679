"""The command `doctor`: what is missing or unsafe in an installation. It changes nothing."""
