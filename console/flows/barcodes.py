"""Numbers of articles: the same one has 8, 12, 13 or 14 digits, as whoever prints it likes."""

from __future__ import annotations


def same_barcode(digits: str) -> set[str]:
    """The numbers of 14 digits that a code may mean; a UPC-E of eight digits means a longer one."""
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in {8, 12, 13, 14}:
        return set()
    found = {digits.zfill(14)}
    if len(digits) == 8 and digits[0] in "01" and has_check_digit(spelled_out(digits)):
        found.add(spelled_out(digits).zfill(14))
    return found


def spelled_out(upc_e: str) -> str:
    """A UPC-E of eight digits as the UPC-A of twelve that it is short for."""
    system, body, last, check = upc_e[0], upc_e[1:6], upc_e[6], upc_e[7]
    if last in "012":
        return f"{system}{body[:2]}{last}0000{body[2:]}{check}"
    if last == "3":
        return f"{system}{body[:3]}00000{body[3:]}{check}"
    if last == "4":
        return f"{system}{body[:4]}00000{body[4]}{check}"
    return f"{system}{body}0000{last}{check}"


def has_check_digit(digits: str) -> bool:
    """Whether the last digit is the check digit of a GTIN of 8, 12, 13 or 14 digits."""
    if not digits.isdigit() or len(digits) not in {8, 12, 13, 14}:
        return False
    weighed = sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(reversed(digits[:-1]), 1))
    return (10 - weighed % 10) % 10 == int(digits[-1])
