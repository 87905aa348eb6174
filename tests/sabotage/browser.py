"""What a browser is given and believed: conversations, sessions, cookies, forms, headers, pages."""

from tests.sabotage.row import Sabotage

CONVERSATION = "tests/flow/test_conversation.py"
COOKIES = "tests/login/test_cookies.py"
FORMS = "tests/login/test_forms.py"
REPLAY = "tests/login/test_replay.py"
HEADERS = "tests/login/test_headers.py"
LOGOUT = "tests/login/test_logout.py"
CONFIRMATION = "tests/mfatest/test_trust.py"

ROWS = (
    Sabotage(
        "it does not matter who changed a conversation first",
        "idp/flow/conversation.py",
        "return Held(held.handle, changed, value) if written else None",
        "return Held(held.handle, changed, value)",
        f"{CONVERSATION}::test_of_two_changes_of_one_state_the_second_is_none",
    ),
    Sabotage(
        "an answer leaves though another was first",
        "idp/web/answer.py",
        "if not site.conversations.finish(held, participation, until):",
        "if site.conversations.finish(held, participation, until) is ...:",
        "tests/login/test_at_once.py::test_a11_of_two_answers_at_once_one_leaves",
    ),
    Sabotage(
        "a request that was answered is answered again",
        "idp/flow/conversation.py",
        "started, finished=True, participation=participation)",
        "started, finished=False, participation=participation)",
        f"{REPLAY}::test_a11_an_answered_request_is_answered_once",
    ),
    Sabotage(
        "a request is forgotten while it is still fresh",
        "idp/flow/conversation.py",
        "self._remembered = max(lifetime, acceptable)",
        "self._remembered = min(lifetime, acceptable)",
        f"{REPLAY}::test_a11_an_answered_request_is_known_for_as_long_as_it_is_fresh",
    ),
    Sabotage(
        "a login may go on in another browser",
        "idp/flow/conversation.py",
        "if held.conversation.browser != browser:",
        "if False:",
        f"{FORMS}::test_s08_t23_a_login_belongs_to_the_browser_that_began_it",
    ),
    Sabotage(
        "a login never grows too old",
        "idp/flow/conversation.py",
        "if held is None or now >= held.conversation.started + self._lifetime:",
        "if held is None:",
        f"{CONVERSATION}::test_s13_a_login_grows_too_old_while_its_request_is_still_remembered",
    ),
    Sabotage(
        "a session keeps its id at a step-up",
        "idp/flow/session.py",
        "session_id = secrets.token_urlsafe(ID_BYTES)",
        "session_id = former_id or secrets.token_urlsafe(ID_BYTES)",
        f"{COOKIES}::test_s04_a_chosen_session_id_is_not_taken_over",
    ),
    Sabotage(
        "the former session lives on beside the new one",
        "idp/flow/session.py",
        "        self.end(former_id)\n",
        "",
        f"{COOKIES}::test_s03_ids_are_random_and_new_with_every_proof",
    ),
    Sabotage(
        "a step-up puts off the end of the session",
        "idp/flow/session.py",
        "started = former.started if former is not None and same else now",
        "started = now",
        f"{COOKIES}::test_s06_a_step_up_does_not_put_off_the_end_of_the_session",
    ),
    Sabotage(
        "a session ends by use alone",
        "idp/flow/session.py",
        "return min(session.used + self._idle, session.started + self._absolute)",
        "return session.used + self._idle",
        f"{COOKIES}::test_a_session_ends_by_the_servers_clock",
    ),
    Sabotage(
        "logout leaves the session in the store",
        "idp/web/logout.py",
        "    site.sessions.end(visitor.session_id)\n",
        "",
        f"{LOGOUT}::test_l08_the_old_cookie_opens_nothing_on_any_worker",
    ),
    Sabotage(
        "cookies are sent without TLS",
        "idp/web/cookies.py",
        "} Secure;",
        "}",
        f"{COOKIES}::test_s01_each_cookie_is_set_once_and_for_this_host_alone",
    ),
    Sabotage(
        "scripts may read cookies",
        "idp/web/cookies.py",
        " HttpOnly;",
        "",
        f"{COOKIES}::test_s01_each_cookie_is_set_once_and_for_this_host_alone",
    ),
    Sabotage(
        "other sites' forms bring cookies along",
        "idp/web/cookies.py",
        "SameSite=Lax",
        "SameSite=None",
        f"{COOKIES}::test_s01_each_cookie_is_set_once_and_for_this_host_alone",
    ),
    Sabotage(
        "the token of a form is not checked",
        "idp/web/forms.py",
        "if not any(hmac.compare_digest(given, each) for each in expected):",
        "if False:",
        f"{FORMS}::test_a_form_without_its_own_token_is_refused",
    ),
    Sabotage(
        "the token of one browser is good in another",
        "idp/web/forms.py",
        r"""message = f"form\0{handle}\0{step}\0{browser_id}".encode()""",
        r"""message = f"form\0{handle}\0{step}".encode()""",
        f"{LOGOUT}::test_another_sites_form_ends_nothing",
    ),
    Sabotage(
        "Origin is not checked",
        "idp/web/forms.py",
        """if origin not in {None, "null", base_url}:""",
        "if False:",
        f"{FORMS}::test_a_form_from_another_site_is_refused",
    ),
    Sabotage(
        "a logout form needs no token",
        "idp/web/logout.py",
        """    site.tokens.read_step(fields.get("csrf_token", ""), HANDLE, visitor.browser.id)\n""",
        "",
        f"{LOGOUT}::test_another_sites_form_ends_nothing",
    ),
    Sabotage(
        "a field may stand twice",
        "idp/web/forms.py",
        "if len(fields) != len(pairs):",
        "if False:",
        f"{FORMS}::test_t22_a_field_given_twice_is_refused",
    ),
    Sabotage(
        "a HEAD request takes a step",
        "idp/web/application.py",
        "if asked.method != method:",
        "if False:",
        f"{FORMS}::test_t22_a_head_request_takes_no_answer_away",
    ),
    Sabotage(
        "any Host is served",
        "idp/web/application.py",
        "if asked.path != HEALTH and asked.host not in hosts:",
        "if False:",
        f"{HEADERS}::test_s16_another_host_is_refused_and_not_repeated",
    ),
    Sabotage(
        "pages may be kept",
        "idp/web/headers.py",
        """("Cache-Control", "no-store")]""",
        """("Cache-Control", "private")]""",
        f"{HEADERS}::test_s02_s09_s10_no_page_may_be_kept_framed_or_scripted",
    ),
    Sabotage(
        "pages have no content security policy",
        "idp/web/headers.py",
        """UNLESS_SAID = [("Content-Security-Policy", POLICY + SCRIPT + FORM_ACTION), """,
        """UNLESS_SAID = [""",
        f"{HEADERS}::test_s02_s09_s10_no_page_may_be_kept_framed_or_scripted",
    ),
    Sabotage(
        "pages may be framed",
        "idp/web/headers.py",
        "frame-ancestors 'none'\"",
        'frame-ancestors *"',
        f"{HEADERS}::test_s02_s09_s10_no_page_may_be_kept_framed_or_scripted",
    ),
    Sabotage(
        "templates do not escape",
        "idp/web/render.py",
        "autoescape=True,",
        "autoescape=False,",
        "tests/pages/test_escaping.py::test_s21_hostile_names_stay_text",
    ),
    Sabotage(
        "a link may be a script",
        "idp/web/render.py",
        """return url if _scheme(url) in {"https", "http", "mailto"} else \"\"""",
        "return url",
        "tests/pages/test_escaping.py::test_s21_hostile_names_stay_text",
    ),
    Sabotage(
        "the confirmation page takes anybody's answer",
        "idp/mfatest/judge.py",
        "if answer.in_response_to not in pending:",
        "if False:",
        f"{CONFIRMATION}::test_an_answer_is_taken_in_the_browser_that_asked",
    ),
    Sabotage(
        "the confirmation page takes SHA-1",
        "idp/mfatest/judge.py",
        "    _check_algorithm(answer)\n",
        "",
        f"{CONFIRMATION}::test_an_answer_signed_with_sha1_is_not_believed",
    ),
)
