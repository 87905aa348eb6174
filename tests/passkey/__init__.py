"""Passkeys: the ceremonies, the pages, the directory; with an authenticator written here."""
