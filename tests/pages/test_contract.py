"""What scripts rely on (driving a demo, "Pages"), what Enter does, and the words of the seed page."""

import pytest

from idp.core.codes import Code
from tests.pages.document import names_of_buttons, parse, submitted
from tests.pages.samples import FORMS, LANGUAGES, SAMPLES, page

every_language = pytest.mark.parametrize("language", LANGUAGES)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("password", {"csrf_token": "t0k3n", "j_username": "", "j_password": ""}),
        ("password-again", {"csrf_token": "t0k3n", "j_username": "taro", "j_password": ""}),
        ("notice", {"csrf_token": "t0k3n"}),
        ("certificate", {"csrf_token": "t0k3n"}),
        ("totp", {"csrf_token": "t0k3n", "tokencode": ""}),
        ("matrix", {"csrf_token": "t0k3n", "cell_1": "", "cell_2": "", "cell_3": ""}),
        ("mailcode", {"csrf_token": "t0k3n", "mailcode": ""}),
        ("activation", {"csrf_token": "t0k3n", "activation": ""}),
        ("recovery", {"csrf_token": "t0k3n", "recovery_code": ""}),
        (
            "passkey",
            {
                "csrf_token": "t0k3n",
                "credential_id": "",
                "client_data_json": "",
                "authenticator_data": "",
                "signature": "",
                "user_handle": "",
            },
        ),
        ("choose", {"csrf_token": "t0k3n"}),
        ("logout", {"csrf_token": "t0k3n"}),
        ("error", {"csrf_token": "t0k3n"}),
        ("register", {"csrf_token": "t0k3n", "tokencode": ""}),
        ("reset", {"csrf_token": "t0k3n"}),
        ("post", {"SAMLResponse": "PD94bWw=", "RelayState": "ss:mem:1"}),
    ],
)
@every_language
def test_a_form_sends_the_names_of_the_contract(name: str, expected: dict[str, str], language: str) -> None:
    assert submitted(parse(page(SAMPLES[name], language))) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("password", ["_eventId_proceed"]),
        ("notice", ["_eventId_proceed"]),
        ("certificate", ["_eventId_certificate", "_eventId_totp"]),
        ("totp", ["_eventId_proceed", "_eventId_certificate"]),
        ("matrix", ["_eventId_proceed", "_eventId_totp"]),
        ("mailcode", ["_eventId_proceed", "_eventId_again", "_eventId_activation"]),
        ("activation", ["_eventId_proceed"]),
        ("recovery", ["_eventId_proceed", "_eventId_totp"]),
        ("passkey", ["_eventId_proceed", "_eventId_totp"]),
        ("passkey-alone", ["_eventId_proceed", "_eventId_password"]),
        ("choose", ["_eventId_certificate", "_eventId_totp"]),
        ("logout", ["_eventId_proceed"]),
        ("error", ["_eventId_return"]),
        ("register", ["_eventId_register", "_eventId_reset"]),
        ("reset", ["_eventId_reset"]),
    ],
)
def test_seed_19_enter_presses_the_main_button(name: str, expected: list[str]) -> None:
    document = parse(page(SAMPLES[name], "en"))

    assert names_of_buttons(document) == expected
    assert document.xpath("//form/@method") == ["post"]
    assert "second" not in (document.xpath("//form//button[@type='submit']")[0].get("class") or "")


@pytest.mark.parametrize(
    ("name", "language", "heading", "buttons"),
    [
        pytest.param("password", "ja", "パスワード認証", ["ログイン"], id="seed-13-ja"),
        pytest.param("password", "en", "Password authentication", ["Login"], id="seed-13-en"),
        pytest.param(
            "certificate",
            "ja",
            "クライアント証明書認証",
            ["クライアント証明書でログイン", "ワンタイムパスワードアプリでログイン"],
            id="seed-14-ja",
        ),
        pytest.param(
            "certificate",
            "en",
            "Client Certificate Authentication",
            ["Login using a client certificate", "Login using One Time Password App"],
            id="seed-14-en",
        ),
        pytest.param(
            "register", "ja", "ワンタイムパスワードアプリの登録", ["キーをコピー", "登録", "再設定"], id="seed-17-ja"
        ),
        pytest.param(
            "register", "en", "Register One Time Password App", ["Copy the key", "Register", "Reset"], id="seed-17-en"
        ),
        pytest.param("totp", "ja", "TOTP認証", ["ログイン"], id="seed-15-ja"),
        pytest.param("totp", "en", "TOTP Authentication", ["Login"], id="seed-15-en"),
    ],
)
def test_headings_and_buttons_are_those_of_the_seed(name: str, language: str, heading: str, buttons: list[str]) -> None:
    document = parse(page(SAMPLES[name], language))

    assert document.xpath("string(//h1)") == heading
    assert document.xpath("string(//title)").startswith(heading)
    assert [button.text for button in document.xpath("//form//button")][: len(buttons)] == buttons


