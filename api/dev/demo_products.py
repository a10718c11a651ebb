"""What the demo shop sells: a kitchen and tea shop, with awkward cases on purpose.

Each row: category, title, price in euro cents, tax class, grams, options, values, units on
hand, threshold, words.
"""

from typing import Final, NamedTuple


class DemoProduct(NamedTuple):
    """One product of the demo. Variants differ in one option; `stock` is units per variant."""

    category: str
    title: str
    price: int
    tax_class: str
    grams: int
    option: str
    values: tuple[str, ...]
    stock: int
    threshold: int
    words: str


CATEGORIES: Final = {
    "Kitchen": ("Mugs & cups", "Teapots", "Knives", "Baking"),
    "Tea & coffee": ("Black tea", "Green tea", "Coffee"),
    "Pantry": (),
}

PRODUCTS: Final = (
    DemoProduct("Mugs & cups", "Harbour mug", 1290, "standard", 340, "Colour",
          ("Blue", "Sand", "Moss"), 40, 10, "Stoneware, 300 ml, fired twice."),
    DemoProduct("Mugs & cups", "Espresso cup", 890, "standard", 160, "Colour",
          ("White", "Black"), 60, 12, "A small cup with a thick rim that keeps the heat."),
    DemoProduct("Mugs & cups", "Enamel camping mug", 1150, "standard", 210, "Colour",
          ("Cream", "Red", "Navy"), 25, 6, "Survives a fall; the enamel may chip."),
    DemoProduct("Mugs & cups", "Travel tumbler", 2490, "standard", 420, "Size",
          ("350 ml", "500 ml"), 18, 5, "Double wall, leak-proof lid."),
    DemoProduct("Teapots", "Cast iron teapot", 5900, "standard", 1450, "Size",
          ("0.6 l", "1.2 l"), 9, 3, "With a strainer; not for the hob."),
    DemoProduct("Teapots", "Glass teapot", 3450, "standard", 620, "", (), 14, 4,
          "Borosilicate glass, one litre, to watch the leaves open."),
    DemoProduct("Teapots", "Clay pot from Yixing", 8900, "standard", 480, "", (), 2, 2,
          "Unglazed; keep it for one kind of tea."),
    DemoProduct("Knives", "Cook's knife 20 cm", 7400, "standard", 260, "", (), 12, 3,
          "Carbon steel with a walnut handle."),
    DemoProduct("Knives", "Paring knife", 2200, "standard", 80, "Handle",
          ("Walnut", "Beech"), 30, 8, "A short blade for small work."),
    DemoProduct("Knives", "Whetstone 1000/3000", 3900, "standard", 900, "", (), 7, 3,
          "Two grits on one stone; soak it for ten minutes."),
    DemoProduct("Baking", "Loaf tin", 1890, "standard", 540, "Length",
          ("25 cm", "30 cm"), 22, 5, "Blued steel; never wash it with soap."),
    DemoProduct("Baking", "Proofing basket", 2150, "standard", 380, "Shape",
          ("Round", "Long"), 16, 4, "Rattan, for a kilo of dough."),
    DemoProduct("Baking", "Bench scraper", 990, "standard", 120, "", (), 45, 10,
          "Cuts dough, lifts crumbs."),
    DemoProduct("Black tea", "Assam Mangalam", 790, "reduced", 110, "Weight",
          ("100 g", "250 g", "1 kg"), 80, 20, "Malty, stands milk."),
    DemoProduct("Black tea", "Darjeeling first flush", 1490, "reduced", 110, "Weight",
          ("100 g", "250 g"), 24, 10, "Light and floral, this spring's picking."),
    DemoProduct("Black tea", "Earl Grey", 690, "reduced", 110, "Weight",
          ("100 g", "250 g"), 55, 15, "With oil of bergamot from Calabria."),
    DemoProduct("Green tea", "Sencha Kagoshima", 1190, "reduced", 110, "Weight",
          ("100 g", "250 g"), 33, 10, "Steamed; brew it at 70 degrees."),
    DemoProduct("Green tea", "Jasmine pearls", 1350, "reduced", 110, "", (), 19, 8,
          "Rolled by hand, scented three nights."),
    DemoProduct("Green tea", "Matcha for every day", 1990, "reduced", 60, "", (), 3, 5,
          "Stone ground, 30 g tin."),
    DemoProduct("Coffee", "House espresso", 1190, "reduced", 260, "Grind",
          ("Whole bean", "Espresso", "Filter"), 48, 12, "Dark chocolate, hazelnut."),
    DemoProduct("Coffee", "Ethiopia Guji", 1450, "reduced", 260, "Grind",
          ("Whole bean", "Filter"), 20, 8, "Washed; apricot and black tea."),
    DemoProduct("Pantry", "Forest honey", 850, "reduced", 700, "", (), 31, 10,
          "From spruce, dark and not too sweet."),
    DemoProduct("Pantry", "Sea salt flakes", 590, "reduced", 150, "", (), 64, 15,
          "Raked by hand in Brittany."),
    DemoProduct("Pantry", "Vanilla pods", 1290, "reduced", 20, "Pieces",
          ("2", "5"), 12, 5, "Bourbon vanilla from Madagascar."),
)  # fmt: skip

CUSTOMERS: Final = (
    ("Zoë Łukasz", "Długa 14", "Warszawa", "00-238", "PL"),
    ("Ada Byron", "Lindenstraße 9", "Berlin", "10969", "DE"),
    ("Jonas Tan", "Marktplatz 3", "Bremen", "28195", "DE"),
    ("Mireille Dubois", "12 rue des Lilas", "Lyon", "69003", "FR"),
    ("Karl Oberhuber", "Hauptplatz 21", "Linz", "4020", "AT"),
    ("Signe Holm", "Nørregade 5", "København", "1165", "DK"),
    ("Pieter de Vries", "Keizersgracht 101", "Amsterdam", "1015 CJ", "NL"),
    ("Lucía Romero", "Calle Mayor 8", "Madrid", "28013", "ES"),
    ("Hannah Weiß", "Am Hang 2", "Freiburg", "79098", "DE"),
    ("Björn Åkesson", "Storgatan 44", "Göteborg", "411 38", "SE"),
)

FIRST_NAMES: Final = (
    "Ada", "Björn", "Chiara", "Daan", "Elif", "Frieda", "Greta", "Hannah", "Ignacio", "Jonas",
    "Karl", "Lucía", "Mireille", "Nils", "Oda", "Pieter", "Rosa", "Signe", "Tomasz", "Zoë",
)  # fmt: skip
LAST_NAMES: Final = (
    "Åkesson", "Byron", "Costa", "Dubois", "Eriksen", "Fontaine", "Grün", "Holm", "Ivanova",
    "Jansen", "Kowalska", "Łukasz", "Moreau", "Nowak", "Oberhuber", "Pérez", "Romero", "Tan",
    "de Vries", "Weiß",
)  # fmt: skip
