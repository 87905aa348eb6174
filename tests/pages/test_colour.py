"""Whatever colour a site takes, its buttons and lines can be read (WCAG 2.2 1.4.3)."""

import pytest

from idp.web.colour import Shades, contrast, site_colours
from tests.pages.samples import environment

COLOURS = ["#a8322c", "#000000", "#ffffff", "#ffd700", "#1a56c4", "#808080", "#00ff00", "#777777"]


@pytest.mark.parametrize("colour", COLOURS)
def test_text_on_a_button_can_be_read(colour: str) -> None:
    for shades in (site_colours(colour).light, site_colours(colour).dark):
        assert contrast(shades.fill, shades.on_fill) >= 4.5
        assert contrast(shades.fill_deep, shades.on_fill) >= 4.5


@pytest.mark.parametrize("colour", COLOURS)
def test_lines_can_be_seen_on_the_sheet(colour: str) -> None:
    colours = site_colours(colour)

    assert contrast(colours.light.line, "#ffffff") >= 4.5
    assert contrast(colours.dark.line, "#1f1d1b") >= 4.5


def test_a_light_page_keeps_the_colour_of_the_site() -> None:
    assert site_colours("#a8322c").light == Shades("#a8322c", "#8a2924", "#ffffff", "#a8322c")


@pytest.mark.parametrize("colour", ["red", "#fff", "#gggggg", "#a8322c; }"])
def test_what_is_no_colour_is_refused(colour: str) -> None:
    with pytest.raises(ValueError, match=r"colour|hexadecimal"):
        site_colours(colour)


def test_the_style_sheet_of_the_site_holds_the_shades() -> None:
    text = environment().get_template("site.css").render(colour="#1a56c4")

    assert "--seal: #1a56c4;" in text
    assert "prefers-color-scheme: dark" in text
