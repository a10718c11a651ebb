"""What a product file says, whatever Shopify and spreadsheets have done to it."""

from collections.abc import Iterable
from unicodedata import normalize

import pytest

from api.catalog.service.inputs import ImageInput, PriceInput
from api.catalog.states import ProductStatus
from api.imports.formats.decoding import Decoding, SheetUnreadable
from api.imports.formats.parsed import ParsedProduct
from api.imports.formats.shopify.reader import ShopifyReader, described_products
from api.imports.policy import Consequence
from api.kernel.money import Money
from tests.support.sheets import (
    OLD_HEADER,
    TEMPLATE_HEADER,
    a_file,
    a_row,
    a_simple_row,
    sizes,
)


def _read(content: bytes | Iterable[bytes], currency: str = "EUR") -> list[ParsedProduct]:
    chunks = [content] if isinstance(content, bytes) else content
    return list(described_products(ShopifyReader(chunks), currency))


def _one(content: bytes, currency: str = "EUR") -> ParsedProduct:
    (described,) = _read(content, currency)
    return described


def _problems(content: bytes) -> list[tuple[int, str, str, str]]:
    return [
        (p.row, p.column, p.value, p.consequence.value)
        for described in _read(content)
        for p in described.problems
    ]


def test_several_rows_of_one_handle_are_one_product() -> None:
    """The first row says what it is, those without a title bring variants and pictures."""
    front, back = "https://cdn.test/front.jpg", "https://cdn.test/back.jpg"
    described = _one(
        a_file(
            a_row(
                "shirt",
                "Ocean Shirt",
                **{"body_(html)": "<p>Soft,\nwarm</p>"},
                vendor="Kiln",
                type="Shirts",
                tags="blue, summer , ,blue",
                published="TRUE",
                option1_name="Size",
                option1_value="S",
                option2_name="Colour",
                option2_value="Blue",
                variant_sku="S-BLUE",
                variant_grams="250",
                variant_inventory_qty="7",
                variant_price="20.00",
                variant_compare_at_price="25.00",
                variant_taxable="true",
                variant_barcode="4006381333931",
                image_src=front,
                image_position="2",
                image_alt_text="From the front",
                variant_image=back,
                status="active",
            ),
            a_row("shirt", option1_value="L", option2_value="Blue", variant_price="21.5"),
            a_row("shirt", image_src=back, image_position="1"),
        )
    )

    draft = described.draft
    assert draft is not None
    assert described.problems == []
    assert (draft.slug, draft.external_reference) == ("shirt", "shopify:shirt")
    assert (draft.title, draft.description) == ("Ocean Shirt", "<p>Soft,\nwarm</p>")
    assert (draft.vendor, draft.product_type, draft.tags) == ("Kiln", "Shirts", ("blue", "summer"))
    assert draft.options == ("Size", "Colour")
    assert draft.images == (ImageInput(back), ImageInput(front, "From the front"))
    small, large = draft.variants
    assert (small.sku, small.barcode, small.weight_grams) == ("S-BLUE", "4006381333931", 250)
    assert small.prices == (PriceInput(Money(2000, "EUR"), Money(2500, "EUR")),)
    assert (small.tax_class, small.image_url) == ("standard", back)
    assert (large.sku, large.option_values) == (None, ("L", "Blue"))
    assert large.prices == (PriceInput(Money(2150, "EUR")),)
    assert (described.rows, described.quantities) == ([2, 3], [7, None])
    assert (described.status, described.category) == (ProductStatus.ACTIVE, "Shirts")
    assert (described.last_row, described.row_count) == (4, 3)


def test_the_default_title_means_no_options() -> None:
    """One variant without values."""
    described = _one(a_file(a_simple_row("mug", "Blue Mug")))

    assert described.draft is not None
    assert described.draft.options == ()
    assert [v.option_values for v in described.draft.variants] == [()]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [False, True])
