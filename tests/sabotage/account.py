"""What a person sees and looks after by themselves: logins, sessions, browsers they trust."""

from tests.sabotage.row import Sabotage

HISTORY = "tests/flow/test_history.py"
SESSIONS = "tests/account/test_sessions.py"
ROWS_OF_METHODS = "tests/account/test_rows.py"
TRUSTED = "tests/account/test_trusted.py"
LOGINS = "tests/login/test_login_history.py"

ROWS = (
    Sabotage(
        "a login is not written down",
        "idp/web/answer.py",
        "    note_login(site, reached, session_id, visitor, authn_request.service_provider.entity_id)\n",
        "",
        f"{LOGINS}::test_a_login_is_noted_with_its_service_network_and_methods",
    ),
    Sabotage(
        "a session used again is written down each time",
        "idp/flow/history.py",
        "if former is not None and login.reused and start in former:",
        "if False:",
        f"{HISTORY}::test_a_session_used_again_is_noted_once_for_each_service_provider",
    ),
    Sabotage(
        "of two logins at once one is lost",
        "idp/flow/history.py",
        "if self._write(person, former, line, login.at):",
        "if self._write(person, former, line, login.at) is not None:",
        f"{HISTORY}::test_of_two_logins_at_once_none_is_lost",
    ),
    Sabotage(
        "logins are told of for ever",
        "idp/flow/history.py",
        "if now - login.at < SHOWN)",
        "if now)",
        f"{HISTORY}::test_a_login_is_told_of_for_90_days_and_its_moment_known_for_400",
    ),
    Sabotage(
        "the form that ends other logins needs no token",
        "idp/web/own_sessions.py",
        """    site.tokens.read_step(fields.get("csrf_token", ""), form_of(session.subject), visitor.browser.id)\n""",
        "",
        f"{SESSIONS}::test_s07_another_sites_form_ends_nothing",
    ),
    Sabotage(
        "the token of one person's page is good on another's",
        "idp/web/overview.py",
        'return f"{FORM}:{subject.id}"',
        "return FORM",
        f"{SESSIONS}::test_a_form_left_open_by_another_person_ends_nothing",
    ),
    Sabotage(
        "the logins that a person ended go on",
        "idp/flow/session.py",
        "        for key in keys:\n            self._store.remove(KIND, key)\n",
        "",
        f"{SESSIONS}::test_ending_the_others_ends_them_on_every_worker_and_leaves_this_one",
    ),
    Sabotage(
        "one method that fails takes the whole account page away",
        "idp/web/registered.py",
        "except (DependencyError, SealError) as error:",
        "except ZeroDivisionError as error:",
        f"{ROWS_OF_METHODS}::test_what_cannot_be_read_is_said_of_its_row_and_the_page_stays",
    ),
    Sabotage(
        "a trusted browser is trusted by everybody",
        "idp/flow/trusted.py",
        'facts["person"] != here.subject.id or ',
        "",
        f"{TRUSTED}::test_it_is_bound_to_the_person",
    ),
    Sabotage(
        "what one browser kept is good in another",
        "idp/flow/trusted.py",
        ' or facts["browser"] != here.browser',
        "",
        f"{TRUSTED}::test_it_is_bound_to_the_browser",
    ),
    Sabotage(
        "a browser is trusted at every service provider",
        "idp/flow/policy.py",
        "remembered = rule.remembered and",
        "remembered = self.remembers and",
        f"{TRUSTED}::test_another_service_provider_asks_for_the_second_factor",
    ),
    Sabotage(
        "a trusted browser spares what a class asks for",
        "idp/flow/policy.py",
        "if context.two_factors and not two_kinds(counting):",
        "if False:",
        f"{TRUSTED}::test_it_never_counts_as_a_factor",
    ),
    Sabotage(
        "a trusted browser opens the account page",
        "idp/flow/policy.py",
        " and demand.service_provider is not None\n",
        "\n",
        f"{TRUSTED}::test_no_errand_and_no_look_at_the_account_is_spared_anything",
    ),
    Sabotage(
        "a browser is trusted by what a form says alone",
        "idp/web/trusting.py",
        " and reached.aim.remembered and two_kinds",
        " and two_kinds",
        f"{TRUSTED}::test_without_a_rule_nothing_is_ever_trusted",
    ),
    Sabotage(
        "trust outlives a change of the password",
        "idp/flow/trusted.py",
        'return changed is None or changed <= moment_from_json(facts["since"])',
        "return True",
        f"{TRUSTED}::test_it_ends_when_the_password_changes",
    ),
    Sabotage(
        "trust outlives an administrator",
        "idp/flow/registration.py",
        "        forget_trusted(self._store, subject.id)\n        self._store.remove(RESET",
        "        self._store.remove(RESET",
        f"{TRUSTED}::test_it_ends_when_an_administrator_steps_in",
    ),
    Sabotage(
        "trust outlives the factor it was given with",
        "idp/flow/registration.py",
        "        forget_trusted(self._store, subject.id)\n        if binding is",
        "        if binding is",
        f"{TRUSTED}::test_it_ends_when_the_factor_is_taken_away",
    ),
    Sabotage(
        "the form that takes trust back needs no token",
        "idp/web/trusting.py",
        '    site.tokens.read_step(fields.get("csrf_token", ""), form_of(session.subject), visitor.browser.id)\n',
        "",
        f"{TRUSTED}::test_s07_another_sites_form_takes_nothing_back",
    ),
)
