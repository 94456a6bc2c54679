"""Makes the README's pictures from the running site (`make pictures`)."""