def test_line_ends_and_byte_order_marks_make_no_difference(line_end: str, mark: bool) -> None:
    """Also when a body has lines of its own, and the file comes in pieces of a few bytes."""
    body = f"<p>One{line_end}Two, 'three'</p>"
    content = a_file(
        a_simple_row("mug", "Größe", **{"body_(html)": body}),
        *sizes("shirt", "Shirt", "S", "L"),
        line_end=line_end,
        mark=mark,
    )
    pieces = [content[at : at + 7] for at in range(0, len(content), 7)]

    assert _read(pieces) == _read(content)
    mug, shirt = _read(content)
    assert mug.draft is not None
    assert mug.draft.title == "Größe"
    assert mug.draft.description == body
    assert (shirt.rows, shirt.last_row) == ([3, 4], 4)
    assert sum(1 for _ in ShopifyReader([content]).rows()) == 3


def test_the_newest_template_is_read_as_well() -> None:
    """Its columns have other names and another order."""
    described = _one(
        a_file(
            {
                "Title": "Blue Mug",
                "URL handle": "blue-mug",
                "Description": "<p>For tea</p>",
                "Product category": "Home & Garden > Kitchen > Mugs",
                "Published on online store": "TRUE",
                "Status": "Active",
                "SKU": "MUG-1",
                "Barcode": "123",
                "Option1 name": "Title",
                "Option1 value": "Default Title",
                "Price": "9.99",
                "Compare-at price": "12.00",
                "Charge tax": "FALSE",
                "Inventory quantity": "4",
                "Weight value (grams)": "350",
                "Product image URL": "https://cdn.test/mug.jpg",
                "Variant image URL": "https://cdn.test/blue.jpg",
            },
            header=TEMPLATE_HEADER,
        )
    )

    assert described.problems == []
    draft = described.draft
    assert draft is not None
    (variant,) = draft.variants
    assert (draft.slug, draft.description) == ("blue-mug", "<p>For tea</p>")
    assert (variant.sku, variant.barcode, variant.weight_grams) == ("MUG-1", "123", 350)
    assert variant.prices == (PriceInput(Money(999, "EUR"), Money(1200, "EUR")),)
    assert variant.tax_class == "zero"
    assert variant.image_url == "https://cdn.test/blue.jpg"
    assert [image.url for image in draft.images] == [
        "https://cdn.test/mug.jpg",
        "https://cdn.test/blue.jpg",
    ]
    assert (described.quantities, described.category) == ([4], "Mugs")


def test_a_template_without_a_handle_takes_the_title() -> None:
    """As Shopify does."""
    described = _one(a_file({"Title": "Blue Mug, large", "Price": "9.99"}, header=TEMPLATE_HEADER))

    assert described.draft is not None
    assert described.draft.slug == "blue-mug-large"


@pytest.mark.parametrize(
    ("status", "published", "expected"),
    [
        ("active", "true", "active"),
        ("ACTIVE", "", "active"),
        ("active", "FALSE", "draft"),
        ("draft", "true", "draft"),
        ("unlisted", "true", "draft"),
        ("archived", "true", "archived"),
        ("", "true", "active"),
        ("", "false", "draft"),
        ("", "", "active"),
    ],
)
def test_only_what_is_active_and_published_goes_on_the_shelf(
    status: str, published: str, expected: str
) -> None:
    """Old exports say only one of the two."""
    row = a_simple_row("mug", "Mug", status=status, published=published)

    assert _one(a_file(row)).status == expected


@pytest.mark.parametrize(
    ("kind", "category", "expected"),
    [
        ("Mugs", "Home > Kitchen > Cups", "Mugs"),
        ("", "Home & Garden > Kitchen > Cups", "Cups"),
        ("", "Cups", "Cups"),
        ("", "TV", "TV"),
        ("", "Uncategorized", ""),
        ("", "2271", ""),
        ("", "gid://shopify/TaxonomyCategory/hg-11-6", ""),
        ("", "hg-11-6", ""),
        ("", "", ""),
    ],
)
def test_a_category_is_the_type_or_the_last_part_of_the_classification(
    kind: str, category: str, expected: str
) -> None:
    """Exports know no categories of a shop's own."""
    row = a_simple_row("mug", "Mug", type=kind, product_category=category)

    assert _one(a_file(row)).category == expected


