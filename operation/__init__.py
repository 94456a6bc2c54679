"""The operation of the site: what runs, what waits, what failed. For operators; says nothing about persons (S4)."""
