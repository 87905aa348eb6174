"""Settings of the one-time password method, `[plugins.totp]`."""

from idp.plugin import Field, Settings


class TOTPSettings(Settings):
    """How far the app's clock may be off, and after how many failures in a row the app is stopped.

    `window` is in steps of 30 s on either side (RFC 6238 5.2 recommends at most one); `stop_after` is the upper bound
    of NIST SP 800-63B-4 3.2.2. `accept_unsealed` lets a secret count that stands on an entry without our seal: whoever
    may write the entry can put one there whose codes they know.
    """

    window: int = Field(default=1, ge=0, le=1)
    stop_after: int = Field(default=100, ge=5, le=100)
    accept_unsealed: bool = False