@pytest.mark.parametrize(
    ("price", "currency", "amount"),
    [
        ("9.99", "EUR", 999),
        ("10", "EUR", 1000),
        ("0", "EUR", 0),
        ("12.500", "EUR", 1250),
        ("500.00", "JPY", 500),
        ("1.255", "KWD", 1255),
    ],
)
def test_prices_are_exact_in_every_currency(price: str, currency: str, amount: int) -> None:
    """Whole minor units, without a float on the way."""
    described = _one(a_file(a_simple_row("mug", "Mug", price)), currency)

    assert described.draft is not None
    assert described.draft.variants[0].prices == (PriceInput(Money(amount, currency)),)


@pytest.mark.parametrize(
    ("price", "currency", "amount"),
    [
        ("1,299.00", "EUR", 129900),
        ("1.299,00", "EUR", 129900),
        ("1\u00a0299,5", "EUR", 129950),
        ("1'299.50", "EUR", 129950),
        ("1 299", "EUR", 129900),
        ("1,299,000", "EUR", 129900000),
        ("9,99", "EUR", 999),
        ("1,299", "JPY", 1299),
        ("1.299,500", "KWD", 1299500),
    ],
)
def test_prices_as_spreadsheets_show_them_are_read_where_they_mean_one_thing(
    price: str, currency: str, amount: int
) -> None:
    """Thousands set apart, and commas for decimals."""
    described = _one(a_file(a_simple_row("mug", "Mug", price)), currency)

    assert described.draft is not None
    assert described.draft.variants[0].prices == (PriceInput(Money(amount, currency)),)


@pytest.mark.parametrize("before", ["", "0", "0.00", "9.99", "5.00"])
def test_a_compare_at_price_that_is_not_above_the_price_is_none(before: str) -> None:
    """So Shopify writes that nothing is reduced."""
    row = a_simple_row("mug", "Mug", "9.99", variant_compare_at_price=before)

    described = _one(a_file(row))

    assert described.draft is not None
    assert described.draft.variants[0].prices == (PriceInput(Money(999, "EUR")),)
    assert described.problems == []


