"""The texts: complete in both languages, in the fixed terms, and careful with what they tell."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from idp.core.codes import Code
from tests.pages.document import parse
from tests.pages.samples import LANGUAGES, ROOT, SAMPLES, WORDS_FOLDERS, page, words

every_language = pytest.mark.parametrize("language", LANGUAGES)
TEMPLATES = [path for place in ("idp", "plugins") for path in (ROOT / place).rglob("templates/**/*.html")]


def _flat(table: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def _texts(folder: Path, language: str) -> dict[str, str]:
    files = [folder / f"{language}.toml", *sorted(folder.glob(f"*/{language}.toml"))]
    return {key: text for file in files for key, text in _flat(tomllib.loads(file.read_text(encoding="utf-8"))).items()}


@pytest.mark.parametrize("folder", WORDS_FOLDERS, ids=lambda folder: folder.parent.name)
def test_both_languages_have_the_same_keys_and_places(folder: Path) -> None:
    japanese, english = _texts(folder, "ja"), _texts(folder, "en")

    assert japanese.keys() == english.keys()
    for key, text in japanese.items():
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", english[key])), key
        assert text.strip(), key
        assert english[key].strip(), key


@every_language
@pytest.mark.parametrize("code", Code)
def test_every_code_has_a_heading_and_what_to_do(code: Code, language: str) -> None:
    assert words().text(language, f"code.{code}.title")
    assert words().text(language, f"code.{code}.text").endswith(("。", "."))


def test_every_text_is_used_and_every_text_used_is_there() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    used = set(re.findall(r't(?:_strong)?\("([\w.]+)"[,)]', source))
    known = {key for folder in WORDS_FOLDERS for key in _texts(folder, "en")}
    composed = (
        *("code.", "tally.", "mfatest.refusal.", "mfatest.proof.", "mfatest.network_name."),
        *("notice.", "account.done.", "account.binding.", "totp.trouble."),
        *(f"helpdesk.{part}." for part in ("state", "do", "about", "done", "remedy")),
    )

    assert used - known == set()
    unused = {
        key for key in known - used if not key.startswith(composed) and not key.endswith((".use", ".name", ".instead"))
    }
    unused = {key for key in unused if not re.match(r"\w+\.(code|notice|done|reset|card|told|letter|file)\.", key)}
    assert unused - {"language.name"} == set()


@pytest.mark.parametrize("folder", WORDS_FOLDERS, ids=lambda folder: folder.parent.name)
def test_r14_the_japanese_terms_are_the_fixed_ones(folder: Path) -> None:
    for key, text in _texts(folder, "ja").items():
        assert not re.search(
            r"ユーザー|サーバー|ブラウザー|二段階|２段階|認証コード|ワンタイムコード|OTP", text.replace("TOTP認証", "")
        ), key
        assert not re.search(r"[Ａ-Ｚａ-ｚ０-９]", text), key


@every_language
@pytest.mark.parametrize("code", [Code.TOO_MANY_PASSWORDS, Code.TOO_MANY_CODES])
def test_r08_too_many_tries_says_the_minutes(code: Code, language: str) -> None:
    with_minutes = parse(page(SAMPLES["password"], language, problem=code, retry_minutes=7))
    without = parse(page(SAMPLES["password"], language, problem=code))

    assert "7" in with_minutes.xpath("string(//*[@role='alert']/p[1])")
    assert "None" not in without.xpath("string(//*[@role='alert'])")


@every_language
def test_a_site_shows_its_own_old_code_beside_ours(language: str) -> None:
    box = parse(page(SAMPLES["totp"], language, problem=Code.WRONG_CODE)).xpath("//*[@role='alert']")[0]

    assert box.xpath(".//code/text()") == ["A201", "W100070"]


@every_language
def test_t11_the_text_for_a_wrong_code_does_not_tell_used_from_wrong(language: str) -> None:
    text = words().text(language, "code.A201.text")

    for part in {"ja": ("今表示されている", "次の番号", "自動設定"), "en": ("shows now", "next one", "automatic")}[
        language
    ]:
        assert part in text


@every_language
def test_w08_the_text_for_a_wrong_password_tells_everybody_of_the_lock(language: str) -> None:
    text = words().text(language, "code.A101.text")

    for part in {
        "ja": ("ユーザ名またはパスワード", "使えなくなる", "窓口"),
        "en": ("username or", "locked", "help desk"),
    }[language]:
        assert part in text


@every_language
def test_the_error_page_says_what_where_and_what_to_do(language: str) -> None:
    document = parse(page(SAMPLES["error"], language))

    text = document.xpath("string(//main)")
    for part in ("A205", SAMPLES["error"].given(language)["service_name"], "2026-11-24 10:00 (JST)", "5f0c2a9b11d7"):
        assert str(part) in text
    assert "/idp/account/register" in document.xpath("//main//a/@href")
    assert "https://www.example.ac.jp/help" in document.xpath("//main//a/@href")
