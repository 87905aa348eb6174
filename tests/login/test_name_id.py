"""By which name a person is known to service providers: one that says nothing and is never met again."""

import re

from tests.login.conftest import OTHER_SP, SP
from tests.login.test_sequence import PASSWORD
from tests.parts.site import CAMPUS, Idp


def test_i14_the_same_person_is_known_by_unrelated_names(idp: Idp) -> None:
    browser = idp.browser(CAMPUS)
    answers = [browser.judged(browser.log_in(browser.visit(SP), "alice", PASSWORD), SP)]
    answers += [browser.judged(browser.visit(sp), sp) for sp in (SP, OTHER_SP, OTHER_SP)]

    names = [answer.name_id for answer in answers if answer.name_id is not None]
    assert len({name.value for name in names}) == 4
    assert all(re.fullmatch(r"_[0-9a-f]{32,}", name.value) for name in names)
    assert [name.sp_name_qualifier for name in names] == [SP.entity_id, SP.entity_id, *[OTHER_SP.entity_id] * 2]
    assert not any("alice" in name.value for name in names)


def test_i14_a_name_tells_nothing_of_who_has_it_and_two_people_never_share_one(idp: Idp) -> None:
    idp.enrol("bob")
    people = (("alice", PASSWORD), ("bob", "bob's Password 2"))
    browsers = [(idp.browser(CAMPUS), *person) for person in people]

    names = [browser.judged(browser.log_in(browser.visit(SP), *rest), SP).name_id for browser, *rest in browsers]

    assert names[0] is not None
    assert names[1] is not None
    assert names[0].value != names[1].value
