"""Every page that people see, and how each is come to; a new page is a new row here.

`test_accessible.py` walks over all of them, in both languages.
"""

from collections.abc import Callable
from dataclasses import dataclass

from idp.core.clock import system_clock
from plugins.totp.codes import code_at, step_at
from tests.browser.chromium import Person, sit_down
from tests.browser.test_registration import key_of
from tests.browser.university import APPLESS, EXPIRED, GUEST, MFA_TEST, NOTICED, University
from tests.parts.driver import Account

ACCOUNT = "/idp/account/"
REGISTER = "/idp/account/register"
RESET = "/idp/account/reset"
TROUBLE = "/idp/account/trouble?method=totp"
LOGOUT = "/idp/profile/Logout"
ERROR = "/idp/error"
HELPDESK = "/idp/helpdesk/"


@dataclass(frozen=True)
class Shown:
    """A page: its name here, its `data-page`, the way to it, and whether that begins on campus."""

    name: str
    at: str
    go: Callable[[Person, University], object]
    campus: bool = False
    problem: str = ""


def _begin(someone: Person, univ: University) -> None:
    someone.begin(univ.library)


def _wrong_password(someone: Person, univ: University) -> None:
    someone.begin(univ.library)
    someone.enter_password(Account(univ.account().username, "not the password"))


def _log_in_as(account: Account | None = None, *events: str) -> Callable[[Person, University], None]:
    """Give a way that enters a password, of anybody where nobody is named, and presses buttons."""

    def go(someone: Person, univ: University) -> None:
        someone.begin(univ.library)
        someone.enter_password(account or univ.account())
        for event in events:
            someone.press(event)

    return go


def _trust(someone: Person, univ: University) -> None:
    """Come to the page where this browser may be trusted."""
    someone.begin(univ.courses)
    someone.enter_password(univ.account())
    someone.press("totp")


def _trusted(someone: Person, univ: University) -> None:
    """Trust this browser and look at the account."""
    account = univ.account()
    someone.begin(univ.courses)
    someone.enter_password(account)
    someone.press("totp")
    someone.page.locator("[name=trust_browser]").check()
    someone.enter_code(account)
    someone.arrive(univ.courses)
    someone.open(ACCOUNT)


def _wrong_code(someone: Person, univ: University) -> None:
    _log_in_as(None, "totp")(someone, univ)
    someone.page.locator("[name=tokencode]").fill("000000")
    someone.press("proceed")


def _too_many_codes(someone: Person, univ: University) -> None:
    _log_in_as(None, "totp")(someone, univ)
    for _ in range(6):
        someone.page.locator("[name=tokencode]").fill("000000")
        someone.press("proceed")


