"""Plug-ins that cannot be used, or that break: named at the start, never a proof, nothing registered."""

from tests.sabotage.row import Sabotage

UNUSABLE = "tests/plugin/test_unusable.py"
ENGINE = "tests/flow/test_engine.py"
ENROLMENT = "tests/plugin/test_broken_enrolment.py"
RULES = "tests/plugin/test_conformance.py"

ROWS = (
    Sabotage(
        "a plug-in for another interface is used",
        "idp/plugin/descriptor.py",
        "if plugin.api != API:",
        "if False:",
        f"{UNUSABLE}::test_it_ends_the_start_by_name[other-interface]",
    ),
    Sabotage(
        "a plug-in may take a name of ours",
        "idp/plugin/descriptor.py",
        "if plugin.name in RESERVED:",
        "if False:",
        f"{UNUSABLE}::test_a_name_of_ours_is_nobody_elses[register]",
    ),
    Sabotage(
        "a factor that there is not is a factor",
        "idp/plugin/descriptor.py",
        "if unknown:",
        "if False:",
        f"{UNUSABLE}::test_it_ends_the_start_by_name[unknown-factor]",
    ),
    Sabotage(
        "of two packages with one name one is taken",
        "idp/plugin/registry.py",
        "if len(points) == 1:",
        "if points:",
        f"{UNUSABLE}::test_two_packages_that_offer_one_name_are_both_named",
    ),
    Sabotage(
        "a plug-in that ends the process while it is imported ends the start without a word",
        "idp/plugin/registry.py",
        "except (Exception, SystemExit) as error:",
        "except Exception as error:",
        f"{UNUSABLE}::test_it_ends_the_start_by_name[leaves-while-imported]",
    ),
    Sabotage(
        "what is no method is enabled",
        "idp/plugin/registry.py",
        'if not all(callable(getattr(method, operation, None)) for operation in ("begin", "resume")):',
        "if False:",
        f"{UNUSABLE}::test_it_ends_the_start_by_name[no-method]",
    ),
    Sabotage(
        "a plug-in's texts are looked for when they are shown",
        "idp/app.py",
        "    verify_texts(enabled, settings.site.languages)\n",
        "",
        f"{UNUSABLE}::test_it_ends_the_start_by_name[button-without-words]",
    ),
    Sabotage(
        "a plug-in's templates are looked at when they are shown",
        "idp/app.py",
        "    verify_templates(enabled, environment, words)\n",
        "",
        f"{UNUSABLE}::test_it_ends_the_start_by_name[template-broken]",
    ),
    Sabotage(
        "a plug-in may say texts of ours",
        "idp/web/plugin_pages.py",
        'if not key.startswith(f"{name}.")',
        "if False",
        f"{UNUSABLE}::test_it_ends_the_start_by_name[words-of-ours]",
    ),
    Sabotage(
        "check does not have a method begin",
        "idp/cli/check.py",
        "problems += _try_begin(each, tools, site.settings.site.languages[0])",
        "pass",
        f"{UNUSABLE}::test_what_fails_when_it_is_used_is_found_by_check[begin-raises]",
    ),
    Sabotage(
        "nobody is told that a method said what it cannot prove",
        "idp/flow/engine.py",
        "            self._report(name, ValueError(",
        "            (lambda *given: None)(name, ValueError(",
        f"{ENGINE}::test_t20_a_proof_of_another_person_finishes_nobodys_login",
    ),
    Sabotage(
        "what a first page asks with is forgotten",
        "idp/flow/engine.py",
        "state=outcome.state, claimed=outcome.subject)\n            alternatives",
        'state=b"", claimed=None)\n            alternatives',
        f"{ENGINE}::test_what_the_first_page_asks_with_is_kept_until_its_form_comes_back",
    ),
    Sabotage(
        "what is no answer counts as an answer at registering",
        "idp/flow/registration.py",
        "if not isinstance(answer, kinds):",
        "if False:",
        f"{ENROLMENT}::test_t25_a_broken_registration_registers_nothing[enrol-say_nonsense]",
    ),
    Sabotage(
        "the kit does not look for pages",
        "idp/plugin/rules.py",
        "if isinstance(outcome, Ask) and not page_of(self._plugin, outcome).is_file():",
        "if False:",
        f"{RULES}::test_a_method_that_breaks_a_rule_is_refused_by_name[AsksForAPageThatIsNotThere-page-is-there]",
    ),
)
