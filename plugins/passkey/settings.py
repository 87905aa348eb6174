"""Settings of the passkey method, `[plugins.passkey]`."""

from typing import Literal

from idp.plugin import Field, Settings


class PasskeySettings(Settings):
    """For which domain passkeys are made, and what is asked of them.

    `rp_id` is the relying party's id, the host of `site.base_url` where it is empty; a passkey works for that id alone,
    so it is never changed again. `most` passkeys may be registered by a person. With `passwordless` a passkey begins a
    login, and then its authenticator always verifies the person; after a password it does as `user_verification` says.
    A counter that does not rise is a copied passkey (WebAuthn Level 3, 6.1.1): `copied` says whether it is refused, or
    let in and the operator told.
    """

    rp_id: str = Field(default="", pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*)?$")
    most: int = Field(default=5, ge=1, le=20)
    passwordless: bool = True
    user_verification: Literal["required", "preferred", "discouraged"] = "preferred"
    copied: Literal["refuse", "alarm"] = "refuse"
