"""The command, the supervisor, the listeners, and what is refused at start."""
