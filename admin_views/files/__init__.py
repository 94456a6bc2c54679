"""Papers as reviewers and applicants see them."""
