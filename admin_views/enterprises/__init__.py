"""An enterprise's own pages, and the approval of its account."""
