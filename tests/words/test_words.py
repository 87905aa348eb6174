from pathlib import Path

import pytest

from idp.core.errors import ConfigError
from idp.words import Words

REPOSITORY = Path(__file__).parents[2]


def write(folder: Path, **languages: str) -> Path:
    folder.mkdir(exist_ok=True)
    for language, text in languages.items():
        (folder / f"{language}.toml").write_text(text, "utf-8")
    return folder


def load(*folders: Path) -> Words:
    return Words.load(folders, ("ja", "en"))


def test_texts_are_found_by_language_and_dotted_key(tmp_path: Path) -> None:
    ours = write(tmp_path / "a", ja='[login.button]\nproceed = "進む"', en='[login.button]\nproceed = "Go on"')
    theirs = write(tmp_path / "b", ja='[totp]\ncode = "{digits} 桁"', en='[totp]\ncode = "{digits} digits of {digits}"')

    words = load(ours, theirs)

    assert words.text("ja", "login.button.proceed") == "進む"
    assert words.text("en", "totp.code", digits=6, more="is passed over") == "6 digits of 6"
    assert words.keys == {"login.button.proceed", "totp.code"}


def test_what_is_filled_in_is_not_filled_in_again(tmp_path: Path) -> None:
    words = load(write(tmp_path, ja='a = "{x}さん {{y}}"', en='a = "Hello {x}"'))

    assert words.text("ja", "a", x="{y} {0.__class__}") == "{y} {0.__class__}さん {y}"


def test_a_name_without_a_value_is_an_error(tmp_path: Path) -> None:
    words = load(write(tmp_path, ja='a = "{x}"', en='a = "{x}"'))

    for language, key in (("ja", "a"), ("ja", "b"), ("fr", "a")):
        with pytest.raises(KeyError):
            words.text(language, key, y=1)


@pytest.mark.parametrize(
    ("ja", "en", "expected"),
    [
        ('a = "1"\nb = "2"', 'a = "1"', "missing in en"),
        ('a = "1"', 'a = "1"\nb = "2"', "missing in ja"),
        ('a = "{x}"', 'a = "{y}"', "other {names}"),
        ('a = "{x}"', 'a = "none"', "other {names}"),
        ('a = ""', 'a = "1"', "is not a text"),
        ("a = 1", 'a = "1"', "is not a text"),
        ('a = ["1"]', 'a = "1"', "is not a text"),
        ('a = "{x"', 'a = "{x}"', "braces that do not fit"),
        ('a = "{}"', 'a = "{}"', "nothing but {names}"),
        ('a = "{0}"', 'a = "{0}"', "nothing but {names}"),
        ('a = "{x.y}"', 'a = "{x.y}"', "nothing but {names}"),
        ('a = "{x[0]}"', 'a = "{x[0]}"', "nothing but {names}"),
        ('a = "{x!r}"', 'a = "{x!r}"', "nothing but {names}"),
        ('a = "{x:>9}"', 'a = "{x:>9}"', "nothing but {names}"),
        ("not toml", 'a = "1"', "cannot be read"),
    ],
)
def test_languages_that_do_not_fit_together_are_refused(tmp_path: Path, ja: str, en: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, ja=ja, en=en))

    assert expected in str(caught.value)


def test_a_language_without_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ja\.toml"):
        load(write(tmp_path, en='a = "1"'))


def test_a_key_in_two_folders_is_refused(tmp_path: Path) -> None:
    first = write(tmp_path / "a", ja='a = "1"', en='a = "1"')
    second = write(tmp_path / "b", ja='a = "2"', en='a = "2"')

    with pytest.raises(ConfigError, match="another folder"):
        load(first, second)


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, ja='a = "1"\nb = 2', en='c = "3"'))

    assert {problem.key for problem in caught.value.problems} == {"a", "b", "c"}


def test_the_words_we_ship_fit_together() -> None:
    folders = [REPOSITORY / "idp/web/words", *sorted((REPOSITORY / "plugins").glob("*/words"))]

    assert load(*folders).keys


def test_a_folders_words_may_be_in_folders_of_their_own(tmp_path: Path) -> None:
    write(tmp_path, ja='a = "1"', en='a = "1"')
    write(tmp_path / "more", ja='b = "2"', en='b = "2"')

    assert load(tmp_path).keys == {"a", "b"}
