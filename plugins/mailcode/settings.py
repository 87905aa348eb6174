"""Settings of the code by mail, `[plugins.mailcode]`; where the address stands is `mail.recovery_attribute`."""

from idp.plugin import Field, Settings


class MailCodeSettings(Settings):
    """How long codes are and live, how many are sent, and which addresses are not written to.

    An address is not written to that stands in one of `own_attributes` too, or is of one of `own_domains` or below:
    its mailbox opens with the very password that is not trusted here. Nor is one that is not known to be
    `unchanged_days` old (security.md E-06); `changed_attribute` is where the directory says when it was changed.
    """

    digits: int = Field(default=6, ge=6, le=10)
    minutes: int = Field(default=10, ge=1, le=10)
    tries: int = Field(default=5, ge=1, le=5)
    codes: int = Field(default=3, ge=1, le=10)
    codes_hours: int = Field(default=6, ge=1, le=48)
    most_an_hour: int = Field(default=1000, ge=1)
    own_attributes: tuple[str, ...] = ("mail",)
    own_domains: tuple[str, ...] = ()
    unchanged_days: int = Field(default=7, ge=0, le=90)
    changed_attribute: str = ""
