"""Registering: who may, what is offered to whom, what is changed in which order, and how it is bound."""

from tests.sabotage.row import Sabotage

FIRST = "tests/register/test_first_app.py"
SEVERAL_APPS = "tests/register/test_several_apps.py"
PROTECTION = "tests/register/test_protection.py"
NOTICES = "tests/register/test_notices.py"
BINDINGS = "tests/register/test_bindings.py"
WAYS = "tests/flow/test_ways.py"
LETTERS = "tests/mail/test_method_letters.py"
CREDENTIALS = "tests/directory/test_credentials.py"

ROWS = (
    Sabotage(
        "half a way is enough",
        "idp/flow/policy.py",
        "return any(proved.issuperset(way) for way in ways)",
        "return any(proved.intersection(way) for way in ways)",
        f"{WAYS}::test_half_a_way_and_other_methods_reach_nothing",
    ),
    Sabotage(
        "the methods of a way are asked for in any order",
        "idp/flow/engine.py",
        "return list(dict.fromkeys(next(name for name in way if name not in proved) for way in furthest))",
        "return list(dict.fromkeys(name for way in furthest for name in way if name not in proved))",
        f"{WAYS}::test_t27_what_stands_behind_another_method_or_in_no_way_is_not_asked_for",
    ),
    Sabotage(
        "a confirmation is a proof by itself",
        "idp/flow/policy.py",
        "if not any(proof.factors for proof in proofs) or",
        "if not proofs or",
        f"{WAYS}::test_e01_a_confirmation_makes_nothing_two_factors_and_is_nothing_by_itself",
    ),
    Sabotage(
        "a login may begin with any method",
        "idp/flow/ways.py",
        "return [name for name in names if isinstance(methods[name].method, Identifying)]",
        "return list(names)",
        f"{WAYS}::test_t27_what_cannot_say_who_it_is_begins_nothing",
    ),
    Sabotage(
        "how a way binds makes no difference",
        "idp/flow/registration.py",
        "if bound:",
        "if False:",
        f"{WAYS}::test_a_registration_is_bound_as_its_way_says",
    ),
    Sabotage(
        "a letter goes to whatever stands in the directory",
        "idp/letters.py",
        'return next((each for each in values if is_mailbox(each)), "")',
        'return next(iter(values), "")',
        f"{LETTERS}::test_what_is_not_exactly_one_address_is_none",
    ),
    Sabotage(
        "a session is enough to register",
        "idp/web/account.py",
        "return session_of(site, visitor) if errand.purpose is Purpose.LOGIN else None",
        "return session_of(site, visitor)",
        f"{PROTECTION}::test_t33_a_session_registers_nothing",
    ),
    Sabotage(
        "what is registered already makes no difference to the rule",
        "idp/flow/registration.py",
        "return other if standing else register",
        "return register",
        f"{PROTECTION}::test_t36_with_the_password_alone_nothing_is_replaced_or_reset",
    ),
    Sabotage(
        "rules of login hold for registering",
        "idp/flow/policy.py",
        "rule = self.rule(demand.action, demand, network, person, now)",
        'rule = self.rule("login", demand, network, person, now)',
        f"{PROTECTION}::test_t33_with_a_stolen_password_nothing_is_registered_outside",
    ),
    Sabotage(
        "a pending key is kept as it is",
        "idp/flow/registration.py",
        'return self._sealer.seal(Secret(state), subject.id, f"offer:{errand.method}", facts)',
        'return self._sealer.seal(Secret(state), subject.id, f"offer:{errand.method}", {**facts, "is": state.hex()})',
        f"{PROTECTION}::test_t31_the_key_is_in_no_file_while_it_is_pending_and_in_no_log_ever",
    ),
    Sabotage(
        "an offer never grows old",
        "idp/flow/registration.py",
        'return opened.secret.reveal() if now < datetime.fromisoformat(opened.facts["until"]) else None',
        "return opened.secret.reveal()",
        f"{PROTECTION}::test_t35_an_offer_lives_ten_minutes",
    ),
    Sabotage(
        "another site's form registers",
        "idp/web/account.py",
        "verify_origin(request, site.settings.site.base_url)",
        "pass",
        f"{PROTECTION}::test_t32_another_sites_form_registers_and_resets_nothing",
    ),
    Sabotage(
        "wrong codes at registration are free",
        "idp/flow/registration.py",
        "if not isinstance(trial, Wrong):",
        "if True:",
        f"{PROTECTION}::test_t05_wrong_codes_at_registration_are_counted_with_those_of_the_login",
    ),
    Sabotage(
        "the change is made before the letter about it is kept",
        "idp/web/registering.py",
        "with _telling(site, turn, deed):\n            if not change(binding):",
        "if change(binding):\n            with _telling(site, turn, deed):\n"
        "                pass\n        else:\n            if True:",
        f"{NOTICES}::test_t33_what_cannot_be_told_is_not_done",
    ),
    Sabotage(
        "a change that failed ends the conversation",
        "idp/web/registering.py",
        "site.conversations.change(taken, held.conversation)",
        "pass",
        f"{NOTICES}::test_t33_what_cannot_be_told_is_not_done",
    ),
    Sabotage(
        "a disabled account registers",
        "idp/web/account.py",
        "if not is_welcome(site, reached, visitor):",
        "if False:",
        f"{PROTECTION}::test_t36_a_disabled_account_registers_nothing",
    ),
    Sabotage(
        "a registration takes the place of whatever stands",
        "idp/directory/credentials.py",
        'changes.append(("delete", kind.fields[ID], (old_id,)))',
        'changes.append(("replace", kind.fields[ID], ()))',
        f"{CREDENTIALS}::test_a_registration_takes_the_place_of_the_one_that_was_looked_at",
    ),
    Sabotage(
        "an app that was looked at need not be the one that stands",
        "plugins/totp/enrol.py",
        "standing = next((app for app in apps if app.credential.id == former.id), None)",
        "standing = next(iter(apps), None)",
        f"{PROTECTION}::test_t34_who_registers_what_was_looked_at_before_is_told_so",
    ),
    Sabotage(
        "an app is added beside others than were looked at",
        "plugins/totp/enrol.py",
        "or {app.credential.id for app in apps} != {each.id for each in beside} ",
        "",
        "tests/plugin/test_enrolment.py::test_several_one_time_passwords_keep_the_rules",
    ),
    Sabotage(
        "what turns text stays in the name of an app",
        "idp/plugin/enrol.py",
        "if char.isprintable() or char.isspace())",
        "if char)",
        f"{SEVERAL_APPS}::test_one_is_renamed",
    ),
    Sabotage(
        "one more is offered where no more may stand",
        "idp/web/registering.py",
        "return turn.deed is Deed.ADD and len(turn.standing) >= site.registrations.most(turn.errand.method)",
        "return False",
        f"{SEVERAL_APPS}::test_beyond_what_may_stand_one_has_to_go_first",
    ),
    Sabotage(
        "one that is gone is taken for another",
        "idp/flow/registration.py",
        "return next((each for each in standing if each.id == errand.credential), None)",
        "return next((each for each in standing if each.id == errand.credential), standing[0])",
        f"{SEVERAL_APPS}::test_one_that_is_gone_meanwhile_is_not_removed_again",
    ),
    Sabotage(
        "the code that registered can be used again",
        "plugins/totp/enrol.py",
        '"last_step": str(int.from_bytes(rest[:STEP_BYTES], "big")).encode(),',
        '"last_step": b"0",',
        f"{FIRST}::test_t01_the_code_that_registered_proves_nothing_again",
    ),
    Sabotage(
        "a code of another time registers",
        "plugins/totp/enrol.py",
        "step = matching_step(seed, code, now, self._window)",
        "step = matching_step(seed, code, now, DRIFT_STEPS)",
        f"{FIRST}::test_seed_18_a_clock_that_is_wrong_is_told_with_seconds_direction_and_both_codes",
    ),
    Sabotage(
        "a replacement by the password alone counts as a first registration",
        "idp/flow/registration.py",
        "if action is Purpose.REGISTER and network != OUTSIDE",
        "if network != OUTSIDE",
        f"{BINDINGS}::test_an_app_registered_again_with_the_password_alone_does_not_count",
    ),
    Sabotage(
        "a reset by the password alone is forgotten",
        "idp/flow/registration.py",
        "if binding is Binding.CAMPUS_REPLACED:",
        "if False:",
        f"{BINDINGS}::test_t36_a_reset_with_the_password_alone_makes_the_next_app_no_first_one",
    ),
    Sabotage(
        "an app that does not count makes the next one count",
        "idp/flow/registration.py",
        "if two_kinds([proof for proof in others if proof.binding is not Binding.CAMPUS_REPLACED]):",
        "if two_kinds(others):",
        f"{BINDINGS}::test_t36_an_app_that_does_not_count_makes_no_other_count",
    ),
)
