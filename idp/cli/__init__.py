"""The `warifu` command: what starts the server, and what looks after it."""
