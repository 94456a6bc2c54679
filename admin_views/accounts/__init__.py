"""Pages for login, registration, forgotten passwords and one's own account."""
