"""Records of taxes: markets, rates, exempt customers, and what goods would cost somewhere."""

from __future__ import annotations

from console.flows.records.shapes import Field, Input, Kind, RecordCommand

TREATMENTS = (
    "standard", "reduced", "zero", "exempt", "reverse_charge", "intra_community", "export",
    "out_of_scope",
)  # fmt: skip
FROM = Input("valid_from", "first day, such as 2026-07-01, or Enter:", "day", start="valid_from",
             is_optional=True)  # fmt: skip
TO = Input("valid_to", "last day, or Enter:", "day", start="valid_to", is_optional=True)
RATE = Input("rate", "percent, such as 19 or 8.875:", start="rate")
TREATMENT = Input("treatment", "treatment, or Enter:", "choice", TREATMENTS, start="treatment",
                  is_optional=True)  # fmt: skip
REASON = Input("reason", "why it is 0, or Enter:", start="reason", is_optional=True)
TAX_NAME = Input("name", "name, such as VAT 19 %:", start="name")
COUNTRIES = Input("countries", "countries, such as DE AT; * is all others:", "words",
                  start="countries")  # fmt: skip
METHODS = Input("payment_methods", "paid how, or Enter:", "choices", ("manual", "stripe"),
                start="payment_methods", is_optional=True)  # fmt: skip
GROSS = Input("prices_include_tax", "prices include tax, yes or no, or Enter:", "yes",
              start="prices_include_tax", is_optional=True)  # fmt: skip

TRY = RecordCommand(
    "try_taxes", "t", "try", "What goods would cost in a place, step by step", "/estimates",
    "pricing:write", "Calculate it?", is_new=True, shows_once="explanation",
    fields=(Input("items", "goods, such as MUG 2, JUG:", "goods"),
            Input("country", "country, such as DE:"),
            Input("region", "state or province, or Enter:", is_optional=True),
            Input("postal_code", "postal code, or Enter:", is_optional=True),
            Input("vat_id", "VAT id, or Enter:", is_optional=True)),
)  # fmt: skip

MARKETS = Kind(
    "markets", "market", "Countries that are sold to on the same terms", "/markets",
    (
        Field("Code", "code", width=10),
        Field("Name", "name", width=16, grow=1),
        Field("Currency", "currency", width=8),
        Field("Tax in prices", "prices_include_tax", "yes", 13, from_width=70),
        Field("Countries", "countries", "list", 16, grow=2),
        Field("In use", "is_active", "yes", 6),
    ),
    (
        Field("language", "language"),
        Field("paid by", "payment_methods", "list"),
        Field("gift cards", "gift_card_min_days", "count"),
    ),
    (
        RecordCommand("new_market", "n", "new", "A new market: other countries are then not sold "
             "to, unless one has *", "/markets", "pricing:write", "Make this market?",
             fields=(Input("code", "code, such as eu:"), Input("name", "name:"), COUNTRIES,
                     Input("currency", "currency, such as EUR:"), GROSS, METHODS),
             is_new=True),
        RecordCommand("edit_market", "e", "change", "Other countries or terms, or out of use",
             "/markets/{id}", "pricing:write", "Change {name}?", method="PATCH",
             fields=(Input("name", "name:", start="name", is_optional=True), COUNTRIES, GROSS,
                     METHODS,
                     Input("gift_card_min_days", "gift cards valid at least how many days, or "
                           "off:", "number", start="gift_card_min_days", is_optional=True,
                           may_be_off=True),
                     Input("is_active", "in use, yes or no:", "yes", start="is_active",
                           is_optional=True))),
        RecordCommand("drop_market", "d", "delete", "Delete a market; orders stay as they are",
             "/markets/{id}", "pricing:write", "Delete {name}?", method="DELETE"),
        TRY,
    ),
    alias="markets", needs="pricing:write", item="/markets/{id}", state="is_active",
)  # fmt: skip

