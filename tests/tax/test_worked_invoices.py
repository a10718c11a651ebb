"""Invoices that were worked out by hand from the law of each place, to the last cent.

Rates as the sources say them, which were read in November 2026; the amounts are worked out here:
net, rate, tax, gross. Carriage that the seller charges is a part of the price of the goods (article
78 (b) Directive 2006/112/EC, datenbank.nwb.de/Dokument/452295_Article78), and of goods at several
rates each bears its share.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from api.kernel.ids import new_id
from api.pricing.totals import LIKE_GOODS, LineToPrice, ShippingChoice, Totals, calculate_totals
from api.tax.rules import INTRA_COMMUNITY, Destination, Rate, Tax, TaxRules, Treatment


@dataclass(frozen=True)
class Invoice:
    """Goods as (units, price, class), shipping, and what must come of them in minor units."""

    source: str
    currency: str
    taxes: Sequence[tuple[str, Tax]]
    goods: Sequence[tuple[int, int, str]]
    shipping: tuple[int, str]
    line_taxes: Sequence[int]
    shipping_tax: int
    total: int
    is_gross: bool = True
    by_tax: dict[str, int] = field(default_factory=dict)
    """The amount of each tax of the first line."""
    override: Tax | None = None


def vat(percent: float, name: str = "VAT", **more: Any) -> Tax:
    return Tax(round(percent * 10_000), name, **more)


EXPORT = Tax(0, "VAT", treatment=Treatment.EXPORT, reason="Article 146 Directive 2006/112/EC")
INVOICES = {
    "DE": Invoice(
        "Section 12 UStG (gesetze-im-internet.de/ustg_1980/__12.html): 19 % and, for books, 7 %;"
        " carriage shares the fate of the goods (section 3.10 (5) UStAE, article 78 (b) of the"
        " Directive), in proportion",
        "EUR",
        [("standard", vat(19)), ("books", vat(7, treatment=Treatment.REDUCED))],
        [(3, 999, "standard"), (1, 1990, "books")],
        (490, LIKE_GOODS),
        # 29.97 x 19/119 = 4.785; 19.90 x 7/107 = 1.302. Net 25.18 and 18.60 of 43.78: shipping
        # 4.90 splits into 2.82 and 2.08, with 0.450 and 0.136 tax.
        [479, 130], 59, 2997 + 1990 + 490,
    ),
    "FR": Invoice(
        "Articles 278 and 278-0 bis CGI (legifrance.gouv.fr): 20 %, and 5.5 % for books; article"
        " 267 I 2 CGI: transport that is charged to the customer belongs to the taxable amount",
        "EUR",
        [("standard", vat(20)), ("books", vat(5.5, treatment=Treatment.REDUCED))],
        [(1, 4990, "standard"), (2, 1250, "books")],
        (690, LIKE_GOODS),
        # 49.90 / 6 = 8.3167; 25.00 x 5.5/105.5 = 1.3033. Net 41.58 and 23.70 of 65.28: shipping
        # 6.90 splits into 4.39 and 2.51, with 0.7317 and 0.1309 tax.
        [832, 130], 86, 4990 + 2500 + 690,
    ),
    "IT": Invoice(
        "Article 16 DPR 633/1972 and table A part II (normattiva.it): 22 % since 2013-10-01 (DL"
        " 98/2011, leggioggi.it/?p=9844), 4 % for books; article 12: carriage is accessory",
        "EUR",
        [("standard", vat(22, "IVA")), ("books", vat(4, "IVA", treatment=Treatment.REDUCED))],
        [(7, 1333, "standard"), (1, 1500, "books")],
        (800, LIKE_GOODS),
        # 93.31 x 22/122 = 16.8264; 15.00 x 4/104 = 0.5769. Net 76.48 and 14.42 of 90.90: shipping
        # 8.00 splits into 6.73 and 1.27, with 1.2136 and 0.0488 tax.
        [1683, 58], 126, 9331 + 1500 + 800,
    ),
    "GB": Invoice(
        "Sections 2 and 30 and schedule 8 group 3 VATA 1994 (legislation.gov.uk/ukpga/1994/23):"
        " 20 %, and zero for books; VAT Notice 700/24 section 2 (gov.uk): a charge for delivery has"
        " the liability of the goods, so of both in part",
        "GBP",
        [("standard", vat(20)), ("books", Tax(0, "VAT", treatment=Treatment.ZERO))],
        [(1, 2499, "standard"), (1, 899, "books")],
        (399, LIKE_GOODS),
        # 24.99 / 6 = 4.165, half-up 4.17. Net 20.82 and 8.99 of 29.81: shipping 3.99 splits into
        # 2.79 and 1.20; 2.79 / 6 = 0.465, half-up 0.47.
        [417, 0], 47, 2499 + 899 + 399,
    ),
    "CH": Invoice(
        "Article 25 MWSTG (fedlex.admin.ch/eli/cc/2009/615) from 2024: 8.1 %, and 2.6 % for books"
        " (estv.admin.ch/estv/en/home/value-added-tax/vat-rates-switzerland.html); article 19 (4):"
        " what is accessory is taxed as the goods (mwstnetzwerk.com/art-19-mwstg-2010)",
        "CHF",
        [("standard", vat(8.1, "MWST")), ("books", vat(2.6, "MWST", treatment=Treatment.REDUCED))],
        [(2, 4995, "standard"), (1, 2900, "books")],
        (900, LIKE_GOODS),
        # 99.90 x 8.1/108.1 = 7.4856; 29.00 x 2.6/102.6 = 0.7349. Net 92.41 and 28.27 of 120.68:
        # shipping 9.00 splits into 6.89 and 2.11, with 0.5163 and 0.0535 tax.
        [749, 73], 57, 9990 + 2900 + 900,
    ),
    "NO": Invoice(
        "Stortinget's yearly resolution on VAT, sections 2 and 3 (skatteetaten.no/en/rates/"
        "value-added-tax): 25 %, 15 % for food; section 4-2 of the VAT act, handbook M-4-2.2:"
        " transport of food to the customer is taxed at 15 %",
        "NOK",
        [("standard", vat(25, "MVA")), ("food", vat(15, "MVA", treatment=Treatment.REDUCED))],
        [(1, 29900, "standard"), (3, 4990, "food")],
        (9900, LIKE_GOODS),
        # 299.00 / 5 = 59.80; 149.70 x 15/115 = 19.5261. Net 239.20 and 130.17 of 369.37: shipping
        # 99.00 splits into 64.11 and 34.89, with 12.822 and 4.5509 tax.
        [5980, 1953], 1737, 29900 + 14970 + 9900,
    ),
    "US-CA": Invoice(
        "cdtfa.ca.gov/taxes-and-fees/April2025ratechange.htm: Measure A repeals 0.25 % and adds"
        " 0.5 % in the county of Los Angeles, so that 9.5 % became 9.75 % where a city levies none"
        " of its own, as in Los Angeles: 7.25 % statewide and 2.5 % district taxes; regulation 1628"
        " (a) (law.cornell.edu/regulations/california/18-CCR-1628): separately stated delivery by a"
        " carrier is not taxed, up to what the carrier was paid",
        "USD",
        [
            ("standard", vat(7.25, "California sales tax")),
            ("standard", vat(2.5, "District tax", jurisdiction="Los Angeles")),
            ("carriage", Tax(0, "Sales tax", treatment=Treatment.EXEMPT, reason="Reg. 1628")),
        ],
        [(1, 19_999, "standard"), (3, 1299, "standard")],
        (995, "carriage"),
        # 199.99 x 9.75 % = 19.4990; 38.97 x 9.75 % = 3.7996.
        [1950, 380], 0, 19_999 + 1950 + 3897 + 380 + 995, False,
        # 19.50 x 7.25/9.75 = 14.50, the rest is 5.00.
        {"California sales tax": 1450, "District tax": 500},
    ),
    "US-NY": Invoice(
        "www1.nyc.gov/nyc-resources/service/2389/sales-tax: 8.875 % in New York City = 4 % state,"
        " 4.5 % city, 0.375 % MCTD; tax bulletin ST-838 (tax.ny.gov/pubs_and_bulls/tg_bulletins/st/"
        "shipping_and_delivery_charges.htm): shipping of taxable goods is taxed as they are",
        "USD",
        [
            ("standard", vat(4, "State")),
            ("standard", vat(4.5, "City", jurisdiction="New York City")),
            ("standard", vat(0.375, "District", jurisdiction="MCTD")),
        ],
        [(1, 10_000, "standard"), (1, 4999, "standard")],
        (800, "standard"),
        # 100.00 x 8.875 % = 8.875, half-up 8.88; 49.99 x 8.875 % = 4.4366; 8.00: 0.71.
        [888, 444], 71, 10_000 + 888 + 4999 + 444 + 800 + 71, False,
        # 8.88 in parts of 4, 4.5 and 0.375: 400.2, 450.3, 37.5 cents; the district gets the cent.
        {"State": 400, "City": 450, "District": 38},
    ),
    "intra-community": Invoice(
        "Article 138 (1) Directive 2006/112/EC (eur-lex.europa.eu): exempt with a valid VAT id of"
        " another member state; the invoice says so by article 226 (11)",
        "EUR",
        [("standard", vat(20, "TVA"))],
        [(10, 2500, "standard")],
        (1500, "standard"),
        [0], 0, 26_500, True, {"VAT": 0}, INTRA_COMMUNITY,
    ),
    "export": Invoice(
        "Article 146 (1) Directive 2006/112/EC (eur-lex.europa.eu): goods that leave are exempt",
        "EUR",
        [("standard", EXPORT)],
        [(1, 9999, "standard")],
        (2500, "standard"),
        [0], 0, 12_499,
    ),
}  # fmt: skip


def totals_of(invoice: Invoice) -> Totals:
    rates = [Rate("XX", "", "", tax_class, tax) for tax_class, tax in invoice.taxes]
    return calculate_totals(
        [LineToPrice(new_id(), units, price, of) for units, price, of in invoice.goods],
        ShippingChoice(*invoice.shipping),
        TaxRules(rates, Destination("XX"), date(2026, 5, 4), override=invoice.override),
        invoice.currency,
        prices_include_tax=invoice.is_gross,
    )


@pytest.mark.parametrize("invoice", INVOICES.values(), ids=INVOICES)
def test_an_invoice_is_what_the_law_of_its_place_makes_it(invoice: Invoice) -> None:
    totals = totals_of(invoice)

    assert [line.tax for line in totals.lines] == list(invoice.line_taxes)
    assert (totals.shipping_tax, totals.total) == (invoice.shipping_tax, invoice.total)
    assert totals.tax == sum(invoice.line_taxes) + invoice.shipping_tax
    for name, amount in invoice.by_tax.items():
        parts = [one.amount for one in totals.lines[0].tax_lines if one.tax.name == name]
        assert parts == [amount]
    for line in totals.lines:
        assert sum(one.amount for one in line.tax_lines) == line.tax
        assert all(one.base == line.total - line.tax for one in line.tax_lines)


def test_a_sale_without_tax_says_why() -> None:
    for name in ("intra-community", "export"):
        snapshots = [one.snapshot for one in totals_of(INVOICES[name]).lines[0].tax_lines]
        assert [(one["treatment"], one["reason"]) for one in snapshots] == [
            {
                "intra-community": ("intra_community", "Article 138 Directive 2006/112/EC"),
                "export": ("export", "Article 146 Directive 2006/112/EC"),
            }[name]
        ]
