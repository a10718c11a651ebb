"""Take out of a picture's file what its maker may not know is in it: places, names, devices.

The picture itself is not touched and not written anew. Only which way is up is kept.
"""

import re
import struct
import zlib
from collections.abc import Iterator

_UPRIGHT = 1
_ICC = b"ICC_PROFILE\x00"
_PNG_DROPPED = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
_WEBP_DROPPED = frozenset({b"EXIF", b"XMP "})
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04
# Cameras append further pictures, each with its own notes, behind the end of the first.
_NEXT_JPEG = re.compile(rb"\xff\xd9\xff\xd8\xff")


class FileMalformed(ValueError):
    """The parts of the file do not fit together."""


def strip_metadata(content: bytes, kind: str, orientation: int) -> bytes:
    """Return a JPEG, PNG or WEBP file without its notes. Raises `FileMalformed`."""
    notes = b"" if orientation == _UPRIGHT else _only_orientation(orientation)
    try:
        return {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp}[kind](content, notes)
    except (struct.error, IndexError) as cut_off:
        raise FileMalformed from cut_off


def _only_orientation(orientation: int) -> bytes:
    """Write Exif with one entry."""
    return b"II*\x00" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def _jpeg(content: bytes, notes: bytes) -> bytes:
    parts = [content[:2]]
    if notes:
        parts.append(b"\xff\xe1" + struct.pack(">H", len(notes) + 8) + b"Exif\x00\x00" + notes)
    at = 2
    while True:
        if content[at] != 0xFF:
            raise FileMalformed
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xDA:
            end = _NEXT_JPEG.search(content, at)
            parts.append(content[at : end.start() + 2 if end else None])
            return b"".join(parts)
        (length,) = struct.unpack_from(">H", content, at + 2)
        segment = content[at : at + 2 + length]
        if _is_kept(marker, segment[4:]):
            parts.append(segment)
        at += 2 + max(2, length)


def _is_kept(marker: int, body: bytes) -> bool:
    if marker == 0xE2:
        return body.startswith(_ICC)
    # Of the sixteen kinds of notes only those that say how to read the colours.
    return not (0xE1 <= marker <= 0xEF or marker == 0xFE) or marker == 0xEE


def _png(content: bytes, notes: bytes) -> bytes:
    parts, at = [content[:8]], 8
    while at < len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        if name == b"IDAT" and notes:
            check = struct.pack(">I", zlib.crc32(b"eXIf" + notes))
            parts.append(struct.pack(">I4s", len(notes), b"eXIf") + notes + check)
            notes = b""
        if name not in _PNG_DROPPED:
            parts.append(content[at : at + 12 + length])
        at += 12 + length
        if name == b"IEND":
            break
    return b"".join(parts)


def _webp(content: bytes, notes: bytes) -> bytes:
    chunks = [(name, body) for name, body in _riff(content) if name not in _WEBP_DROPPED]
    if chunks and chunks[0][0] == b"VP8X":
        flags = chunks[0][1][0] & ~(_WEBP_EXIF | _WEBP_XMP) | (_WEBP_EXIF if notes else 0)
        chunks[0] = (b"VP8X", bytes([flags]) + chunks[0][1][1:])
        if notes:
            chunks.append((b"EXIF", notes))
    body = b"".join(
        name + struct.pack("<I", len(part)) + part + b"\x00" * (len(part) % 2)
        for name, part in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _riff(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(content):
        name, length = struct.unpack_from("<4sI", content, at)
        yield name, content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
