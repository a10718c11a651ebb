"""Pictures of the demo's goods, drawn when the shop is filled: the same every time, no camera.

Shapes on a quiet ground: what the thing is by its category, its colours by its title.
"""

import io
import random
from collections.abc import Callable
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

_SIDE: Final = 1200
_GROUNDS: Final = ("#efe6d8", "#e3e8e2", "#f1e3dc", "#e4e7ee", "#ece8dc", "#e9e2ea")
_BODIES: Final = {
    "Blue": "#3b5f86", "Sand": "#c9ab7c", "Moss": "#6c7f4f", "White": "#f7f4ee", "Black": "#33312f",
    "Cream": "#f0e4c4", "Red": "#a93c32", "Navy": "#2b3a57",
}  # fmt: skip
_COLOURS: Final = ("#3b5f86", "#b4552d", "#6c7f4f", "#8a5a44", "#5d4c6e", "#2f6f6a", "#a93c32")

Draw = ImageDraw.ImageDraw
Shape = Callable[[Draw, str, str], None]


def picture(title: str, category: str, value: str = "") -> bytes:
    """Draw one product, or one of its variants, as a JPEG."""
    chance = random.Random(f"{title} {category}")  # noqa: S311 - a drawing, not a secret
    ground = chance.choice(_GROUNDS)
    body = _BODIES.get(value, chance.choice(_COLOURS))
    image = Image.new("RGB", (_SIDE, _SIDE), ground)
    # Blurred small: a quarter of the side is a sixteenth of the work.
    shadow = Image.new("L", (_SIDE // 4, _SIDE // 4), 0)
    ImageDraw.Draw(shadow).ellipse((62, 220, 238, 252), fill=90)
    soft = shadow.filter(ImageFilter.GaussianBlur(7)).resize(image.size)
    image.paste("#4a4136", mask=soft)
    shape = _SHAPES.get(category, _jar)
    shape(ImageDraw.Draw(image), body, _mixed(body, "#ffffff", 0.35))
    kept = io.BytesIO()
    image.save(kept, "JPEG", quality=86)
    return kept.getvalue()


def _mixed(colour: str, with_colour: str, share: float) -> str:
    """Mix two colours that are written as #rrggbb."""

    def parts(text: str) -> list[int]:
        return [int(text[place : place + 2], 16) for place in (1, 3, 5)]

    pairs = zip(parts(colour), parts(with_colour), strict=True)
    return "#" + "".join(f"{round(a * (1 - share) + b * share):02x}" for a, b in pairs)


def _cup(draw: Draw, body: str, light: str) -> None:
    draw.arc((720, 470, 960, 770), -80, 95, fill=body, width=54)
    draw.rounded_rectangle((330, 380, 800, 940), 90, fill=body)
    draw.ellipse((330, 330, 800, 440), fill=light)
    draw.ellipse((365, 350, 765, 425), fill=_mixed(body, "#000000", 0.45))
    draw.rounded_rectangle((380, 470, 420, 860), 20, fill=light)


def _pot(draw: Draw, body: str, light: str) -> None:
    draw.arc((760, 450, 1030, 800), -95, 95, fill=body, width=50)
    draw.polygon([(340, 620), (170, 470), (120, 500), (250, 760), (380, 820)], fill=body)
    draw.ellipse((280, 420, 860, 950), fill=body)
    draw.ellipse((400, 400, 740, 490), fill=light)
    draw.ellipse((535, 330, 605, 410), fill=body)
    draw.arc((330, 470, 700, 900), 160, 230, fill=light, width=26)


def _knife(draw: Draw, body: str, light: str) -> None:
    draw.polygon([(220, 500), (760, 500), (760, 640), (330, 640)], fill="#c7ccd1")
    draw.polygon([(220, 500), (760, 500), (760, 540), (250, 540)], fill="#e6e9ec")
    draw.rounded_rectangle((760, 490, 1060, 650), 46, fill=body)
    for place in (820, 910, 1000):
        draw.ellipse((place - 16, 554, place + 16, 586), fill=light)


def _tin(draw: Draw, body: str, light: str) -> None:
    draw.polygon([(200, 520), (1000, 520), (920, 930), (280, 930)], fill=body)
    draw.polygon([(200, 520), (1000, 520), (960, 600), (240, 600)], fill=light)
    draw.rounded_rectangle((170, 490, 1030, 540), 24, fill=_mixed(body, "#000000", 0.25))


def _bag(draw: Draw, body: str, light: str) -> None:
    draw.polygon([(360, 330), (840, 330), (890, 950), (310, 950)], fill=body)
    draw.rectangle((360, 300, 840, 370), fill=_mixed(body, "#000000", 0.3))
    draw.rounded_rectangle((420, 520, 780, 800), 30, fill="#f6f0e4")
    draw.ellipse((530, 590, 670, 730), fill=light)
    draw.line((600, 590, 600, 730), fill=body, width=10)


def _caddy(draw: Draw, body: str, light: str) -> None:
    draw.rounded_rectangle((350, 420, 850, 950), 40, fill=body)
    draw.rounded_rectangle((330, 340, 870, 470), 40, fill=_mixed(body, "#000000", 0.25))
    draw.rounded_rectangle((420, 560, 780, 820), 20, fill="#f6f0e4")
    draw.polygon([(600, 600), (690, 720), (600, 790), (510, 720)], fill=light)


def _jar(draw: Draw, body: str, light: str) -> None:
    draw.rounded_rectangle((360, 440, 840, 950), 90, fill=light)
    draw.rounded_rectangle((360, 560, 840, 950), 90, fill=body)
    draw.rounded_rectangle((400, 360, 800, 460), 30, fill=_mixed(body, "#000000", 0.4))
    draw.rounded_rectangle((430, 640, 770, 830), 20, fill="#f6f0e4")


_SHAPES: Final[dict[str, Shape]] = {
    "Mugs & cups": _cup,
    "Teapots": _pot,
    "Knives": _knife,
    "Baking": _tin,
    "Black tea": _caddy,
    "Green tea": _caddy,
    "Coffee": _bag,
}
