"""Look-up secrets: cards with their questions, recovery codes, whose tries they are; both made, replaced, used up."""

from tests.sabotage.row import Sabotage

GRID = "tests/matrix/test_grid.py"
METHOD = "tests/matrix/test_method.py"
COMMANDS = "tests/matrix/test_commands.py"
RECOVERY = "tests/recovery/test_method.py"
REGISTRATION = "tests/recovery/test_registration.py"
BUDGET = "tests/flow/test_shared_budget.py"

ROWS = (
    Sabotage(
        "another question is asked after a wrong answer",
        "plugins/matrix/method.py",
        "return question_at(held.card, held.position, asked, reusable=self._settings.reusable)",
        "return question_at(held.card, held.position + held.failures, asked, reusable=self._settings.reusable)",
        f"{METHOD}::test_g01_the_same_cells_are_asked_for_until_they_are_right",
    ),
    Sabotage(
        "cells that were answered are asked for again",
        "plugins/matrix/method.py",
        """"state": str(question.after).encode(),""",
        """"state": str(held.position).encode(),""",
        f"{METHOD}::test_g01_the_same_cells_are_asked_for_until_they_are_right",
    ),
    Sabotage(
        "an answer counts though somebody else burnt the cells",
        "plugins/matrix/method.py",
        "        if not self._swap(subject, held, burnt, tools):\n            return None\n",
        "        self._swap(subject, held, burnt, tools)\n",
        f"{METHOD}::test_g04_the_same_cells_sent_by_many_at_once_prove_once",
    ),
    Sabotage(
        "a form of an answered question is held against the next one",
        "plugins/matrix/method.py",
        "if visit.state and visit.state != ask.state:",
        "if False:",
        f"{METHOD}::test_g04_two_tabs_and_two_browsers_have_one_question",
    ),
    Sabotage(
        "wrong cells have a budget of their own",
        "plugins/matrix/__init__.py",
        """        shared_with="totp",\n""",
        "",
        f"{METHOD}::test_g02_wrong_cells_and_wrong_codes_are_one_budget",
    ),
    Sabotage(
        "tries are counted apart whatever they are shared with",
        "idp/flow/throttle.py",
        "pool = budget.shared_with or method",
        "pool = method",
        f"{BUDGET}::test_g02_tries_at_one_method_are_tries_at_the_other",
    ),
    Sabotage(
        "wrong answers in a row stop no card",
        "plugins/matrix/method.py",
        "if held is None or held.failures >= self._settings.stop_after:",
        "if held is None:",
        f"{METHOD}::test_g02_a_hundred_wrong_answers_in_a_row_stop_the_card",
    ),
    Sabotage(
        "questions of too few bits are taken",
        "plugins/matrix/settings.py",
        "if bits < LEAST_BITS and not self.allow_weak:",
        "if False:",
        f"{GRID}::test_settings_that_would_not_do_are_refused",
    ),
    Sabotage(
        "a card of former settings is asked for as few cells as the new ones need",
        "plugins/matrix/grid.py",
        "return max(cells, math.ceil(LEAST_BITS / self.bits))",
        "return cells",
        f"{GRID}::test_g02_a_card_of_former_settings_is_asked_for_as_many_cells_as_it_takes",
    ),
    Sabotage(
        "a used-up card begins again unasked",
        "plugins/matrix/grid.py",
        " or (turn and not reusable)",
        "",
        f"{GRID}::test_a_site_that_reuses_cells_goes_through_the_card_again_in_another_order",
    ),
    Sabotage(
        "one right cell is enough",
        "plugins/matrix/grid.py",
        "return bool(right) and all(right)",
        "return any(right)",
        f"{GRID}::test_g05_an_answer_is_right_in_every_cell_or_wrong",
    ),
    Sabotage(
        "cells stand in the directory in clear",
        "plugins/matrix/credential.py",
        """values = {"label": card.number.encode(),""",
        """values = {"data": "".join(map(card.text, card.grid.cells)).encode(), "label": card.number.encode(),""",
        f"{METHOD}::test_g06_nothing_of_a_card_is_readable_in_the_directory",
    ),
    Sabotage(
        "a card that is printed again is not written down",
        "plugins/matrix/bulk.py",
        """administration.record(AdminAct("matrix print", AdminResult.DISCLOSED, subject, reason=reason))""",
        "pass",
        f"{COMMANDS}::test_a_card_that_is_on_no_sheet_is_printed_again",
    ),
    Sabotage(
        "nobody is told that a card was made for them",
        "plugins/matrix/bulk.py",
        "    with administration.telling(NoticeKind.REPLACED if former else NoticeKind.REGISTERED, subject, METHOD):",
        "    if True:",
        f"{COMMANDS}::test_whoever_gets_or_loses_a_card_is_told",
    ),
    Sabotage(
        "a recovery code works as often as one likes",
        "plugins/recovery/method.py",
        "if place is None or found.left[place] == USED:",
        "if place is None:",
        f"{RECOVERY}::test_a_recovery_code_is_a_second_factor_and_works_once",
    ),
    Sabotage(
        "of two who send one recovery code at once both win",
        "plugins/recovery/method.py",
        """                    raise _OvertakenError\n""",
        """                    pass\n""",
        f"{RECOVERY}::test_one_recovery_code_twice_in_parallel_wins_once",
    ),
    Sabotage(
        "nobody is told that a recovery code was used",
        "plugins/recovery/method.py",
        "            with tools.notices.telling(NoticeKind.USED, visit):",
        "            if True:",
        f"{RECOVERY}::test_r10_the_person_is_told_by_mail_that_a_code_was_used",
    ),
    Sabotage(
        "a recovery code is asked for first",
        "idp/flow/engine.py",
        "return sorted(names, key=lambda name: self._methods[name].plugin.last_resort)",
        "return list(names)",
        f"{RECOVERY}::test_a_recovery_code_is_never_the_first_question",
    ),
    Sabotage(
        "wrong recovery codes have a budget of their own",
        "plugins/recovery/__init__.py",
        """        shared_with="totp",\n""",
        "",
        f"{RECOVERY}::test_g02_wrong_recovery_codes_and_wrong_numbers_are_one_budget",
    ),
    Sabotage(
        "recovery codes stand in the directory in clear",
        "plugins/recovery/codes.py",
        """return scrypt(code.encode("ascii"), salt=salt, n=2**14, r=8, p=1, dklen=HASH_BYTES)""",
        """return code.encode("ascii").ljust(HASH_BYTES)""",
        "tests/recovery/test_codes.py::test_a_code_is_found_by_its_hash_alone",
    ),
    Sabotage(
        "recovery codes are made without being kept",
        "plugins/recovery/enrol.py",
        """if visit.form.get("kept") != "yes":""",
        "if False:",
        f"{REGISTRATION}::test_codes_that_are_only_looked_at_are_worth_nothing",
    ),
    Sabotage(
        "recovery codes are offered to who may not register them",
        "idp/web/registering.py",
        "    return isinstance(step, Reached)",
        "    return True",
        f"{REGISTRATION}::test_the_offer_is_made_only_where_what_was_proved_is_enough",
    ),
    Sabotage(
        "weak recovery codes register a strong app",
        "plugins/recovery/method.py",
        """Proof("recovery", frozenset({Factor.POSSESSION}), tools.now, found.binding, found.bound_at)""",
        """Proof("recovery", frozenset({Factor.POSSESSION}), tools.now, None, found.bound_at)""",
        f"{REGISTRATION}::test_what_is_registered_by_weak_codes_is_weak",
    ),
)
