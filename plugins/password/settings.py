"""Settings of the password method, `[plugins.password]`."""

from idp.plugin import Field, Settings


class PasswordSettings(Settings):
    """When to warn of a password about to expire, and where it is changed."""

    warn_days: int = Field(default=7, ge=0, le=90)
    change_url: str = ""
