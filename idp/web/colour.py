"""The site's one colour, in shades that can be read on light and on dark (WCAG 2.2 1.4.3, 1.4.11)."""

from dataclasses import dataclass

RGB = tuple[int, int, int]

WHITE: RGB = (255, 255, 255)
BLACK: RGB = (0, 0, 0)
LIGHT_SHEET: RGB = WHITE
DARK_SHEET: RGB = (31, 29, 27)
READABLE = 4.5
STEPS = 20


@dataclass(frozen=True, slots=True)
class Shades:
    """CSS colours: of a filled area, of the same under the pointer, of text on it; and of lines and text on a sheet."""

    fill: str
    fill_deep: str
    on_fill: str
    line: str


@dataclass(frozen=True, slots=True)
class SiteColours:
    """The shades for a light and for a dark page."""

    light: Shades
    dark: Shades


def site_colours(colour: str) -> SiteColours:
    """Make the shades of `colour` ("#rrggbb"); raises ValueError for anything else."""
    seal = _parse(colour)
    return SiteColours(
        _shades(seal, LIGHT_SHEET, BLACK), _shades(_readable(seal, WHITE, DARK_SHEET), DARK_SHEET, WHITE)
    )


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    return _contrast(_parse(one), _parse(other))


def _shades(fill: RGB, sheet: RGB, toward: RGB) -> Shades:
    on_fill = WHITE if _contrast(fill, WHITE) >= _contrast(fill, BLACK) else BLACK
    away = BLACK if on_fill is WHITE else WHITE
    deep = _mix(fill, away, 0.18)
    return Shades(_css(fill), _css(deep), _css(on_fill), _css(_readable(fill, toward, sheet)))


def _readable(colour: RGB, toward: RGB, sheet: RGB) -> RGB:
    """Give the shade nearest to `colour` that can be read on `sheet`."""
    for step in range(STEPS):
        shade = _mix(colour, toward, step / STEPS)
        if _contrast(shade, sheet) >= READABLE:
            return shade
    return toward


def _parse(colour: str) -> RGB:
    if len(colour) != 7 or colour[0] != "#":
        raise ValueError(f"not a colour: {colour!r}")
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def _css(colour: RGB) -> str:
    return "#" + bytes(colour).hex()


def _mix(colour: RGB, other: RGB, share: float) -> RGB:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def _contrast(one: RGB, other: RGB) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: RGB) -> float:
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return float(channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4)
