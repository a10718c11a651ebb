"""Refusals about pictures."""

from typing import ClassVar

from api.kernel.errors import Conflict, NotFound, Unprocessable


class MediaNotFound(NotFound):
    """No such picture."""

    code = "media_not_found"
    sentence = "There is no such picture."


class MediaUnknown(Unprocessable):
    """A product may show only pictures that the shop has."""

    code = "media_unknown"
    sentence = "There is no picture {media_id}. Hand it in at /api/v1/admin/media first."


class MediaInUse(Conflict):
    """A picture that products show stays."""

    code = "media_in_use"
    sentence = "Products still show this picture. Take it out of them first."


class PictureMissing(Unprocessable):
    """A request without a picture in it."""

    code = "picture_missing"
    sentence = (
        "Send the picture as the part `file` of a form, or as a body of type image/jpeg, "
        "image/png or image/webp."
    )


class PictureUnreadable(Unprocessable):
    """What was handed in is no picture, whatever it is called, or is cut off."""

    code = "picture_unreadable"
    sentence = "This is not a whole JPEG, PNG or WebP picture. Save it again as one of these."


class PictureTooLarge(Unprocessable):
    """More bytes than one picture may have."""

    code = "picture_too_large"
    status: ClassVar[int] = 413
    sentence = "A picture may have at most {most_megabytes} MB. Make it smaller first."


class PictureTooManyPixels(Unprocessable):
    """A small file may hold a picture that fills the memory."""

    code = "picture_too_many_pixels"
    sentence = (
        "The picture is {width} x {height} pixels; at most {most_megapixels} megapixels are read. "
        "Make it smaller first."
    )


class PictureTwice(Unprocessable):
    """A product shows a picture once, however it is named."""

    code = "picture_twice"
    sentence = "The picture {url} is named twice. Name each picture once."