TAXES = Kind(
    "tax_rates", "tax rate", "Taxes by place and class, and from when they count", "/tax-rates",
    (
        Field("Country", "country", width=7),
        Field("Region", "region", width=6, from_width=70),
        Field("Codes from", "postal_from", width=10, from_width=100),
        Field("Name", "name", width=16, grow=1),
        Field("Class", "tax_class", width=10),
        Field("Rate", "rate", "percent", 8),
        Field("From", "valid_from", width=10),
        Field("To", "valid_to", width=10),
        Field("To check", "to_check", "yes", 8, from_width=84),
    ),
    (
        Field("codes to", "postal_to"),
        Field("levied by", "jurisdiction"),
        Field("code", "code"),
        Field("treatment", "treatment"),
        Field("reason", "reason"),
    ),
    (
        RecordCommand("new_rate", "n", "new", "A rate from a day on; the earlier one ends before",
             "/tax-rates", "pricing:write", "Add this rate?",
             fields=(Input("country", "country, such as DE, or *:"),
                     Input("region", "state or province, or Enter:", is_optional=True),
                     Input("tax_class", "tax class, such as standard:"), RATE, TAX_NAME,
                     TREATMENT, REASON, FROM, TO),
             is_new=True),
        RecordCommand("edit_rate", "e", "change", "Another rate, name, treatment or period; it is "
             "checked then", "/tax-rates/{id}", "pricing:write", "Change {name}?", method="PATCH",
             fields=(RATE._replace(is_optional=True), TAX_NAME._replace(is_optional=True),
                     TREATMENT, REASON, FROM, TO)),
        RecordCommand("confirm_rate", "c", "checked", "A rule that was written for you is right",
             "/tax-rates/{id}", "pricing:write", "Is {name} right as it is?", method="PATCH",
             copied=(("name", "name"),)),
        RecordCommand("drop_rate", "d", "delete", "Delete the first or last rate of a place",
             "/tax-rates/{id}", "pricing:write", "Delete {name}?", method="DELETE"),
        RecordCommand("import_rates", "i", "import", "Rates from a CSV file, all rows or none",
             "/tax-rates/import", "pricing:write", "Replace the rates of these places?",
             fields=(Input("csv", "file:", "file"),), is_new=True),
        RecordCommand("export_rates", "x", "export", "All rates as a CSV file in this folder",
             "/tax-rates/export", "pricing:write", "Write tax-rates.csv into this folder?",
             method="GET", is_new=True),
        TRY,
    ),
    alias="taxes", needs="pricing:write", item="/tax-rates/{id}", state="country",
)  # fmt: skip

EXEMPTIONS = Kind(
    "tax_exemptions", "exemption", "Customers who owe no tax", "/tax-exemptions",
    (
        Field("Customer", "email", width=20, grow=1),
        Field("Country", "country", width=7),
        Field("Why", "reason", width=16, grow=1),
        Field("From", "valid_from", width=10),
        Field("To", "valid_to", width=10),
    ),
    (Field("certificate", "certificate"),),
    (
        RecordCommand("new_exemption", "n", "new", "A customer who owes no tax", "/tax-exemptions",
             "pricing:write", "Exempt this customer?",
             fields=(Input("email", "e-mail of the customer:"),
                     Input("country", "country, or Enter for all:", is_optional=True),
                     Input("reason", "why:"),
                     Input("certificate", "certificate, or Enter:", is_optional=True), FROM, TO),
             is_new=True),
        RecordCommand("edit_exemption", "e", "change", "Another reason, certificate or period",
             "/tax-exemptions/{id}", "pricing:write", "Change {name}?", method="PATCH",
             fields=(Input("reason", "why:", start="reason", is_optional=True),
                     Input("certificate", "certificate:", start="certificate", is_optional=True),
                     FROM, TO)),
        RecordCommand("drop_exemption", "d", "delete", "End an exemption at once",
             "/tax-exemptions/{id}", "pricing:write", "End the exemption of {name}?",
             method="DELETE"),
    ),
    alias="exemptions", needs="pricing:write", item="/tax-exemptions/{id}", named_by="email",
    state="country",
)  # fmt: skip

KINDS = (MARKETS, TAXES, EXEMPTIONS)
