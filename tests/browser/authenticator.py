"""A passkey authenticator of Chromium's own, without hardware (WebDriver extension of WebAuthn Level 3, 11)."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession

from tests.browser.chromium import Person


@dataclass
class VirtualAuthenticator:
    """What stands plugged in at somebody's browser; it answers at once."""

    session: CDPSession
    id: str

    @classmethod
    def plug_in(cls, someone: Person, *, verifies: bool = True, resident: bool = True) -> "VirtualAuthenticator":
        """Give the browser of a person an authenticator."""
        session = someone.context.new_cdp_session(someone.page)
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal" if verifies else "usb",
            "hasResidentKey": resident,
            "hasUserVerification": verifies,
            "isUserVerified": verifies,
            "automaticPresenceSimulation": True,
        }
        answer = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return cls(session, answer["authenticatorId"])

    def tell(self, command: str, **values: object) -> dict[str, Any]:
        """Send a command of the protocol."""
        return self.session.send(f"WebAuthn.{command}", {"authenticatorId": self.id, **values})

    @property
    def credentials(self) -> list[dict[str, Any]]:
        """The passkeys that it keeps."""
        return list(self.tell("getCredentials")["credentials"])
