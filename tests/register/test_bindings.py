"""A credential remembers how it was bound, and nothing that a password alone can do makes it stronger (design 14)."""

import pytest
from click.testing import CliRunner

from idp.cli.context import CommandContext
from idp.core.codes import Code
from idp.core.proof import Binding
from plugins.totp.commands import commands
from tests.parts.site import CAMPUS, Idp
from tests.register.conftest import MakeSite
from tests.register.steps import (
    MFA,
    REGISTER,
    RESET,
    SP,
    TIME_SYNC,
    Person,
    binding_of,
    events_of,
    password_of,
    someone,
)

EVERYWHERE = (
    ('action = "register"\nrequire = "refuse"', 'action = "register"\nrequire = "password"'),
    ('action = "replace"\nrequire = "refuse"', 'action = "replace"\nrequire = "two-factors"'),
)

BY_PASSWORD = 'action = "replace"\nnetworks = ["campus"]\nrequire = "password"'


def _counts(person: Person) -> bool:
    """Say whether the app is taken where two factors are insisted on."""
    return person.log_in(authn_context_class_refs=(MFA,)).name == "post"


def _reset(person: Person) -> None:
    person.browser.submit(person.open(RESET), "reset")


def _administrator_resets(idp: Idp, username: str) -> None:
    CliRunner().invoke(commands(), ["reset", username], obj=CommandContext(idp.conf, idp.site))


def test_the_first_app_on_campus_counts(idp: Idp) -> None:
    person = someone(idp)
    person.register()

    assert binding_of(idp) == Binding.CAMPUS_FIRST
    assert _counts(person)


def test_an_app_registered_again_with_the_password_alone_does_not_count(idp: Idp) -> None:
    person = someone(idp)
    person.register()
    idp.clock.advance(seconds=30)
    page = person.register()

    assert binding_of(idp) == Binding.CAMPUS_REPLACED
    assert 'data-binding="campus-replaced"' in page.html
    refused = person.log_in(authn_context_class_refs=(MFA,))
    assert (refused.name, refused.code) == ("error", Code.BINDING_TOO_WEAK)
    assert "help desk" in refused.html
    assert person.log_in(code=person.code(steps=3), authn_context_class_refs=(TIME_SYNC,)).name == "post"


def test_t36_a_reset_with_the_password_alone_makes_the_next_app_no_first_one(idp: Idp) -> None:
    person = someone(idp)
    person.register()
    _reset(person)
    idp.clock.advance(hours=24 * 300)
    person.browser.log_in(person.browser.visit(SP), "carol", password_of("carol"))
    idp.clock.advance(hours=25)

    person.register(person.open())

    assert binding_of(idp) == Binding.CAMPUS_REPLACED
    assert not _counts(person)


def test_t36_an_app_that_does_not_count_makes_no_other_count(idp: Idp) -> None:
    person = someone(idp)
    person.register()
    idp.clock.advance(seconds=30)
    person.register()
    file = idp.conf / "idp.toml"
    file.write_text(file.read_text().replace(BY_PASSWORD, BY_PASSWORD.replace('"password"', '"two-factors"')))
    strict = Idp.load(idp.conf, idp.clock)
    try:
        strict.clock.advance(hours=25)
        person = Person(strict, strict.browser(CAMPUS), key=person.key)
        page = person.register(person.open(code=person.code()))
    finally:
        strict.close()

    assert 'data-done="replace"' in page.html
    assert binding_of(idp) == Binding.CAMPUS_REPLACED


def test_after_a_reset_with_the_present_code_the_next_app_counts(strict: Idp) -> None:
    person = someone(strict)
    person.register()
    strict.clock.advance(seconds=30)

    fresh = person.browser.submit(person.open(RESET, code=person.code()), "reset")
    person.register(fresh)

    assert binding_of(strict) == Binding.FACTOR
    assert _counts(person)


@pytest.mark.parametrize("self_reset", [False, True], ids=["registered", "reset by the person"])
def test_after_an_administrators_reset_the_next_app_is_a_first_one(idp: Idp, *, self_reset: bool) -> None:
    person = someone(idp)
    person.register()
    if self_reset:
        _reset(person)
    _administrator_resets(idp, "carol")

    person.register(person.open())

    assert binding_of(idp) == Binding.CAMPUS_FIRST


def test_who_lost_the_app_goes_by_the_administrator_where_the_code_is_wanted(strict: Idp) -> None:
    person = someone(strict)
    person.register()
    assert person.open().name == "totp"
    _administrator_resets(strict, "carol")

    assert person.register(person.open()).name == "account"


def test_an_app_registered_outside_by_a_rule_of_the_site_is_no_campus_one(make_site: MakeSite) -> None:
    idp = make_site(replace=EVERYWHERE)
    person = someone(idp, address="198.51.100.7")
    person.register()

    assert binding_of(idp) == Binding.CAMPUS_REPLACED
    idp.clock.advance(seconds=30)
    page = person.open(REGISTER)
    assert page.name == "totp"


def test_each_change_is_in_the_audit_log_with_rule_network_method_and_binding(idp: Idp) -> None:
    person = someone(idp)
    person.register()
    idp.clock.advance(seconds=30)
    person.register()
    _reset(person)

    changes = [each for each in events_of(idp) if each["decision"] in {"registered", "replaced", "removed"}]

    assert [(each["decision"], each["rule"], each["binding"]) for each in changes] == [
        ("registered", "register on campus", "campus-first"),
        ("replaced", "replace on campus", "campus-replaced"),
        ("removed", "reset on campus", "campus-replaced"),
    ]
    for each in changes:
        assert (each["username"], each["network"], each["client_address"]) == ("carol", "campus", CAMPUS)
        assert (each["methods"], each["reason"]) == (["password"], "totp")
    assert SP.entity_id not in str(changes)
