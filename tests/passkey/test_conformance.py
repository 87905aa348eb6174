"""The conformance kit over the passkey plug-in, on a real directory and store."""

from idp.plugin import Purpose, Visit
from idp.plugin.conformance import Case, EnrolCase, check_enrolment, check_method
from plugins.passkey import PLUGIN
from plugins.passkey.challenge import Challenge, new_challenge
from plugins.passkey.options import request_options
from plugins.passkey.relying_party import relying_party
from tests.passkey.authenticator import Form, SoftKey
from tests.passkey.conftest import Desk


def _case(desk: Desk, name: str, key: SoftKey, username: str) -> Case:
    challenge = new_challenge(desk.tools.now)
    form = key.get(_options(desk, challenge))
    visit = Visit(
        Purpose.LOGIN,
        desk.subject(username) if username else None,
        "outside",
        "en",
        "browser",
        state=challenge.state,
    )
    wrong = {**form, "signature": SoftKey().get(_options(desk, challenge))["signature"]}
    return Case(name, visit, lambda tools: form, wrong, once=True)


def _options(desk: Desk, challenge: Challenge) -> str:
    return request_options(relying_party("", desk.tools.site), challenge, "required", ())


def test_it_keeps_the_rules_of_a_method(desk: Desk) -> None:
    carols, bobs = desk.register("carol"), desk.register("bob")

    check_method(
        PLUGIN,
        lambda: desk.tools,
        [
            _case(desk, "carol", carols, "carol"),
            _case(desk, "bob", bobs, "bob"),
            _case(desk, "carol, alone", carols, ""),
            Case("nobody", Visit(Purpose.LOGIN, None, "outside", "en", "browser")),
            Case("who has none", Visit(Purpose.LOGIN, desk.subject("dave"), "outside", "en", "browser")),
        ],
    )


def test_it_keeps_the_rules_of_registration(desk: Desk) -> None:
    def right(ask: object, tools: object) -> Form:
        return SoftKey().create(ask.values["options"])  # type: ignore[attr-defined]

    visit = Visit(Purpose.REGISTER, desk.subject("carol"), "campus", "en", "browser")
    wrong = {"client_data_json": "AAAA", "attestation_object": "AAAA"}

    check_enrolment(PLUGIN, lambda: desk.tools, [EnrolCase("carol", visit, right, wrong)])
