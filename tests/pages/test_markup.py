"""Every page, in both languages: well formed, labelled, without inline script or style."""

import re

import pytest

from idp.core.codes import Code
from tests.pages.document import markup_problems, parse
from tests.pages.samples import FORMS, LANGUAGES, SAMPLES, environment, page

every_page = pytest.mark.parametrize("name", SAMPLES)
every_language = pytest.mark.parametrize("language", LANGUAGES)


@every_page
@every_language
def test_a_page_is_well_formed_and_says_its_language_and_name(name: str, language: str) -> None:
    text = page(SAMPLES[name], language)
    document = parse(text)

    assert text.startswith("<!doctype html>")
    assert markup_problems(text) == []
    assert document.get("lang") == language
    assert document.xpath("//main/@data-page") == [SAMPLES[name].page]
    assert len(document.xpath("//h1")) == 1
    assert document.xpath("string(//title)").strip() != ""


@every_page
@every_language
@pytest.mark.parametrize("code", Code)
def test_a_page_shows_every_problem_with_its_code(name: str, language: str, code: Code) -> None:
    document = parse(page(SAMPLES[name], language, problem=code))
    if SAMPLES[name].template in {"post.html", "status.html"}:
        return
    box = document.xpath("//*[@role='alert']")

    assert [each.get("data-code") for each in box] == [code.value]
    assert code.value in box[0].text_content()
    assert document.xpath("string(//title)").startswith("エラー: " if language == "ja" else "Error: ")


@every_page
def test_s10_a_page_has_no_inline_script_or_style(name: str) -> None:
    document = parse(page(SAMPLES[name], "en", problem=Code.WRONG_CODE))

    assert document.xpath("//style | //script[not(@src)] | //*[@style]") == []
    assert [key for element in document.iter() for key in element.attrib if key.startswith("on")] == []
    loaded = document.xpath("//@src[not(parent::img[@class='qr'])] | //link/@href")
    assert {address.split("/")[1] for address in loaded} == {"idp"}


@every_page
@every_language
def test_labels_and_descriptions_name_what_is_there(name: str, language: str) -> None:
    document = parse(page(SAMPLES[name], language, problem=_problem(name)))
    ids = document.xpath("//@id")

    assert len(ids) == len(set(ids))
    assert set(document.xpath("//label/@for")) <= set(ids)
    fields = document.xpath("//input[not(@type='hidden')]/@id")
    assert sorted(fields) == sorted(document.xpath("//label/@for"))
    described = {each for value in document.xpath("//@aria-describedby") for each in value.split()}
    assert described <= set(ids)
    assert len(document.xpath("//*[@autofocus]")) <= 1


@every_language
def test_the_language_switch_marks_the_present_one(language: str) -> None:
    document = parse(page(SAMPLES["password"], language))

    assert document.xpath("//nav/a[@aria-current]/@lang") == [language]
    assert document.xpath("//nav/a/@lang") == ["ja", "en"]
    assert document.xpath("//nav/a/text()") == ["日本語", "English"]


def test_s10_no_template_goes_round_the_escaping() -> None:
    for template in sorted(environment().list_templates(extensions=["html"])):
        assert "|safe" not in re.sub(r"\s", "", environment().loader.get_source(environment(), template)[0])  # type: ignore[union-attr]


def _problem(name: str) -> Code | None:
    return Code.WRONG_CODE if name in FORMS or SAMPLES[name].page == "error" else None
