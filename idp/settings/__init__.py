"""The configuration: what may stand in `idp.toml`, and how it is read."""
