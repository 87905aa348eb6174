"""A site where passkeys are enabled, over a directory of the test's own, and people who have some."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from idp.plugin import Ask, Binding, Confirmed, Outcome, Purpose, Subject, Tools, Trial, Visit
from plugins.passkey.credential import Passkey, read_passkeys
from plugins.passkey.method import PasskeyMethod, make_method
from plugins.passkey.settings import PasskeySettings
from tests.parts.service_provider import TestSP
from tests.parts.site import Clock, Idp, make_conf
from tests.parts.slapd import RunningSlapd, own_slapd, slapd
from tests.passkey.authenticator import Form, SoftKey

__all__ = ["own_slapd", "slapd"]

SP = TestSP("sp")
CONTEXT = """
[[login.authn_contexts]]
uri = "https://refeds.org/profile/mfa"
methods = ["passkey"]
two_factors = true
bindings = ["campus-first", "factor", "card-and-mail", "help-desk", "imported"]
"""
METHODS = ("password", "passkey", "totp")


@dataclass
class Desk:
    """The method with settings of a test's own, on a real site."""

    idp: Idp
    settings: Mapping[str, object] = field(default_factory=dict)
    alarms: list[str] = field(default_factory=list)

    @property
    def method(self) -> PasskeyMethod:
        return make_method(PasskeySettings.model_validate(dict(self.settings)))

    @property
    def tools(self) -> Tools:
        return replace(self.idp.site.tools("passkey"), alarm=self.alarms.append)

    def subject(self, username: str) -> Subject:
        found = self.tools.people.find(username)
        assert found is not None
        return found

    def visit(self, username: str = "", form: Form | None = None, state: bytes = b"") -> Visit:
        """One step of a conversation; without a name nobody is known yet."""
        subject = self.subject(username) if username else None
        return Visit(Purpose.LOGIN, subject, "outside", "en", "browser", form=form or {}, state=state)

    def passkeys(self, username: str) -> tuple[Passkey, ...]:
        return read_passkeys(self.subject(username), self.tools)

    def offer(self, username: str) -> Ask:
        ask = self.method.offer(self.visit(username), self.tools)
        assert isinstance(ask, Ask)
        return ask

    def confirm(self, username: str, ask: Ask, form: Form) -> Trial:
        return self.method.confirm(self.visit(username, form, ask.state), self.tools)

    def register(self, username: str, key: SoftKey | None = None, binding: Binding = Binding.CAMPUS_FIRST) -> SoftKey:
        """Register a passkey as registration does."""
        key, ask = key or SoftKey(), self.offer(username)
        confirmed = self.confirm(username, ask, key.create(ask.values["options"]))
        assert isinstance(confirmed, Confirmed), confirmed
        assert self.keep(username, confirmed, binding)
        return key

    def keep(self, username: str, confirmed: Confirmed, binding: Binding = Binding.CAMPUS_FIRST) -> bool:
        """Register what was confirmed, as the first or a further one."""
        subject, tools = self.subject(username), self.tools
        standing = self.method.registered(subject, tools)
        if not standing:
            return self.method.enrol(subject, confirmed, None, binding, tools)
        return self.method.add(subject, confirmed, standing, binding, tools)

    def ask(self, username: str = "") -> Ask:
        """The page of a login."""
        ask = self.method.begin(self.visit(username), self.tools)
        assert isinstance(ask, Ask)
        return ask

    def answer(self, username: str, ask: Ask, form: Form) -> Outcome:
        """Send the form of a page, as the engine does: who it names is asked first."""
        visit = self.visit(username, form, ask.state)
        identify = getattr(self.method, "identify", None)
        if identify is not None:
            visit = replace(visit, claim=identify(visit, self.tools))
        return self.method.resume(visit, self.tools)

    def log_in(self, key: SoftKey, username: str = "", **changes: object) -> Outcome:
        """Ask for the page and answer it."""
        ask = self.ask(username)
        key.sign_count += 1 if key.sign_count else 0
        for name, value in changes.items():
            setattr(key, name, value)
        return self.answer(username, ask, key.get(ask.fresh["options"]))


MakeIdp = Callable[..., Idp]


@pytest.fixture
def make_idp(tmp_path: Path, own_slapd: RunningSlapd) -> Iterator[MakeIdp]:
    """Gives a function that makes a site; `plugins_toml` are settings."""
    made: list[Idp] = []

    def make(clock: Clock | None = None, **options: object) -> Idp:
        given = {"methods": METHODS, "contexts_toml": CONTEXT, **options}
        idp = Idp.load(make_conf(tmp_path / f"conf{len(made)}", own_slapd, **given), clock)  # type: ignore[arg-type]
        made.append(idp)
        idp.register(SP)
        return idp

    yield make
    for idp in made:
        idp.close()


@pytest.fixture
def idp(make_idp: MakeIdp) -> Idp:
    return make_idp()


@pytest.fixture
def desk(idp: Idp) -> Desk:
    return Desk(idp)
