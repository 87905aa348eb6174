"""T-21: whatever is done in whatever order, an assertion is issued if and only if everything that policy wants was
proved by this person, in this login or this browser's session; it names that person and says what is true."""

from collections.abc import Iterator
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from idp.cli.slapd_entries import PEOPLE_DN
from idp.core.secret import Secret
from plugins.totp.codes import code_at, step_at
from tests.login.conftest import OTHER_SP, SP
from tests.parts.site import ASK_ALWAYS, CAMPUS, OUTSIDE, Idp, Page, make_conf
from tests.parts.sites import GENEROUS, never_lock, password_of
from tests.parts.slapd import RunningSlapd, start_slapd
from tests.totp.model import MFA, PPT, TIME_SYNC, Login, User

PEOPLE = ("alice", "bob", "carol")
SEEDS = {"alice": Secret(b"the first key, alice"), "bob": Secret(b"the second key, bob.")}
METHODS = {"password": "password", "certificate": "clientcert", "totp": "totp"}
LATER_S = (1, 29, 30, 61, 200, 899, 901, 3000, 3601, 8 * 3600)

people = st.sampled_from(PEOPLE)
numbers = st.integers(0, 50)


class LoginMachine(RuleBasedStateMachine):
    """Three browsers, three people, two service providers."""

    idp: ClassVar[Idp]
    slapd: ClassVar[RunningSlapd]

    @initialize()
    def begin(self) -> None:
        self.idp.clock.advance(hours=10)
        self.users = [User(self.idp.browser(address)) for address in (CAMPUS, OUTSIDE, OUTSIDE)]
        self.logins: list[Login] = []
        self.locked: set[str] = set()
        self.used_step = dict.fromkeys(SEEDS, 0)
        self.answers = 0
        for username, seed in SEEDS.items():
            self.idp.enrol(username, seed=seed)

    def teardown(self) -> None:
        for username in getattr(self, "locked", set()).copy():
            self._lock(username, locked=False)

    # What a browser does.

    @rule(
        user=st.integers(0, 2),
        sp=st.sampled_from((SP, OTHER_SP)),
        context=st.sampled_from((None, None, PPT, TIME_SYNC, MFA)),
        force=st.sampled_from((False, False, True)),
    )
    def visit(self, user: int, sp: object, context: str | None, force: bool) -> None:
        visitor = self.users[user]
        login = Login(visitor, sp, context, force, self._now)  # type: ignore[arg-type]
        refs = (context,) if context else ()
        page = visitor.browser.visit(login.sp, authn_context_class_refs=refs, force_authn=force or None)
        self.logins.append(login)
        self._compare(login, page)

    @precondition(lambda self: self.logins)
    @rule(number=numbers, username=people, right=st.booleans(), old=st.booleans())
    def send_password(self, number: int, username: str, right: bool, old: bool) -> None:
        password = password_of(username) if right else "not the password"
        self._send(number, {"j_username": username, "j_password": password}, username, right=right, old=old)

    @precondition(lambda self: self.logins)
    @rule(
        number=numbers,
        owner=st.sampled_from(sorted(SEEDS)),
        steps=st.sampled_from((0, 0, 0, -1, 1, 2)),
        old=st.booleans(),
    )
    def send_code(self, number: int, owner: str, steps: int, old: bool) -> None:
        step = step_at(self._now) + steps
        login = self.logins[number % len(self.logins)]
        self._send_code(login, owner, step, in_window=steps != 2, old=old)

    @precondition(lambda self: self.logins)
    @rule(
        number=numbers,
        event=st.sampled_from(("proceed", "totp", "clientcert", "password", "certificate", "skip")),
        old=st.booleans(),
    )
    def press(self, number: int, event: str, old: bool) -> None:
        login = self.logins[number % len(self.logins)]
        page = self._form(login, old=old)
        if page is not None:
            self._compare(login, login.user.browser.submit(page, event))

    @precondition(lambda self: self.logins)
    @rule(number=numbers, language=st.sampled_from(("", "&lang=ja", "&lang=en", "&lang=xx")))
    def reload(self, number: int, language: str) -> None:
        login = self.logins[number % len(self.logins)]
        page = self._form(login, old=True)
        if page is not None:
            self._compare(login, login.user.browser.get(page.action + language))

    @precondition(lambda self: self.logins)
    @rule(number=numbers)
    def go_back_to_the_service(self, number: int) -> None:
        login = self.logins[number % len(self.logins)]
        page = self._form(login, old=False)
        if page is None or "_eventId_return" not in page.buttons:
            return
        answer = login.user.browser.submit(page, "return")
        if not login.is_over(self._now):
            assert login.user.browser.judged(answer, login.sp).status == "Responder"
        login.finished = True

    @rule(user=st.integers(0, 2))
    def log_out(self, user: int) -> None:
        visitor = self.users[user]
        session = visitor.live_session(self._now)
        page = visitor.browser.get("/idp/profile/Logout")
        assert (session is not None) == ("_eventId_proceed" in page.buttons)
        if session is not None:
            visitor.browser.submit(page)
            visitor.session = None

    @rule(user=st.integers(0, 2), address=st.sampled_from((CAMPUS, OUTSIDE)))
    def move(self, user: int, address: str) -> None:
        self.users[user].browser.address = address

    # What an attacker does.

    @precondition(lambda self: len(self.logins) > 1)
    @rule(number=numbers, other=numbers, owner=st.sampled_from(sorted(SEEDS)))
    def swap_handles(self, number: int, other: int, owner: str) -> None:
        login, stolen = self.logins[number % len(self.logins)], self.logins[other % len(self.logins)]
        mine, theirs = self._form(login, old=False), self._form(stolen, old=False)
        if login is stolen or mine is None or theirs is None:
            return
        fields = {
            **mine.hidden,
            "tokencode": code_at(SEEDS[owner], step_at(self._now)),
            "j_username": owner,
            "j_password": password_of(owner),
        }
        answer = login.user.browser.post(theirs.action, fields)
        assert (answer.status, answer.saml_response) == (403, None)

    @precondition(lambda self: self.logins)
    @rule(number=numbers, user=st.integers(0, 2))
    def open_in_another_browser(self, number: int, user: int) -> None:
        login, thief = self.logins[number % len(self.logins)], self.users[user]
        page = self._form(login, old=False)
        if page is None or thief is login.user:
            return
        seen = thief.browser.get(page.action)
        sent = thief.browser.submit(page, tokencode=code_at(SEEDS["alice"], step_at(self._now)))
        assert (seen.saml_response, sent.saml_response) == (None, None)
        assert sent.status in {403, 410}

    @precondition(lambda self: self.logins)
    @rule(number=numbers, username=people)
    def forge(self, number: int, username: str) -> None:
        login = self.logins[number % len(self.logins)]
        page = self._form(login, old=False)
        if page is None:
            return
        fields = {"csrf_token": "0." + "0" * 64, "j_username": username, "j_password": password_of(username)}
        assert login.user.browser.post(page.action, fields).status == 403

    # What happens around them.

    @rule(seconds=st.sampled_from(LATER_S))
    def wait(self, seconds: int) -> None:
        self.idp.clock.advance(seconds=seconds)

    @precondition(lambda self: any(user.session for user in self.users))
    @rule(seconds=st.sampled_from((59, 61, 3599, 3600, 3601, 8 * 3600)), context=st.sampled_from((None, MFA)))
    def come_back_later(self, seconds: int, context: str | None) -> None:
        self.wait(seconds)
        for number, user in enumerate(self.users):
            if user.session is not None:
                self.visit(number, OTHER_SP, context, False)

    @rule(username=people)
    def lock_or_unlock(self, username: str) -> None:
        self._lock(username, locked=username not in self.locked)

    # A login that is done as it should be, so that answers are frequent.

    @rule(
        user=st.integers(0, 2),
        username=st.sampled_from(sorted(SEEDS)),
        context=st.sampled_from((None, TIME_SYNC, MFA)),
        force=st.booleans(),
    )
    def log_in_properly(self, user: int, username: str, context: str | None, force: bool) -> None:
        self.wait(90)
        self.visit(user, SP, context, force)
        self._finish(len(self.logins) - 1, username)

    @rule(
        user=st.integers(0, 2),
        first=st.sampled_from(sorted(SEEDS)),
        second=people,
        context=st.sampled_from((None, MFA)),
    )
    def use_two_tabs(self, user: int, first: str, second: str, context: str | None) -> None:
        """One tab asks for a password; in another somebody logs in; then the first goes on."""
        self.log_out(user)
        self.visit(user, OTHER_SP, context, False)
        waiting = len(self.logins) - 1
        if second != first:
            self.send_password(waiting, second, right=True, old=False)
        self.log_in_properly(user, first, MFA, False)
        self.reload(waiting, "")

    @rule(user=st.integers(0, 2), username=st.sampled_from(sorted(SEEDS)))
    def log_in_with_a_used_code(self, user: int, username: str) -> None:
        self.visit(user, SP, MFA, True)
        number = len(self.logins) - 1
        login = self.logins[number]
        self.send_password(number, username, right=True, old=False)
        if login.page.name == "certificate":
            self._compare(login, login.user.browser.submit(login.page, "totp"))
        used = self.used_step[username]
        self._send_code(login, username, used, in_window=abs(used - step_at(self._now)) < 2, old=False)

    def _finish(self, number: int, username: str) -> None:
        login = self.logins[number]
        self.send_password(number, username, right=True, old=False)
        if login.page.name == "certificate":
            self._compare(login, login.user.browser.submit(login.page, "totp"))
        if login.page.name == "totp":
            self._send_code(login, username, step_at(self._now), in_window=True, old=False)

    @invariant()
    def nobody_is_logged_in_unasked(self) -> None:
        for user in getattr(self, "users", ()):
            kept = {cookie.key for cookie in user.browser.client._cookies.values()}
            assert user.session is None or "__Host-warifu_session" in kept

    # The comparison.

    @property
    def _now(self):  # type: ignore[no-untyped-def]
        return self.idp.clock()

    def _form(self, login: Login, *, old: bool) -> Page | None:
        forms = [page for page in login.pages if page.action and "execution=" in page.action]
        return (forms[0] if old else forms[-1]) if forms else None

    def _is_judged(self, login: Login, page: Page, method: str) -> bool:
        """Say whether what is sent with this form is looked at as an answer to what is asked."""
        if login.is_over(self._now) or page.hidden["csrf_token"] != login.page.hidden.get("csrf_token"):
            return False
        if login.method != method or login.is_reached(self._now):
            return False
        person, _ = login.standing(self._now)
        return (method == "password") == (person is None)

    def _send(self, number: int, fields: dict[str, str], username: str, *, right: bool, old: bool) -> None:
        login = self.logins[number % len(self.logins)]
        page = self._form(login, old=old)
        if page is None:
            return
        if self._is_judged(login, page, "password") and right and username not in self.locked:
            login.prove(username, "password")
        self._compare(login, login.user.browser.submit(page, **fields))

    def _send_code(self, login: Login, owner: str, step: int, *, in_window: bool, old: bool) -> None:
        page = self._form(login, old=old)
        if page is None:
            return
        person, _ = login.standing(self._now)
        fresh = in_window and step > self.used_step[owner]
        if self._is_judged(login, page, "totp") and person == owner and fresh:
            login.prove(owner, "totp")
            self.used_step[owner] = step
        self._compare(login, login.user.browser.submit(page, tokencode=code_at(SEEDS[owner], step)))

    def _compare(self, login: Login, page: Page) -> None:
        """Compare the answer with what ought to be, and take over what follows from it."""
        login.pages.append(page)
        if login.is_over(self._now):
            assert page.saml_response is None
            assert page.status in {400, 410}
            return
        self._throw_out(login)
        expected = login.is_reached(self._now)
        assert (page.saml_response is not None) == expected, f"{page.status} {page.name} {page.code}"
        if not expected:
            login.method = METHODS.get(page.name or "", "")
            return
        judged = login.user.browser.judged(page, login.sp)
        assert judged.status == "Success"
        assert judged.friendly["uid"] == (login.standing(self._now)[0],)
        assert judged.authn_context == login.true_context(self._now)
        assert judged.the_assertion.audiences == (login.sp.entity_id,)
        login.answered(self._now)

    def _throw_out(self, login: Login) -> None:
        """A person whose account was locked proves nothing more, here or in a session that would have served."""
        while login.is_reached(self._now) and login.standing(self._now)[0] in self.locked:
            if not login.proofs:
                login.user.session = None
            login.forget()

    def _lock(self, username: str, *, locked: bool) -> None:
        forever = "replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z"
        change = forever if locked else "delete: pwdAccountLockedTime"
        self.slapd.server.apply(f"dn: uid={username},{PEOPLE_DN}\nchangetype: modify\n{change}\n")
        (self.locked.add if locked else self.locked.discard)(username)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[type[LoginMachine]]:
    """The machine over a site whose budgets and directory never lock anybody by themselves."""
    folder = tmp_path_factory.mktemp("machine")
    slapd = start_slapd(folder)
    never_lock(slapd)
    fresh = ("# fresh_seconds = 60 ", "fresh_seconds = 0 ")
    idp = Idp.load(make_conf(folder / "conf", slapd, replace=(fresh,), plugins_toml=ASK_ALWAYS + GENEROUS))
    idp.register(SP, OTHER_SP)
    yield type("SitedLoginMachine", (LoginMachine,), {"idp": idp, "slapd": slapd})
    idp.close()
    slapd.server.stop()


COMMON = settings(
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
    stateful_step_count=40,
)


def test_t21_an_assertion_if_and_only_if_everything_was_proved(machine: type[LoginMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(COMMON, max_examples=50))


@pytest.mark.deep
def test_t21_the_same_for_a_hundred_thousand_steps(machine: type[LoginMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(COMMON, max_examples=1700, stateful_step_count=60))
