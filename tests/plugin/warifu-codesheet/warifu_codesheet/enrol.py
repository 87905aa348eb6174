"""Registering a sheet: a new one is shown to be printed, and its first code shows that it was."""

from idp.plugin import Ask, Binding, Code, Confirmed, Refused, Registered, Secret, Subject, Tools, Trial, Visit, Wrong
from warifu_codesheet.codes import SEED_BYTES, code_of, is_right, new_seed
from warifu_codesheet.credential import SHEET, bound_at, sheet_of, write_time


class SheetEnrolment:
    """The registration of one sheet (`Enrollable`); of the method's settings it needs how many codes it has."""

    def __init__(self, codes: int) -> None:
        self._codes = codes

    def registered(self, subject: Subject, tools: Tools) -> tuple[Registered, ...]:
        """Say since when a sheet is registered, and how it was bound."""
        sheet = sheet_of(subject, tools)
        if sheet is None:
            return ()
        return (Registered(sheet.id, bound_at(sheet), Binding(sheet.facts.get("binding", Binding.IMPORTED))),)

    def offer(self, visit: Visit, tools: Tools) -> Ask | Refused:
        """Show a new sheet, or the one in `visit.state` again."""
        return self._show(_offered(visit.state) or new_seed())

    def confirm(self, visit: Visit, tools: Tools) -> Trial:
        """Take the first code of the new sheet."""
        seed = _offered(visit.state)
        if seed is None:
            return Refused(Code.OFFER_EXPIRED)
        if not is_right(seed, 1, visit.form.get("sheetcode", "")):
            return Wrong(Code.WRONG_FIRST_CODE, self._show(seed))
        return Confirmed(seed.reveal())

    def enrol(
        self, subject: Subject, confirmed: Confirmed, former: Registered | None, binding: Binding, tools: Tools
    ) -> bool:
        """Write the sheet, its seed sealed; the code that confirmed it is used by that."""
        standing = sheet_of(subject, tools)
        if (standing.id if standing else None) != (former.id if former else None):
            return False
        values = {"used": b"1", "bound_at": write_time(tools.now)}
        secrets, facts = {"seed": Secret(confirmed.state)}, {"binding": binding.value}
        return tools.credentials.supersede(subject, standing, SHEET, values, secrets, facts)

    def withdraw(self, subject: Subject, former: Registered, tools: Tools) -> bool:
        """Take the sheet away."""
        standing = sheet_of(subject, tools)
        return standing is not None and standing.id == former.id and tools.credentials.remove(subject, SHEET)

    def _show(self, seed: Secret) -> Ask:
        codes = (code_of(seed, number) for number in range(1, self._codes + 1))
        return Ask("register", {"codes": " ".join(codes)}, state=seed.reveal())


def _offered(state: bytes) -> Secret | None:
    return Secret(state) if len(state) == SEED_BYTES else None