def _answered(someone: Person, univ: University) -> None:
    """Stay on the page that posts itself."""
    someone.context.route("**/post.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    someone.begin(univ.library)
    someone.log_in(univ.account())


def _open(path: str) -> Callable[[Person, University], None]:
    return lambda someone, univ: someone.open(path)


def _own(path: str, *, registered: bool = False) -> Callable[[Person, University], None]:
    """Give a way to a page of the person's own, of somebody with an app or without."""

    def go(someone: Person, univ: University) -> None:
        someone.open(path)
        someone.enter_password(univ.account() if registered else univ.newcomer())

    return go


def _twice(someone: Person, univ: University) -> None:
    """Be logged in in another browser as well."""
    account = univ.newcomer()
    other = sit_down(someone.context.browser, univ)  # type: ignore[arg-type]
    for each in (other, someone):
        each.open(ACCOUNT)
        each.enter_password(account)
    other.context.close()


def _others_ended(someone: Person, univ: University) -> None:
    _twice(someone, univ)
    someone.press("end")


def _register(ahead: int) -> Callable[[Person, University], None]:
    """Give a way that registers an app whose clock is so many steps ahead."""

    def go(someone: Person, univ: University) -> None:
        _own(REGISTER)(someone, univ)
        someone.page.locator("[name=tokencode]").fill(code_at(key_of(someone), step_at(system_clock()) + ahead))
        someone.press("register")

    return go


def _logged_out(someone: Person, univ: University) -> None:
    _own(ACCOUNT)(someone, univ)
    someone.open(LOGOUT)
    someone.press("proceed")


def _log_out(someone: Person, univ: University) -> None:
    _own(ACCOUNT)(someone, univ)
    someone.open(LOGOUT)


def _too_old(someone: Person, univ: University) -> None:
    someone.begin(univ.library, minutes_old="20")


def _confirmed(someone: Person, univ: University) -> None:
    _confirm(someone)
    someone.log_in(univ.account())
    if not someone.has_script:
        someone.page.locator("form#answer button").click()
    someone.page.wait_for_url("**/mfa-test/acs")


def _not_confirmed(someone: Person, univ: University) -> None:
    _confirm(someone)
    someone.enter_password(GUEST)
    if not someone.has_script:
        someone.page.locator("form#answer button").click()
    someone.page.wait_for_url("**/mfa-test/acs")


def _confirm(someone: Person) -> None:
    someone.page.goto(f"{MFA_TEST}/")
    someone.page.locator("a.button").click()
    someone.page.locator("[name=j_username]").wait_for()


def _desk(*steps: str) -> Callable[[Person, University], None]:
    """Give a way to the help desk, and there to a person, to an act, and on without a reason."""

    def go(someone: Person, univ: University) -> None:
        helped = univ.account()
        someone.open(HELPDESK)
        someone.log_in(univ.staff.pop())
        for step in steps:
            if step == "person":
                someone.page.locator("[name=person]").fill(helped.username)
                someone.press("proceed")
            elif step == "nobody":
                someone.page.locator("[name=person]").fill("nobody-of-this-name")
                someone.press("proceed")
            elif step == "no-reason":
                someone.page.locator("[name=reason]").fill("x")
                someone.press("do")
            else:
                with someone.page.expect_navigation(wait_until="load"):
                    someone.page.locator(f"a[data-act={step}]").first.click()

    return go


PAGES = (
    Shown("password", "password", _begin),
    Shown("wrong-password", "password", _wrong_password, problem="A101"),
    Shown("password-expired", "error", _log_in_as(EXPIRED), problem="A105"),
    Shown("notice", "notice", _log_in_as(NOTICED)),
    Shown("certificate", "certificate", _log_in_as()),
    Shown("totp", "totp", _log_in_as(None, "totp")),
    Shown("trust", "totp", _trust),
    Shown("account-trusted", "account", _trusted),
    Shown("wrong-code", "totp", _wrong_code, problem="A201"),
    Shown("too-many-codes", "totp", _too_many_codes, problem="A204"),
    Shown("app-not-registered", "certificate", _log_in_as(APPLESS, "totp"), problem="A205"),
    Shown("post", "post", _answered),
    Shown("account", "account", _own(ACCOUNT), campus=True),
    Shown("account-registered", "account", _own(ACCOUNT, registered=True), campus=True),
    Shown("account-elsewhere", "account", _twice, campus=True),
    Shown("others-ended", "account", _others_ended, campus=True),
    Shown("trouble", "trouble", _open(TROUBLE), campus=True),
    Shown("trouble-lost", "trouble", _open(f"{TROUBLE}&case=lost")),
    Shown("trouble-new", "trouble", _open(f"{TROUBLE}&case=new"), campus=True),
    Shown("trouble-camera", "trouble", _open(f"{TROUBLE}&case=camera"), campus=True),
    Shown("trouble-device", "trouble", _open(f"{TROUBLE}&case=device"), campus=True),
    Shown("register", "register", _own(REGISTER), campus=True),
    Shown("register-again", "register", _own(REGISTER, registered=True), campus=True),
    Shown("register-clock", "register", _register(6), campus=True, problem="E101"),
    Shown("registered", "account", _register(0), campus=True),
    Shown("helpdesk", "helpdesk", _desk(), campus=True),
    Shown("helpdesk-nobody", "helpdesk", _desk("nobody"), campus=True, problem="H107"),
    Shown("helpdesk-person", "helpdesk-person", _desk("person"), campus=True),
    Shown("helpdesk-act", "helpdesk-act", _desk("person", "reset"), campus=True),
    Shown("helpdesk-reason", "helpdesk-act", _desk("person", "unlock", "no-reason"), campus=True, problem="H105"),
    Shown("reset", "reset", _own(RESET, registered=True), campus=True),
    Shown("register-elsewhere", "error", _open(REGISTER), problem="E201"),
    Shown("logout", "logout", _log_out, campus=True),
    Shown("logged-out", "logout", _logged_out, campus=True),
    Shown("sent-here", "error", _open(ERROR), problem="S105"),
    Shown("too-old", "error", _too_old, problem="P103"),
    Shown("not-there", "error", _open("/idp/nothing"), problem="S201"),
    Shown("mfa-test", "mfa-test", lambda someone, univ: someone.page.goto(f"{MFA_TEST}/")),
    Shown("mfa-test-ok", "mfa-test", _confirmed),
    Shown("mfa-test-refused", "mfa-test", _not_confirmed),
)
