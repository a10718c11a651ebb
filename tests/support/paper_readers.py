"""Reads what is sent to printers, by the manuals of their makers and not by our own writers."""

import re
from dataclasses import dataclass, field
from typing import Any

# Epson, "ESC t: select character code table": the tables of the TM series that Python knows.
CODE_TABLES = {
    0: "cp437", 2: "cp850", 13: "cp857", 14: "cp737", 16: "cp1252", 17: "cp866", 18: "cp852",
    19: "cp858",
}  # fmt: skip
# Epson, "GS k", function B: the length stands before the data.
BARCODES = {65: "UPC-A", 67: "EAN13", 68: "EAN8", 69: "CODE39", 70: "ITF", 73: "CODE128"}
ALIGNMENTS = ("left", "centre", "right")


@dataclass
class Receipt:
    """What a receipt printer would print."""

    lines: list[str] = field(default_factory=list)
    bold: list[str] = field(default_factory=list)
    alignments: list[str] = field(default_factory=list)
    """Of each line."""
    barcodes: list[tuple[str, str]] = field(default_factory=list)
    barcode_alignments: list[str] = field(default_factory=list)
    pictures: list[tuple[int, int]] = field(default_factory=list)
    """Width and height in dots."""
    cuts: int = 0

    @property
    def text(self) -> str:
        """Everything that is printed as text."""
        return "\n".join(self.lines)


def read_escpos(sent: bytes) -> Receipt:
    """Read ESC/POS as a TM printer does; a command that it does not know fails the test."""
    found, at, line = Receipt(), 0, ""
    table, align, is_bold = "cp437", "left", False
    while at < len(sent):
        rest = sent[at:]
        if rest[:2] == b"\x1b@":
            table, align, is_bold, at = "cp437", "left", False, at + 2
        elif rest[:2] == b"\x1bt":
            table, at = CODE_TABLES[rest[2]], at + 3
        elif rest[:2] == b"\x1ba":
            assert not line, "ESC a counts only at the beginning of a line"
            align, at = ALIGNMENTS[rest[2]], at + 3
        elif rest[:2] == b"\x1bE":
            is_bold, at = bool(rest[2] & 1), at + 3
        elif (
            rest[:2] == b"\x1bd"
            or rest[:2] == b"\x1d!"
            or rest[:2] in (b"\x1dh", b"\x1dw", b"\x1dH")
        ):
            at += 3
        elif rest[:2] == b"\x1dk":
            kind, length = rest[2], rest[3]
            data = rest[4 : 4 + length]
            assert len(data) == length
            if kind == 73:
                assert data[:2] == b"{B", "Code 128 begins with the set that is chosen"
                data = data[2:].replace(b"{{", b"{")
            found.barcodes.append((BARCODES[kind], data.decode("ascii")))
            found.barcode_alignments.append(align)
            at += 4 + length
        elif rest[:3] == b"\x1dv0":
            width = int.from_bytes(rest[4:6], "little")
            height = int.from_bytes(rest[6:8], "little")
            assert len(rest) >= 8 + width * height
            found.pictures.append((width * 8, height))
            at += 8 + width * height
        elif rest[:2] == b"\x1dV":
            found.cuts, at = found.cuts + 1, at + (3 if rest[2] in (0, 1, 48, 49) else 4)
        elif rest[:1] == b"\n":
            found.lines.append(line)
            found.alignments.append(align)
            if is_bold:
                found.bold.append(line)
            line, at = "", at + 1
        else:
            assert rest[0] >= 0x20, f"unknown command {rest[:4]!r} at {at}"
            line, at = line + rest[:1].decode(table), at + 1
    return found


@dataclass
class ZplLabel:
    """What a Zebra printer would print on one label; positions are dots."""

    width: int = 0
    height: int = 0
    is_utf8: bool = False
    texts: list[tuple[int, int, str]] = field(default_factory=list)
    barcodes: list[tuple[str, int, str]] = field(default_factory=list)
    """Kind, height and data."""
    pictures: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Where it is, and its width and height."""


_BARCODES = {"BC": "CODE128", "BE": "EAN13", "B8": "EAN8", "BU": "UPCA", "B2": "ITF"}


def read_zpl(sent: str) -> list[ZplLabel]:
    """Read ZPL II: commands begin with ^ or ~, data with ^FD and end with ^FS."""
    labels: list[ZplLabel] = []
    label, x, y, barcode, is_hex = ZplLabel(), 0, 0, ("", 0), False
    assert "~" not in sent, "a command that acts at once"
    for command in re.split(r"\^", sent)[1:]:
        name, values = command[:2], command[2:]
        numbers = values.strip("\n").split(",")
        if name == "XA":
            label = ZplLabel()
        elif name == "XZ":
            labels.append(label)
        elif name == "CI":
            label.is_utf8 = values == "28"
        elif name == "PW":
            label.width = int(values)
        elif name == "LL":
            label.height = int(values)
        elif name == "FO":
            x, y, barcode, is_hex = int(numbers[0]), int(numbers[1]), ("", 0), False
        elif name in _BARCODES:
            barcode = (_BARCODES[name], int(numbers[1]))
        elif name == "FH":
            is_hex = True
        elif name == "FD":
            data = _unescaped(values) if is_hex else values
            if barcode[0]:
                label.barcodes.append((*barcode, data))
            else:
                label.texts.append((x, y, data))
        elif name == "GF":
            _, _, total, row = numbers[0], numbers[1], int(numbers[2]), int(numbers[3])
            assert len(numbers[4]) == 2 * total
            label.pictures.append((x, y, row * 8, total // row))
        else:
            assert name in {"FS", "A0", "BY", "PQ"}, f"unknown command ^{name}"
    return labels


def _unescaped(text: str) -> str:
    """Undo ^FH: `_` and two hexadecimal digits are a byte."""

    def read(found: "re.Match[str]") -> Any:
        return bytes.fromhex(found[0].replace("_", "")).decode("utf-8")

    return re.sub(r"(?:_[0-9A-F]{2})+", read, text)
