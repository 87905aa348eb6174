"""The help desk in a browser, from the search to the act and to the person who can log in again; both languages."""

import pytest

from tests.browser.conftest import SitDown
from tests.browser.university import University

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_somebody_is_found_seen_and_unlocked(person: SitDown, univ: University, language: str, script: bool) -> None:
    helped = univ.account()
    locked = person(language)
    locked.begin(univ.library)
    locked.enter_password(helped)
    locked.press("totp")
    for _ in range(6):
        locked.page.locator("[name=tokencode]").fill("000000")
        locked.press("proceed")
    assert locked.problem == "A204"
    staff = person(language, campus=True, script=script)
    staff.open("/idp/helpdesk/")
    staff.log_in(univ.staff.pop())
    assert staff.at == "helpdesk"

    staff.page.locator("[name=person]").fill(helped.username)
    staff.page.locator("[name=person]").press("Enter")
    staff.page.locator("main[data-page=helpdesk-person]").wait_for()
    assert staff.page.locator("[data-tries=spent]").is_visible()
    with staff.page.expect_navigation():
        staff.page.locator("a[data-act=unlock]").click()
    staff.page.locator("[name=reason]").fill("受付 4711、学生証で確認")
    staff.press("do")

    assert staff.page.locator("[data-done=unlock]").is_visible()
    assert staff.page.locator("[data-tries=spent]").count() == 0
    again = person(language)
    again.begin(univ.library)
    again.log_in(helped)
    again.page.wait_for_url(lambda url: "idp" not in url.split("/")[2])
    assert staff.complaints == []
