"""Settings of the activation code, `[plugins.activation]`."""

from idp.plugin import Field, Settings


class ActivationSettings(Settings):
    """How long a code lives, and after how many wrong ones it is burnt."""

    minutes: int = Field(default=10, ge=1, le=60)
    tries: int = Field(default=5, ge=1, le=10)