@pytest.mark.parametrize(
    ("cells", "column", "value"),
    [
        ({"price": "9,999"}, "Variant Price", "9,999"),
        ({"price": "€9.99"}, "Variant Price", "€9.99"),
        ({"price": "-1"}, "Variant Price", "-1"),
        ({"price": "1e3"}, "Variant Price", "1e3"),
        ({"price": "1,29.00"}, "Variant Price", "1,29.00"),
        ({"price": "1.299.00"}, "Variant Price", "1.299.00"),
        ({"price": "1,299.00,0"}, "Variant Price", "1,299.00,0"),
        ({"price": "9.999"}, "Variant Price", "9.999"),
        ({"price": "9" * 15}, "Variant Price", "9" * 15),
        ({"variant_compare_at_price": "dear"}, "Variant Compare At Price", "dear"),
        ({"variant_inventory_qty": "some"}, "Variant Inventory Qty", "some"),
        ({"variant_inventory_qty": "1.5"}, "Variant Inventory Qty", "1.5"),
        ({"variant_grams": "1 kg"}, "Variant Grams", "1 kg"),
        ({"variant_taxable": "perhaps"}, "Variant Taxable", "perhaps"),
        ({"variant_barcode": "1" * 65}, "Variant Barcode", "1" * 65),
        ({"variant_sku": "S" * 256}, "Variant SKU", "S" * 256),
    ],
)
def test_a_bad_cell_skips_its_variant_and_says_what_would_be_right(
    cells: dict[str, str], column: str, value: str
) -> None:
    """Row, column and value as the spreadsheet shows them; the other rows land."""
    price = cells.pop("price", "9.99")
    rows = sizes("shirt", "Shirt", "S", "M", "L")
    rows[1] |= a_simple_row("shirt", "", price, option1_name="", option1_value="M", **cells)

    described = _one(a_file(*rows))

    (problem,) = described.problems
    assert (problem.row, problem.column, problem.value) == (3, column, value)
    assert problem.consequence is Consequence.ROW_SKIPPED
    assert problem.reason
    assert described.draft is not None
    assert [v.option_values for v in described.draft.variants] == [("S",), ("L",)]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"published": "ja"}, "Published"),
        ({"status": "sold"}, "Status"),
        ({"vendor": "V" * 256}, "Vendor"),
        ({"option1_name": "", "option1_value": "Blue"}, "Option1 Name"),
        ({"option1_name": "", "option2_name": "Size", "option2_value": "L"}, "Option1 Name"),
    ],
)
def test_a_bad_cell_of_the_product_itself_skips_the_handle(
    cells: dict[str, str], column: str
) -> None:
    """With all of its rows, and says so once."""
    content = a_file(
        a_simple_row("bad", "Bad", **cells),
        a_row("bad", option1_value="XL", variant_price="1"),
        a_simple_row("good", "Good"),
    )

    bad, good = _read(content)

    assert (bad.draft, bad.row_count) == (None, 2)
    assert [(p.row, p.column, p.consequence) for p in bad.problems] == [
        (2, column, Consequence.PRODUCT_SKIPPED)
    ]
    assert good.draft is not None


def test_a_missing_value_names_its_option() -> None:
    """Two options need two values, and one value too many belongs to nothing."""
    rows = sizes("shirt", "Shirt", "S", "M", "L", "XL")
    rows[0] |= {"Option2 Name": "Colour", "Option2 Value": "Blue"}
    rows[2] |= {"Option2 Value": "Blue"}
    rows[3] |= {"Option2 Value": "Blue", "Option3 Value": "Wool"}

    described = _one(a_file(*rows))

    assert [(p.row, p.column, p.reason) for p in described.problems] == [
        (3, "Option2 Value", "A value for Colour is missing."),
        (5, "Option3 Value", "This value belongs to no named option."),
    ]


def test_less_than_nothing_is_no_opening_stock() -> None:
    """The variant lands, without a quantity."""
    described = _one(a_file(a_simple_row("mug", "Mug", variant_inventory_qty="-3")))

    assert described.quantities == [None]
    assert [(p.column, p.value, p.consequence) for p in described.problems] == [
        ("Variant Inventory Qty", "-3", Consequence.VALUE_IGNORED)
    ]


def test_what_spreadsheets_do_to_codes_and_weights_is_undone() -> None:
    """An apostrophe before digits, decimals where there were none."""
    row = a_simple_row(
        "mug",
        "Mug",
        variant_sku="'0012",
        variant_barcode="'4006381333931",
        variant_grams="453.592",
        variant_inventory_qty="10.0",
    )

    described = _one(a_file(row))

    assert described.draft is not None
    (variant,) = described.draft.variants
    assert (variant.sku, variant.barcode, variant.weight_grams) == ("0012", "4006381333931", 454)
    assert described.quantities == [10]


@pytest.mark.parametrize("code", ["1.23E+12", "4,00638E+12", "5e+11"])
def test_a_code_that_a_spreadsheet_has_rounded_is_left_out(code: str) -> None:
    """What is left of it would be another code; the variant lands without."""
    row = a_simple_row("mug", "Mug", variant_sku=code, variant_barcode=code)

    described = _one(a_file(row))

    assert described.draft is not None
    (variant,) = described.draft.variants
    assert (variant.sku, variant.barcode) == (None, None)
    assert [(p.column, p.value, p.consequence.value) for p in described.problems] == [
        ("Variant SKU", code, "value_ignored"),
        ("Variant Barcode", code, "value_ignored"),
    ]