def test_seed_08_each_cell_of_the_card_has_a_field_that_says_which() -> None:
    document = parse(page(SAMPLES["matrix"], "ja"))
    fields = document.xpath("//input[@data-cell]")

    assert [(each.get("name"), each.get("data-cell")) for each in fields] == [
        ("cell_1", "A5"),
        ("cell_2", "C7"),
        ("cell_3", "K2"),
    ]
    labels = [document.xpath("string(//label[@for=$name])", name=each.get("name")) for each in fields]
    assert labels == ["A 列 5 行", "C 列 7 行", "K 列 2 行"]
    assert {each.get("autocomplete") for each in fields} == {"off"}
    assert not document.xpath("//input[@maxlength or @onpaste]")


@pytest.mark.parametrize(("name", "others"), [("recovery-codes", []), ("recovery-codes-offered", ["_eventId_decline"])])
def test_seed_19_enter_registers_the_codes_and_keeping_them_is_a_form_of_its_own(name: str, others: list[str]) -> None:
    document = parse(page(SAMPLES[name], "en"))
    keeping, registering = document.xpath("//form")

    assert [each.get("name") for each in keeping.xpath(".//button[@type='submit']")] == ["_eventId_download"]
    buttons = [each.get("name") for each in registering.xpath(".//button[@type='submit']")]
    assert buttons == ["_eventId_register", *others]
    (tick,) = registering.xpath(".//input[@type='checkbox']")
    assert (tick.get("name"), tick.get("value"), tick.get("checked")) == ("kept", "yes", None)
    assert len(document.xpath("//code[@data-code]")) == 10


def test_the_code_field_is_one_plain_field_without_a_length() -> None:
    field = parse(page(SAMPLES["totp"], "en")).xpath("//input[@name='tokencode']")[0]

    expected = {
        "id": "tokencode",
        "name": "tokencode",
        "type": "text",
        "inputmode": "numeric",
        "autocomplete": "one-time-code",
        "spellcheck": "false",
        "autocapitalize": "off",
        "class": "code",
        "required": "",
        "aria-describedby": "hint",
        "autofocus": "",
    }
    assert dict(field.attrib) == expected


def test_a_wrong_code_marks_the_field_and_an_outage_does_not() -> None:
    wrong = parse(page(SAMPLES["totp"], "en", problem=Code.WRONG_CODE)).xpath("//input[@name='tokencode']")[0]
    outage = parse(page(SAMPLES["totp"], "en", problem=Code.DIRECTORY_READ_ONLY)).xpath("//input[@name='tokencode']")[0]

    assert (wrong.get("aria-invalid"), wrong.get("aria-describedby")) == ("true", "hint problem")
    assert outage.get("aria-invalid") is None


def test_password_managers_find_the_username_on_the_code_page() -> None:
    field = parse(page(SAMPLES["totp"], "en")).xpath("//input[@autocomplete='username']")[0]

    assert (field.get("value"), "readonly" in field.attrib, field.get("name")) == ("taro", True, None)


def test_the_username_stays_after_a_wrong_password_and_the_password_does_not() -> None:
    document = parse(page(FORMS["password-again"], "ja"))

    assert document.xpath("//input[@name='j_password']/@value") == []
    assert document.xpath("//*[@autofocus]/@name") == ["j_password"]


def test_a_person_proved_before_cannot_be_changed() -> None:
    field = parse(page(FORMS["password"], "en", person="taro")).xpath("//input[@name='j_username']")[0]

    assert (field.get("value"), "readonly" in field.attrib) == ("taro", True)


def test_password_fields_let_managers_in() -> None:
    document = parse(page(FORMS["password"], "en"))

    assert document.xpath("//input[@name='j_username']/@autocomplete") == ["username"]
    assert document.xpath("//input[@name='j_password']/@autocomplete") == ["current-password"]
    assert document.xpath("//input/@maxlength") == []


def test_a_relay_state_that_is_empty_is_sent_and_one_that_is_absent_is_not() -> None:
    empty = page(SAMPLES["post"], "en", hidden=[("SAMLResponse", "eA=="), ("RelayState", "")])
    absent = page(SAMPLES["post"], "en", hidden=[("SAMLResponse", "eA==")])

    assert submitted(parse(empty)) == {"SAMLResponse": "eA==", "RelayState": ""}
    assert submitted(parse(absent)) == {"SAMLResponse": "eA=="}


def test_r07_the_answer_can_be_posted_with_script_off() -> None:
    document = parse(page(SAMPLES["post"], "en"))

    assert document.xpath("//form[@id='answer']/@action") == ["https://sp.example.org/Shibboleth.sso/SAML2/POST"]
    assert len(document.xpath("//form[@id='answer']//button[@type='submit']")) == 1
    assert document.xpath("//script/@src") == ["/idp/static/post.js"]


def test_a_text_function_of_the_view_takes_the_place_of_the_environments() -> None:
    document = parse(page(SAMPLES["password"], "en", t=lambda key, **values: f"[{key} {values or ''}]"))

    assert document.xpath("string(//h1)") == "[password.title ]"


def test_the_page_of_an_answer_claims_no_number_of_factors() -> None:
    assert parse(page(SAMPLES["post"], "en")).xpath("//*[@class='tally']") == []
