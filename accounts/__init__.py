"""Who may come in: logins, passwords, sessions, attempts, recovery, second factor, contacts, access."""