def test_a_barcode_that_became_a_number_is_a_barcode_again() -> None:
    """A SKU may end like this by itself."""
    row = a_simple_row("mug", "Mug", variant_sku="100200.0", variant_barcode="4006381333931.0")

    described = _one(a_file(row))

    assert described.draft is not None
    (variant,) = described.draft.variants
    assert (variant.sku, variant.barcode) == ("100200.0", "4006381333931")


def test_a_gift_card_is_taken_in_and_not_sold() -> None:
    """Nobody would send its code."""
    cards = [
        a_simple_row("card", "Card", gift_card="TRUE", status=status)
        for status in ("active", "archived")
    ]

    active, archived = (_one(a_file(card)) for card in cards)

    assert (active.status, archived.status) == (ProductStatus.DRAFT, ProductStatus.ARCHIVED)
    assert [(p.column, p.consequence.value) for p in active.problems] == [
        ("Gift Card", "value_ignored")
    ]
    assert archived.problems == []


def test_what_is_cut_off_an_alternative_text_is_told_of() -> None:
    """Shopify allows a few characters more."""
    picture = "https://cdn.test/mug.jpg"
    content = a_file(a_simple_row("mug", "Mug", image_src=picture, image_alt_text="a" * 512))

    described = _one(content)

    assert described.draft is not None
    assert described.draft.images == (ImageInput(picture, "a" * 500),)
    assert _problems(content) == [(2, "Image Alt Text", "a" * 512, "value_ignored")]


def test_pictures_stand_by_their_positions_and_those_of_variants_behind_them() -> None:
    """In the order of the variants, and with positions that became decimals."""
    rows = sizes("shirt", "Shirt", "S", "M", "L")
    for row, name in zip(rows, ("zebra", "yak", "ant"), strict=True):
        row["Variant Image"] = f"https://cdn.test/{name}.jpg"
    for row, position in zip(rows, ("10.0", "9.0", "2.0"), strict=True):
        row |= {"Image Src": f"https://cdn.test/{position}.jpg", "Image Position": position}

    described = _one(a_file(*rows))

    assert described.draft is not None
    assert [image.url.rpartition("/")[2] for image in described.draft.images] == [
        *("2.0.jpg", "9.0.jpg", "10.0.jpg"),
        *("zebra.jpg", "yak.jpg", "ant.jpg"),
    ]


@pytest.mark.parametrize(
    ("handle", "slug"),
    [
        ("Blue-Mug", "blue-mug"),
        ("a--b_c", "a--b_c"),
        ("日本語-シャツ", "日本語-シャツ"),
        ("เสื้อ-ยืด", "เสื้อ-ยืด"),
        ("हिन्दी-कमीज़", "हिन्दी-कमीज़"),
        ("เสื้อ ยืด!", "เสื้อ-ยืด"),
        ("men's & women's", "men-s-women-s"),
        ("-party-🎉-", "party"),
        ("🎉", ""),
    ],
)
def test_handles_of_all_scripts_become_addresses(handle: str, slug: str) -> None:
    """Also those that write vowels over and under their letters; only signs become dashes."""
    described = _one(a_file(a_simple_row(handle, "Mug")))

    assert (described.draft.slug if described.draft else "") == normalize("NFC", slug)


def test_a_handle_whose_accents_stand_apart_is_the_same_handle() -> None:
    """As file names of some systems are."""
    apart = "Cafe\u0301-\u30ab\u3099"

    described = _one(a_file(a_simple_row(apart, "Mug")))

    assert described.draft is not None
    assert described.draft.slug == "caf\u00e9-\u30ac"


