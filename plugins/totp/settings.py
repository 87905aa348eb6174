"""Settings of the one-time password method, `[plugins.totp]`."""

from idp.plugin import Field, Settings


class TOTPSettings(Settings):
    """How far an app's clock may be off, how many failures in a row stop a person, how many apps they may have.

    `window` is in steps of 30 s on either side (RFC 6238 5.2 recommends at most one); `stop_after` is the upper bound
    of NIST SP 800-63B-4 3.2.2. `accept_unsealed` lets a secret count that stands on an entry without our seal: whoever
    may write the entry can put one there whose codes they know. With `max_apps` 1 the app registered last is the valid
    one; with more a guessed code has as many chances as a person has apps, so they are few.
    """

    window: int = Field(default=1, ge=0, le=1)
    stop_after: int = Field(default=100, ge=5, le=100)
    accept_unsealed: bool = False
    max_apps: int = Field(default=1, ge=1, le=5)
