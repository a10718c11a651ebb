"""Read pictures that people hand in, whatever is in them, and make smaller ones of them.

Nothing here trusts a file: its kind is what it is and not what it is called, its size is looked at
before it is unpacked, and one picture at a time is unpacked in each process.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageCms, ImageOps

from api.catalog.errors.media import PictureTooManyPixels, PictureUnreadable
from api.catalog.service.image_metadata import FileMalformed, strip_metadata
from api.catalog.service.image_sizes import SIZES, size_file

MOST_PIXELS = 60_000_000
MOST_PIXELS_UNPACKED = 32_000_000
"""Of PNG and WebP, which are unpacked at full size, into 128 MB of memory."""

_KINDS = {
    "JPEG": ("image/jpeg", ".jpg"),
    "PNG": ("image/png", ".png"),
    "WEBP": ("image/webp", ".webp"),
}
_ORIENTATION = 0x0112
_ON_THEIR_SIDE = (5, 6, 7, 8)
_QUALITY = 82
_SRGB = ImageCms.createProfile("sRGB")

_one_at_a_time = threading.Lock()
# Our own bounds are lower, and are told as a refusal instead of a warning.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """A picture that can be read to its end, as it is to be kept; `width` by `height` upright."""

    content: bytes
    content_type: str
    suffix: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A smaller picture. Two sizes of a small picture are the same one, known by `file`."""

    name: str
    file: str
    width: int
    height: int
    content: bytes


def inspect_image(content: bytes) -> ImageInfo:
    """Read a picture to its end and take out what it tells of its maker.

    Refuses what is no JPEG, PNG or WebP, is broken or cut off, and what has too many pixels.
    """
    with _opened(content) as image:
        kind = "JPEG" if image.format == "MPO" else image.format or ""
        orientation = int(image.getexif().get(_ORIENTATION, 1) or 1)
    try:
        clean = strip_metadata(content, kind, orientation if 1 <= orientation <= 8 else 1)
    except FileMalformed as malformed:
        raise PictureUnreadable from malformed
    with _opened(clean) as image:
        image.verify()
    with _opened(clean) as image:
        width, height = image.size
        image.draft("RGB", (1, 1))  # JPEG: to the end of the file, but into little memory
        image.load()
    if orientation in _ON_THEIR_SIDE:
        width, height = height, width
    content_type, suffix = _KINDS[kind]
    return ImageInfo(clean, content_type, suffix, width, height)


def make_thumbnails(content: bytes) -> list[Thumbnail]:
    """Make all sizes of a picture, the smallest first, upright, in sRGB and without notes.

    None is larger than the picture itself. Of a moving picture the first frame is taken. Raises
    `PictureUnreadable`.
    """
    made: list[Thumbnail] = []
    with _opened(content) as opened:
        longest = SIZES[0][1]
        opened.draft("RGB", (longest, longest))
        image = _plain(ImageOps.exif_transpose(opened))
        whole = image.size
        for name, limit in SIZES:
            if made and max(made[-1].width, made[-1].height) <= limit:
                last = made[-1]
                made.append(Thumbnail(name, last.file, last.width, last.height, last.content))
                continue
            image = image.resize(_within(limit, whole), Image.Resampling.LANCZOS, reducing_gap=2.0)
            written = BytesIO()
            image.save(written, "WEBP", quality=_QUALITY, method=4)
            made.append(Thumbnail(name, size_file(name), *image.size, written.getvalue()))
    return made[::-1]


def _within(limit: int, whole: tuple[int, int]) -> tuple[int, int]:
    """Return width and height whose longer side is at most so long, in the same proportion."""
    ratio = min(1.0, limit / max(whole))
    return max(1, round(whole[0] * ratio)), max(1, round(whole[1] * ratio))


@contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    """Open a picture that is not too large; whatever goes wrong with it is a refusal."""
    with _one_at_a_time:
        try:
            with Image.open(BytesIO(content), formats=tuple(_KINDS)) as image:
                pixels = image.size[0] * image.size[1]
                is_jpeg = image.format in ("JPEG", "MPO")
                most = MOST_PIXELS if is_jpeg else MOST_PIXELS_UNPACKED
                if pixels > most:
                    raise PictureTooManyPixels(
                        width=image.size[0], height=image.size[1], most_megapixels=most // 10**6
                    )
                yield image
        except (PictureUnreadable, PictureTooManyPixels):
            raise
        except Exception as broken:  # its parsers raise whatever they stumble over
            raise PictureUnreadable from broken


def _plain(image: Image.Image) -> Image.Image:
    """Bring a picture of any kind into RGB or RGBA: palettes, greys, 16 bits, print colours."""
    if image.mode.startswith("I"):
        # Sixteen bits a pixel: the upper eight are what a screen shows.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    is_clear = "transparency" in image.info or image.mode in ("LA", "La", "PA", "RGBA", "RGBa")
    if not is_clear and image.mode in ("RGB", "CMYK"):
        image = _in_srgb(image)
    plain = image.convert("RGBA" if is_clear else "RGB")
    plain.info = {}
    return plain


def _in_srgb(image: Image.Image) -> Image.Image:
    """Translate the colours of a picture that says what they mean; others mean sRGB anyway."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    try:
        described = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(image, described, _SRGB, outputMode="RGB") or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a profile that cannot be read says nothing