def test_the_longest_handle_says_how_long_it_may_be() -> None:
    """Its reference has to be kept as well."""
    fits, longer = _read(a_file(a_simple_row("a" * 247, "A"), a_simple_row("b" * 248, "B")))

    assert fits.draft is not None
    assert (longer.draft, longer.problems[0].reason) == (
        None,
        "This has 248 characters; shorten it to 247 or fewer.",
    )


def test_the_exports_of_2021_class_products_in_columns_of_their_own() -> None:
    """The shop's own type comes first."""
    names = ["Standard Product Type", "Custom Product Type"]
    header = [*OLD_HEADER[:4], *names, *OLD_HEADER[5:]]
    row = {"Handle": "mug", "Title": "Mug", "Variant Price": "9"}
    classed = {**row, names[0]: "Home & Garden > Mugs"}

    described = [_one(a_file({**classed, names[1]: own}, header=header)) for own in ("", "Cups")]

    assert [one.category for one in described] == ["Mugs", "Cups"]


def test_the_line_that_tells_spreadsheets_the_separator_is_passed_over() -> None:
    """Rows keep the numbers that the spreadsheet shows."""
    content = a_file(a_simple_row("mug", "Mug", "dear"), separator=";")

    assert _problems(b"sep=;\r\n" + content) == [(2, "Variant Price", "dear", "row_skipped")]


def test_a_picture_without_a_web_address_is_left_out() -> None:
    """The product lands."""
    content = a_file(
        a_simple_row("mug", "Mug", image_src="C:\\mug.jpg"),
        a_row("mug", image_src="https://cdn.test/mug.jpg"),
        a_row("mug", image_src="https://cdn.test/mug.jpg", image_alt_text="Again"),
    )

    described = _one(content)

    assert described.draft is not None
    assert described.draft.images == (ImageInput("https://cdn.test/mug.jpg", "Again"),)
    assert _problems(content) == [(2, "Image Src", "C:\\mug.jpg", "value_ignored")]


def test_the_title_may_stand_in_any_row_of_its_handle() -> None:
    """Somebody sorted the file by price."""
    first, second = sizes("shirt", "Shirt", "S", "L")

    described = _one(a_file(second, first))

    assert described.draft is not None
    assert (described.first_row, described.draft.title) == (3, "Shirt")
    assert [v.option_values for v in described.draft.variants] == [("L",), ("S",)]


def test_rows_of_a_handle_that_stand_apart_are_read_apart() -> None:
    """The second part has no title and brings only variants."""
    shirt = sizes("shirt", "Shirt", "S", "L")

    first, mug, second = _read(a_file(shirt[0], a_simple_row("mug", "Mug"), shirt[1]))

    assert mug.handle == "mug"
    assert first.draft is not None
    assert second.draft is not None
    assert (second.draft.title, second.draft.options) == ("", ())
    assert [v.option_values for v in second.draft.variants] == [("L",)]


def test_blank_rows_are_passed_over_and_rows_without_a_handle_are_told_of() -> None:
    """Row numbers stay those of the spreadsheet."""
    content = a_file(
        {},
        a_simple_row("mug", "Mug"),
        {},
        a_row("", variant_price="5"),
        a_simple_row("cup", "Cup"),
    )

    assert [d.first_row for d in _read(content)] == [3, 5, 6]
    assert _problems(content) == [(5, "Handle", "", "product_skipped")]


def test_a_row_with_more_cells_than_the_header_is_not_guessed_at() -> None:
    """A comma without quotes has moved everything to the right."""
    content = a_file(*sizes("shirt", "Shirt", "S", "M", "L"))
    lines = content.split(b"\n")
    lines[2] = lines[2].replace(b"20.00", b"20,00") + b",x"

    assert [(row, consequence) for row, _, _, consequence in _problems(b"\n".join(lines))] == [
        (3, "row_skipped")
    ]


