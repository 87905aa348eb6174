"""The page that asks for the next code of the sheet, and its judgement: recorded before it counts."""

from collections.abc import Sequence

from idp.plugin import (
    Ask,
    Binding,
    Code,
    Credential,
    Factor,
    Outcome,
    Problem,
    Proof,
    Proved,
    Skipped,
    Subject,
    Tools,
    Visit,
    Wrong,
)
from warifu_codesheet.codes import is_right
from warifu_codesheet.credential import SHEET, bound_at, sheet_of, used_of
from warifu_codesheet.enrol import SheetEnrolment
from warifu_codesheet.settings import CodeSheetSettings


class CodeSheetMethod(SheetEnrolment):
    """Knows the person by the sheet that was registered for them."""

    def __init__(self, settings: CodeSheetSettings) -> None:
        super().__init__(settings.codes)
        self._settings = settings

    def begin(self, visit: Visit, tools: Tools) -> Outcome:
        """Ask for the next code; step aside for who has no sheet, or one that is used up."""
        sheet = self._usable(visit.subject, tools)
        return self._ask(sheet) if sheet is not None else Skipped()

    def resume(self, visit: Visit, tools: Tools) -> Outcome:
        """Judge the code. Of two who send the same one at once, one has used it (compare-and-swap)."""
        sheet = self._usable(visit.subject, tools)
        if sheet is None or visit.subject is None:
            return Skipped()
        ask, typed = self._ask(sheet), visit.form.get("sheetcode", "")
        if not typed.strip():
            return Ask(ask.page, ask.values, problem=Code.CODE_EMPTY)
        number = used_of(sheet) + 1
        right = is_right(sheet.secrets["seed"], number, typed)
        if not right or not tools.credentials.swap(visit.subject, sheet, SHEET, {"used": str(number).encode()}):
            return Wrong(Code.WRONG_CODE, ask)
        binding = Binding(sheet.facts.get("binding", Binding.IMPORTED))
        return Proved(visit.subject, Proof("codesheet", frozenset({Factor.POSSESSION}), tools.now, binding))

    def check(self, tools: Tools) -> Sequence[Problem]:
        """Say what the directory's schema lacks to keep a sheet."""
        lacking = ", ".join(tools.credentials.lacks(SHEET))
        remedy = "Add ldap/schema.ldif of warifu-codesheet to its configuration"
        return [Problem("the directory", "schema", f"it does not know {lacking}", remedy)] if lacking else []

    def _usable(self, subject: Subject | None, tools: Tools) -> Credential | None:
        sheet = sheet_of(subject, tools) if subject is not None else None
        if sheet is None or "seed" not in sheet.secrets or used_of(sheet) >= self._settings.codes:
            return None
        since, bound = tools.credentials.recorded_since(), bound_at(sheet)
        # Another server may have taken codes that this one does not know to be used.
        return sheet if since is None or (bound is not None and bound > since) else None

    def _ask(self, sheet: Credential) -> Ask:
        left = self._settings.codes - used_of(sheet)
        few = str(left) if left <= self._settings.warn_at else ""
        return Ask("codesheet", {"number": str(used_of(sheet) + 1), "few": few})
