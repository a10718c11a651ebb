"""VAT ids as buyers type them: which country they are of, and whether they can be real."""

import re
from dataclasses import dataclass

from stdnum.ch import uid as swiss
from stdnum.eu import vat as european
from stdnum.exceptions import ValidationError
from stdnum.gb import vat as british
from stdnum.no import orgnr as norwegian

from api.tax.errors import VatIdInvalid
from api.tax.rules import EU

_SEPARATORS = re.compile(r"[\s./-]+")
_ELSEWHERE = re.compile(r"[A-Z0-9]{2,18}")
_SUFFIX = re.compile(r"(MWST|TVA|IVA|MVA)$")
_OTHERS = {"CH": swiss.validate, "GB": british.validate, "NO": norwegian.validate}
# Greece writes EL, for Ellada, and not its ISO code: article 215 of Directive 2006/112/EC.
_COUNTRY_OF = {"EL": "GR", "MC": "FR"}
_PREFIX_OF = {"GR": "EL"}


@dataclass(frozen=True, slots=True)
class VatId:
    """A VAT id that is well-formed: its country (ISO 3166, or XI) and its text with a prefix."""

    country: str
    text: str

    @property
    def is_european(self) -> bool:
        """Whether VIES knows such ids: GB is not among them, XI is."""
        return self.country in EU


def parse(typed: str, country: str) -> VatId:
    """Read a VAT id; one without a prefix is of `country`. Raises `VatIdInvalid`.

    Check digits are compared where the country has any. Ids of countries without a known rule are
    taken as they are.
    """
    text = _SEPARATORS.sub("", typed).upper()
    prefix = text[:2] if text[:2] in EU | _OTHERS.keys() | {"EL"} else country
    of = _COUNTRY_OF.get(prefix, prefix)
    number = text.removeprefix(prefix)
    prefix = _PREFIX_OF.get(of, of)
    try:
        if of in EU:
            return VatId(of, prefix + european.validate(prefix + number).removeprefix(prefix))
        if of in _OTHERS:
            number = _SUFFIX.sub("", number)
            _OTHERS[of](prefix + number if of == "CH" else number)
            return VatId(of, prefix + number)
    except ValidationError as error:
        raise _invalid(typed, f"{typed} is not a VAT id of {of}: {error}") from error
    if not _ELSEWHERE.fullmatch(text):
        raise _invalid(typed, f"{typed} is not a tax number: use letters and digits.")
    return VatId(of, text)


def refuse(vat_id: str) -> VatIdInvalid:
    """Return the refusal of an id that VIES does not know."""
    return _invalid(vat_id, f"VIES says that the VAT id {vat_id} is not valid.")


def _invalid(vat_id: str, detail: str) -> VatIdInvalid:
    errors = [{"pointer": "/vat_id", "code": VatIdInvalid.code, "detail": detail}]
    return VatIdInvalid(f"{detail} Correct it, or leave it out.", vat_id=vat_id, errors=errors)
