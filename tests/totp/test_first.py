"""Of two who send one code at the same moment the directory says who was first (security.md T-02)."""

import pytest

from tests.parts.site import Idp
from tests.parts.sites import at_code, is_success


def test_t02_a_code_that_was_used_while_it_was_judged_is_used(idp: Idp, monkeypatch: pytest.MonkeyPatch) -> None:
    (first, page), (second, other) = at_code(idp), at_code(idp)
    moments = type(idp.site.tools("totp").moments)
    get = moments.get
    answers = []

    def meanwhile(*given: object) -> object:
        """After the last look at what was used before, and before this use is recorded, the other one is quicker."""
        found = get(*given)  # type: ignore[arg-type]
        monkeypatch.undo()
        answers.append(second.submit(other, tokencode=idp.code()))
        return found

    monkeypatch.setattr(moments, "get", meanwhile)
    answers.append(first.submit(page, tokencode=idp.code()))

    assert [is_success(answer) for answer in answers] == [True, False]
