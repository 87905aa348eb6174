"""Set-up guides: for each system, the likely one first, in a site's own words where it has some (seed-04)."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from idp.cli.main import main
from idp.core.errors import ConfigError
from tests.parts.site import Idp
from tests.register.conftest import MakeSite
from tests.register.steps import someone

AGENTS = {
    "ios": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1",
    "android": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36",
    "windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "macos": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15",
    "linux": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
}


def _guides(html: str) -> list[str]:
    return [part.partition('"')[0] for part in html.split('data-guide="')[1:]]


@pytest.mark.parametrize("system", AGENTS)
def test_seed_04_the_guide_of_the_browsers_system_is_the_first_and_all_are_there(idp: Idp, system: str) -> None:
    person = someone(idp)
    person.browser.client.environ_base["HTTP_USER_AGENT"] = AGENTS[system]

    page = person.open()

    assert _guides(page.html)[0] == system
    assert sorted(_guides(page.html)) == sorted(AGENTS)


def test_seed_04_a_site_writes_a_guide_in_its_own_words(make_site: MakeSite) -> None:
    idp = make_site()
    runner = CliRunner()
    listed = runner.invoke(main, ["guides", "--conf", str(idp.conf)])
    assert listed.output.count("shipped") == 2 * len(AGENTS)
    copied = runner.invoke(main, ["guides", "--conf", str(idp.conf), "windows.en.html"])
    assert copied.exit_code == 0, copied.output
    mine = idp.conf / "guides" / "totp" / "windows.en.html"
    mine.write_text("<p>Ask in room 101.</p>\n")
    assert "yours" in runner.invoke(main, ["guides", "--conf", str(idp.conf)]).output

    again = Idp.load(idp.conf, idp.clock)
    page = someone(again).open()
    again.close()

    assert "Ask in room 101." in page.html
    assert "OTPClient" in page.html


def test_copying_again_overwrites_nothing(make_site: MakeSite) -> None:
    idp = make_site()
    mine = _write(idp, "windows.en.html", "<p>mine</p>")

    CliRunner().invoke(main, ["guides", "--conf", str(idp.conf), "windows.en.html"])

    assert mine.read_text() == "<p>mine</p>"


@pytest.mark.parametrize(
    ("name", "text"),
    [("windows.en.html", "{% if %}"), ("windows.en.html", '{{ t("no.text") }}'), ("solaris.en.html", "")],
)
def test_a_guide_that_cannot_be_shown_ends_the_start(make_site: MakeSite, name: str, text: str) -> None:
    idp = make_site()
    mine = _write(idp, name, text)

    with pytest.raises(ConfigError) as refused:
        Idp.load(idp.conf, idp.clock)

    assert str(mine) in str(refused.value)


def test_a_sites_file_takes_the_place_of_no_page(make_site: MakeSite) -> None:
    idp = make_site()
    (idp.conf / "guides" / "totp").mkdir(parents=True)
    (idp.conf / "guides" / "totp" / "register.html").write_text("<p>not a guide</p>")

    with pytest.raises(ConfigError):
        Idp.load(idp.conf, idp.clock)


def _write(idp: Idp, name: str, text: str) -> Path:
    mine = idp.conf / "guides" / "totp" / name
    mine.parent.mkdir(parents=True)
    mine.write_text(text)
    return mine


def test_a_picture_of_the_sites_is_served(make_site: MakeSite) -> None:
    idp = make_site()
    (idp.conf / "guides").mkdir()
    (idp.conf / "guides" / "photo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')

    assert idp.browser().get("/idp/static/guides/photo.svg").status == 200
    assert idp.browser().get("/idp/static/guides/../idp.toml").status == 404
