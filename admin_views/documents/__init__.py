"""The pages of files that the site makes: exports, dossiers, the person's own data."""