def test_a_broken_quote_costs_its_row_and_not_the_file() -> None:
    """What stands before and after is read."""
    content = a_file(
        a_simple_row("mug", "Mug"), a_simple_row("cup", "Cup"), a_simple_row("jar", "Jar")
    ).replace(b"cup,Cup,", b'cup,"Cup" large,')

    handles = [d.handle for d in _read(content) if d.draft is not None]

    assert handles == ["mug", "jar"]
    ((row, _, _, consequence),) = _problems(content)
    assert (row, consequence) == (3, "row_skipped")


def test_a_quote_that_never_closes_is_told_of_and_not_swallowed() -> None:
    """Everything below is inside of it."""
    content = a_file(a_simple_row("mug", "Mug"), a_simple_row("cup", "Cup")).replace(
        b"cup,Cup,", b'cup,"Cup,'
    )

    mug = _one(content)

    assert mug.draft is not None
    assert [(p.row, p.consequence.value) for p in mug.problems] == [(3, "row_skipped")]
    assert "never closed" in mug.problems[0].reason


def test_other_separators_are_found_by_the_header() -> None:
    """Spreadsheets of half of Europe write semicolons."""
    for separator in (";", "\t"):
        described = _one(a_file(a_simple_row("mug", "Mug"), separator=separator))
        assert described.handle == "mug"


def test_columns_that_nobody_reads_are_named() -> None:
    """So that nobody wonders where the cost went."""
    sheet = ShopifyReader([a_file(a_simple_row("mug", "Mug"))])

    assert "Cost per item" in sheet.ignored_columns
    assert "Price / International" in sheet.ignored_columns
    assert "Variant Price" not in sheet.ignored_columns


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n\n", "The file is empty"),
        (b"Name,Price\nMug,9\n", "Handle, Title are missing"),
        (b"PK\x03\x04" + bytes(26) + b"xl/workbook.xml", "workbook"),
        (b"\xd0\xcf\x11\xe0rest", "workbook"),
        (b"PK\x03\x04" + bytes(26) + b"products_export.csv", "packed file. Unpack it"),
        (b"\x1f\x8b\x08rest", "packed file. Unpack it"),
        (b"%PDF-1.7", "PDF"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><title>Sign in</title>", "web page"),
        (
            b"Handle,Title,SKU,Location,Incoming,Available,On hand\nmug,Mug,M,Shop,0,1,1\n",
            "inventory file",
        ),
        ("Handle,Title\nmug,Größe\n".encode() + b"cup,Gr\xf6\xdfe\n", "not text in UTF-8"),
        ("Handle,Title\nmug,Mug\n".encode("utf-16-le"), "not text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not text"),
    ],
)
def test_what_is_no_product_file_says_why(content: bytes, said: str) -> None:
    """And what to do about it."""

    def read() -> None:
        list(Decoding().text([content]))
        list(ShopifyReader([content]).rows())

    with pytest.raises(SheetUnreadable, match=said):
        read()


def test_a_handle_with_too_many_rows_is_bounded() -> None:
    """Memory does not grow with what somebody pasted."""
    rows = sizes("shirt", "Shirt", *(f"Size {n}" for n in range(3_010)))

    described = _one(a_file(*rows))

    assert described.draft is not None
    assert len(described.draft.variants) == 3_000
    assert (described.row_count, described.last_row) == (3_010, 3_011)
    assert [p.consequence for p in described.problems] == [Consequence.ROW_SKIPPED]


def test_reading_goes_on_after_a_row() -> None:
    """Where the last reader stopped."""
    content = a_file(*sizes("shirt", "Shirt", "S", "L"), a_simple_row("mug", "Mug"))

    products = described_products(ShopifyReader([content]), "EUR", after_row=3)

    assert [described.handle for described in products] == ["mug"]


def test_the_oldest_header_needs_no_status() -> None:
    """Nor a product category."""
    content = a_file(
        {"Handle": "mug", "Title": "Mug", "Variant Price": "9", "Published": "true"},
        header=OLD_HEADER,
    )

    assert _one(content).status is ProductStatus.ACTIVE
