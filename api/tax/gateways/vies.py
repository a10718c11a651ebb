"""VIES, the VAT information exchange system of the EU, by its REST interface.

As documented at https://ec.europa.eu/taxation_customs/vies/#/technical-information.
"""

from typing import Final

import httpx

from api.platform.settings import Settings
from api.tax.gateways import VatAnswer, VatCheckUnavailable
from api.tax.vat_ids import VatId

TIMEOUT_SECONDS: Final = 2.0
_UNKNOWN: Final = "---"
"""How VIES writes what a member state does not tell."""


class ViesChecker:
    """Asks VIES; without an address (`VIES_URL`) every check is unavailable."""

    def __init__(self, settings: Settings) -> None:
        self._url, self._own = settings.vies_url.rstrip("/"), settings.vat_id

    def check(self, vat_id: VatId) -> VatAnswer:
        """Return what the member state says. Raises `VatCheckUnavailable`."""
        if not self._url:
            raise VatCheckUnavailable("VIES_URL is not set")
        body = {"countryCode": vat_id.text[:2], "vatNumber": vat_id.text[2:]}
        if self._own:
            # Only whoever names itself gets a consultation number.
            body |= {"requesterMemberStateCode": self._own[:2], "requesterNumber": self._own[2:]}
        try:
            answer = httpx.post(
                f"{self._url}/check-vat-number", json=body, timeout=TIMEOUT_SECONDS
            ).raise_for_status()
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise VatCheckUnavailable(str(error) or type(error).__name__) from error
        # Of a member state that does not answer, it says valid: false and why; that is no answer.
        if not isinstance(told, dict) or told.get("userError", "VALID") not in ("VALID", "INVALID"):
            raise VatCheckUnavailable(str(told)[:200])
        if not isinstance(told.get("valid"), bool):
            raise VatCheckUnavailable(str(told)[:200])
        name = str(told.get("name") or "").strip()
        return VatAnswer(
            told["valid"],
            None if name in ("", _UNKNOWN) else name[:200],
            str(told.get("requestIdentifier") or "")[:40] or None,
        )
