"""The help desk: people of the university's own who help others, each act with a reason, none with a secret."""
