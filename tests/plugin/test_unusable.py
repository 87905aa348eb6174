"""A plug-in that is enabled and cannot be used ends the start, and `warifu check` says why, whose it is, what to do."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from idp.app import OUR_WORDS
from idp.cli.main import main
from idp.plugin.descriptor import RESERVED
from idp.web.forms import METHOD_EVENTS
from idp.words import Words
from tests.parts.site import make_conf
from tests.parts.slapd import RunningSlapd
from tests.plugin.odd import METHOD, PAGE, WORDS, Package

WHOSE = "warifu-odd 1.2"
PLAIN = 'plain = "127.0.0.1:8080"\nproxies = ["127.0.0.1/32"]'
REMEDIES = (
    "Update it, or take it from login.methods",
    "Mend the template",
    "Mend the name",
    "Put the method's pages there",
    "Every language of the site needs it.",
    "Write the text",
    "Write the text.",
    "Write it in words/, in every language",
    "Move it there",
)
Install = Callable[..., None]


def changed(old: str, new: str) -> Package:
    if old not in METHOD:
        raise ValueError(old)
    return Package(METHOD.replace(old, new))


def said(text: str) -> dict[str, str]:
    return {"en.toml": text, "ja.toml": text}


ODD: dict[str, tuple[Package, str]] = {
    "other-interface": (changed(", None)", ", None, 99)"), "made for plug-in interface 99, this is 1"),
    "import-error": (Package("import nowhere_to_be_found"), "No module named 'nowhere_to_be_found'"),
    "leaves-while-imported": (Package("raise SystemExit(0)"), "it cannot be imported: SystemExit: 0"),
    "plugin-missing": (Package(target="PLUGIM"), "has no attribute 'PLUGIM'"),
    "no-plugin": (Package(target="Odd"), "its entry point is type, not a Plugin"),
    "another-name": (changed('Plugin("odd"', 'Plugin("even"'), "it calls itself 'even'"),
    "no-factor": (changed("{Factor.POSSESSION}", "()"), "it names no factor"),
    "unknown-factor": (changed("Factor.POSSESSION", "'magic'"), "it names unknown factors: 'magic'"),
    "no-settings": (changed("OddSettings, lambda", "dict, lambda"), "its settings are no subclass"),
    "settings-raise": (
        changed("number: int = 1\n", "number: int = 1\n    def __init__(self, **given): raise KeyError('number')\n"),
        "it cannot be made from its settings: KeyError: 'number'",
    ),
    "making-raises": (changed("settings: Odd()", "settings: 1 / 0"), "it cannot be made from its settings: Zero"),
    "no-method": (changed("settings: Odd()", "settings: None"), "NoneType is no method"),
    "no-package": (changed("__name__", "'odd_nowhere'"), "No module named 'odd_nowhere'"),
    "no-templates": (Package(templates={}), "there is no template"),
    "template-broken": (Package(templates={"odd.html": "{% if %}"}), "odd.html:1: cannot be used: "),
    "unknown-filter": (Package(templates={"odd.html": "{{ 1 | odd }}"}), "No filter named 'odd'"),
    "unknown-parent": (
        Package(templates={"odd.html": '{% extends "odder.html" %}'}),
        "odder.html: is used and is not there",
    ),
    "text-missing": (Package(templates={"odd.html": PAGE.replace("title", "name")}), "odd.name: is no text"),
    "words-in-one-language": (Package(words={"en.toml": WORDS}), "ja.toml: cannot be read"),
    "word-in-one-language": (
        Package(words={"en.toml": WORDS, "ja.toml": WORDS.replace("title", "name")}),
        "odd.title: is missing in ja",
    ),
    "button-without-words": (Package(words=said('[odd]\ntitle = "Odd"\n')), "odd.use: is missing"),
    "words-of-ours": (
        Package(words=said(WORDS + '[code.A999]\ntitle = "Odd"\n')),
        "code.A999.title: stands outside of [odd]",
    ),
}
FAILING: dict[str, tuple[Package, str]] = {
    "begin-raises": (changed('return Ask("odd")', "raise ValueError('odd')"), "it raised ValueError: odd"),
    "begin-answers-nothing": (changed('return Ask("odd")', "return None"), "begin answered NoneType"),
    "page-is-not-there": (changed('Ask("odd")', 'Ask("odder")'), "odder.html"),
    "check-raises": (
        changed("    def resume", "    def check(self, tools): raise ValueError('odd')\n    def resume"),
        "it raised ValueError: odd",
    ),
}


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Gives what lays packages where they are found, for the length of the test."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name in ("odd_method", "odd_too"):
        sys.modules.pop(name, None)

    def lay(*packages: Package) -> None:
        for package in packages:
            package.lay(folder)

    return lay


@pytest.fixture
def conf(tmp_path: Path, slapd: RunningSlapd) -> Path:
    return make_conf(tmp_path / "conf", slapd, methods=("password", "odd"), listen_toml=PLAIN)


def warifu(conf: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--conf", str(conf), *arguments])


def test_as_it_is_meant_nothing_is_wrong(conf: Path, install: Install) -> None:
    install(Package())

    done = warifu(conf, "check")

    assert done.output.splitlines()[-1] == "nothing is wrong", done.output


@pytest.mark.parametrize(("package", "told"), ODD.values(), ids=list(ODD))
def test_it_ends_the_start_by_name(conf: Path, install: Install, package: Package, told: str) -> None:
    install(package)

    served, checked = warifu(conf, "serve"), warifu(conf, "check")

    assert served.exit_code == 78, served.output
    assert checked.exit_code == 1
    for output in (served.output, checked.output):
        (line,) = [line for line in output.splitlines() if told in line]
        assert WHOSE in line
        assert "odd" in line.replace(WHOSE, "")
        assert line.endswith(REMEDIES)


@pytest.mark.parametrize(("package", "told"), FAILING.values(), ids=list(FAILING))
def test_what_fails_when_it_is_used_is_found_by_check(
    conf: Path, install: Install, package: Package, told: str
) -> None:
    install(package)

    done = warifu(conf, "check")

    assert done.exit_code == 1
    (line,) = [line for line in done.output.splitlines() if told in line]
    assert line.startswith("idp.plugins: odd: ")
    assert line.endswith(f"({WHOSE}). Update it, or take it from login.methods")


@pytest.mark.parametrize("name", ["register", "totp"])
def test_a_name_of_ours_is_nobody_elses(tmp_path: Path, slapd: RunningSlapd, install: Install, name: str) -> None:
    install(Package(METHOD.replace('Plugin("odd"', f'Plugin("{name}"'), name=name))
    conf = make_conf(tmp_path / "conf", slapd, methods=("password", name), listen_toml=PLAIN)

    done = warifu(conf, "serve")

    assert done.exit_code == 78
    assert f"idp.plugins: {name}: " in done.output
    assert WHOSE in done.output


def test_two_packages_that_offer_one_name_are_both_named(conf: Path, install: Install) -> None:
    install(Package(), Package(distribution="odd-too", module="odd_too"))

    served, command = warifu(conf, "serve"), warifu(conf, "odd")

    told = "idp.plugins: odd: two packages offer it: odd-too 1.2 and warifu-odd 1.2. Uninstall one of them"
    assert served.exit_code == 78
    assert told in served.output
    assert told in command.output


@pytest.mark.parametrize("name", ["import-error", "leaves-while-imported", "other-interface"])
def test_what_is_broken_and_not_enabled_stops_nothing(
    tmp_path: Path, slapd: RunningSlapd, install: Install, name: str
) -> None:
    install(ODD[name][0])
    conf = make_conf(tmp_path / "conf", slapd, methods=("password",), listen_toml=PLAIN)

    checked, listed, asked = warifu(conf, "check"), warifu(conf, "--help"), warifu(conf, "odd")

    assert checked.output.splitlines()[-1] == "nothing is wrong", checked.output
    assert (listed.exit_code, "odd" in listed.output) == (0, False)
    assert (asked.exit_code, WHOSE in asked.output) == (1, True)


def test_wrong_settings_are_named_with_line_and_key(tmp_path: Path, slapd: RunningSlapd, install: Install) -> None:
    install(Package())
    text = '[plugins.odd]\nnumber = "many"\n'
    conf = make_conf(tmp_path / "conf", slapd, methods=("password", "odd"), plugins_toml=text, listen_toml=PLAIN)
    line = (conf / "idp.toml").read_text().partition('number = "many"')[0].count("\n") + 1

    done = warifu(conf, "serve")

    assert done.exit_code == 78
    assert f"{conf / 'idp.toml'}:{line}: plugins.odd.number: " in done.output
    assert "the plug-in's own page explains its keys" in done.output


def test_the_names_of_ours_are_all_of_them() -> None:
    tables = {key.partition(".")[0] for key in Words.load([OUR_WORDS], ("en",)).keys}
    commands = {name for name in main.commands if name.isidentifier()}
    events = {"proceed", "return", "register", "reset", "rename", "choose", *METHOD_EVENTS.values()}

    assert tables | commands | events | {"parts"} <= RESERVED
