"""Everything that an operator can do, in the order in which the bar shows it."""

from __future__ import annotations

from typing import NamedTuple

from console.flows.records.table import KINDS

RECORDS = frozenset(KINDS)
EVERYWHERE = RECORDS | {
    "home", "orders", "order", "ship", "refund", "stock", "level", "catalogue", "attention",
    "outbox", "help", "scanner", "bin", "put_away", "count", "receive",
}  # fmt: skip
LISTS = RECORDS | frozenset(
    {
        "home",
        "orders",
        "stock",
        "catalogue",
        "attention",
        "outbox",
        "help",
        "palette",
        "ship",
        "refund",
        "bin",
        "put_away",
        "count",
        "receive",
    }
)
SCROLLED = LISTS | {"order", "level"}


class Action(NamedTuple):
    """One thing that an operator can do."""

    id: str
    keys: tuple[str, ...]
    """What the key types, or its name when it types nothing; the first is the usual one."""

    face: str
    """How the key looks on the bar."""

    label: str
    """One or two words for the bar; empty keeps it off the bar."""

    help: str
    group: str
    screens: frozenset[str] = EVERYWHERE
    alias: str = ""
    """What is typed after `:` to do it."""

    needs: str = ""
    """The permission without which it is neither shown nor done."""


def _on(*screens: str) -> frozenset[str]:
    return frozenset(screens)


ACTIONS = (
    # What the screen is for comes first: the bar shows actions in this order.
    Action("enter", ("enter", "ctrl+j"), "⏎", "open",
           "Begin the next job: ship the order that waits longest, or the one the cursor is on",
           "This screen", _on("home")),
    Action("enter", ("enter", "ctrl+j"), "⏎", "open", "Open the order", "This screen",
           _on("orders")),
    Action("enter", ("enter", "ctrl+j"), "⏎", "ship", "The next step of this order",
           "This screen", _on("order")),
    Action("take_over", (), "", "", "Have this order, which somebody else has open; a word is "
           "typed to be sure", "This screen", _on("order", "ship", "refund"), alias="take"),
    Action("enter", ("enter", "ctrl+j"), "⏎", "ship", "Ship what is chosen", "This screen",
           _on("ship")),
    Action("enter", ("enter", "ctrl+j"), "⏎", "", "Take the answer that has the focus",
           "This screen", _on("refund")),
    Action("enter", ("enter", "ctrl+j"), "⏎", "open", "Open the level with its journal",
           "This screen", _on("stock")),
    Action("enter", ("enter", "ctrl+j"), "⏎", "variants", "Go into the product's variants; in a "
           "review, take the answer that has the focus", "This screen", _on("catalogue")),
    Action("enter", ("enter", "ctrl+j"), "⏎", "open", "Open the order that it is about",
           "This screen", _on("attention")),
    Action("give_back", ("r",), "r", "give back", "Give its money back; the amount is typed to be "
           "sure", "This screen", _on("attention")),
    Action("link", ("l",), "l", "link", "Record orphan money as a payment of an order",
           "This screen", _on("attention")),
    Action("accept", ("a",), "a", "accept", "Leave it as it is, with a note that says why",
           "This screen", _on("attention")),
    Action("run_again", ("y",), "y", "run again", "Run a failing job again", "This screen",
           _on("attention")),
    Action("discard", ("d",), "d", "", "Give a failing job up for good, with a note",
           "This screen", _on("attention")),
    Action("findings", ("c",), "c", "checks", "What the nightly check of goods, orders and money "
           "found", "This screen", _on("attention")),
    Action("commit", ("f10", "ctrl+s"), "F10", "send", "Send what the review shows", "This screen",
           _on("catalogue")),
    Action("try_again", ("y",), "y", "try again", "In the outcome: work out refused rows once more",
           "This screen", _on("catalogue")),
    Action("mark", (" ",), "␣", "choose", "Choose what the cursor is on, or no longer; changes are "
           "for all that is chosen", "This screen", _on("catalogue")),
    Action("find", ("/",), "/", "find",
           "Search; also vendor: type: tag: category: collection: sort:name and in:USD",
           "This screen", _on("catalogue")),
    Action("price", ("p",), "p", "price", "Change prices: =19.90, +2, -10%, and .99, .95 or whole "
           "to round", "This screen", _on("catalogue")),
    Action("sale", ("s",), "s", "sale", "Put on sale by a percentage, with the old price beside "
           "it; off ends the sale", "This screen", _on("catalogue")),
    Action("was", ("w",), "w", "was", "The price before: =29.90 sets it, off clears it",
           "This screen", _on("catalogue")),
    Action("low_at", ("l",), "l", "low", "At how many units the stock is low; off stops watching",
           "This screen", _on("catalogue")),
    Action("publish", ("u",), "u", "publish", "Publish drafts in the storefront", "This screen",
           _on("catalogue")),
    Action("archive", ("x",), "x", "archive", "Archive: no longer in the storefront", "This screen",
           _on("catalogue")),
    Action("unarchive", ("n",), "n", "", "Make archived products drafts again", "This screen",
           _on("catalogue")),
    Action("mark_all", ("a",), "a", "all", "Choose the whole list, up to 2 000 products",
           "This screen", _on("catalogue")),
    Action("unmark", ("c",), "c", "clear", "Choose nothing; F9 takes that back", "This screen",
           _on("catalogue")),
    Action("mark_range", ("r",), "r", "range", "Choose everything from the row chosen last to the "
           "cursor", "This screen", _on("catalogue")),
    Action("outcome", ("o",), "o", "outcome", "How the last change went, row by row",
           "This screen", _on("catalogue")),
    Action("turn_left", ("left",), "←", "", "Out of the variants; in a review, the answer before",
           "This screen", _on("catalogue")),
    Action("turn_right", ("right",), "→", "", "Into the variants; in a review, the next answer",
           "This screen", _on("catalogue")),
    Action("enter", ("enter", "ctrl+j"), "⏎", "look", "Open what the entry is about",
           "This screen", _on("outbox")),
    Action("enter", ("enter", "ctrl+j"), "⏎", "do it", "Do what the cursor is on",
           "This screen", _on("help", "palette")),
    Action("enter", ("enter", "ctrl+j"), "⏎", "sign in", "Go on to the password, or sign in",
           "This screen", _on("sign_in")),
    Action("invited", ("f2",), "F2", "a code", "Join by an invitation, or enrol this terminal",
           "This screen", _on("sign_in")),
    Action("commit", ("f10", "ctrl+s"), "F10", "review",
           "Show what would be given back; once more sends it", "This screen", _on("refund")),
    Action("enter", ("enter", "ctrl+j"), "⏎", "level", "Open the level of the item",
           "This screen", _on("bin")),
    Action("count", ("=",), "=", "count", "Count this bin", "This screen", _on("bin"),
           needs="inventory:adjust"),
    Action("enter", ("enter", "ctrl+j"), "⏎", "send", "Send what was scanned, to be compared",
           "This screen", _on("count"), needs="inventory:adjust"),
    Action("commit", ("f10", "ctrl+s"), "F10", "finish", "Finish: what was not scanned is gone",
           "This screen", _on("count"), needs="inventory:adjust"),
    Action("enter", ("enter", "ctrl+j"), "⏎", "all to come", "All units of this line that are "
           "still to come", "This screen", _on("receive")),
    Action("commit", ("f10", "ctrl+s"), "F10", "post", "Put what was counted into the stock",
           "This screen", _on("receive"), needs="inventory:receive"),
    Action("more", ("+",), "+", "more", "One unit more", "This screen",
           _on("ship", "refund", "receive")),
    Action("less", ("-",), "-", "less", "One unit less", "This screen",
           _on("ship", "refund", "receive")),
    Action("damaged", ("!",), "!", "damaged", "How many of them cannot be sold", "This screen",
           _on("receive")),
    Action("teach", ("#",), "#", "teach", "Say what an unknown code is: its SKU, and its units "
           "where it is a case", "This screen", _on("receive")),
    Action("exactly", ("=",), "=", "units", "Type the quantity, then Enter",
           "This screen", _on("ship", "refund", "receive")),
    Action("everything", ("*",), "*", "all", "Everything that is still open",
           "This screen", _on("ship", "refund")),
    Action("add", ("+",), "+", "add", "Add units to the level: +5, Enter, reason; F10 in the list",
           "This screen", _on("stock", "level")),
    Action("take", ("-",), "-", "take", "Take units off the level: -2, Enter, reason",
           "This screen", _on("stock", "level")),
    Action("set", ("=",), "=", "set", "Put in what was counted: =7, Enter, reason",
           "This screen", _on("stock", "level")),
    Action("turn_left", ("left",), "←", "", "The carrier before; in a question, the answer before",
           "This screen", _on("ship")),
    Action("turn_right", ("right",), "→", "carrier", "The next carrier; in a question, the next "
           "answer", "This screen", _on("ship")),
    Action("carrier", ("@",), "@", "", "Type the name of a carrier", "This screen", _on("ship")),
    Action("tracking", ("#",), "#", "tracking", "Type the tracking number; of a code that is goods "
           "too, say that it is the label",
           "This screen", _on("ship")),
    Action("override", ("!",), "!", "unchecked", "Let units go that cannot be scanned; the "
           "reason is kept with the parcel", "This screen", _on("ship")),
    Action("restock", (" ",), "␣", "restock", "Back to stock, or not", "This screen",
           _on("refund")),
    Action("shipping", (".",), ".", "fee", "Give the shipping fee back, or not",
           "This screen", _on("refund")),
    Action("amount", ("$",), "$", "amount", "Type all that goes back, for goods or for nothing; "
           "of an overpaid order the excess is offered", "This screen", _on("refund")),
    Action("store_credit", ("@",), "@", "credit", "Give money as store credit, or the way it came",
           "This screen", _on("refund")),
    Action("reason", ("!",), "1-7", "reason",
           "Type the reason's digit (then F10, or Enter)", "This screen", _on("refund")),
    Action("remark", (";",), ";", "note", "Write a note to the refund", "This screen",
           _on("refund")),
    Action("turn_left", ("left",), "←", "", "In the review: the answer before", "This screen",
           _on("refund")),
    Action("turn_right", ("right", "tab"), "→", "", "In the review: the next answer",
           "This screen", _on("refund")),
    Action("ship", ("s",), "s", "ship", "Ship the order, whole or in part", "This screen",
           _on("orders", "order")),
    Action("refund_here", ("r",), "r", "refund", "Give money back for this order", "This screen",
           _on("orders", "order")),
    Action("note", ("n",), "n", "note", "Add a note to the order", "This screen",
           _on("orders", "order")),
    Action("mark_paid", ("p",), "p", "paid", "Record money that came another way than by card: "
           "how much, its reference, F10", "This screen", _on("order")),
    Action("cancel_order", ("c",), "c", "cancel", "Cancel the order and give its money back: a "
           "digit for the reason, F10", "This screen", _on("order")),
    Action("commit", ("f10", "ctrl+s"), "F10", "send", "Send what the review shows", "This screen",
           _on("order")),
    Action("turn_left", ("left",), "←", "", "In a review, the answer before", "This screen",
           _on("order")),
    Action("turn_right", ("right",), "→", "", "In a review, the next answer", "This screen",
           _on("order")),
    Action("hold", ("h",), "h", "hold", "Hold the order back from being shipped, with a reason",
           "This screen", _on("order")),
    Action("check_vat_id", ("v",), "v", "", "Ask VIES again about the buyer's VAT id",
           "This screen", _on("order"), needs="orders:write"),
    Action("release", ("u",), "u", "release", "Release what holds the order back",
           "This screen", _on("order")),
    Action("parcels", ("k",), "k", "parcels", "The order's parcels: deliver, correct, void, pack",
           "This screen", _on("order", "orders")),
    Action("order_discounts", ("d",), "d", "discounts", "What was taken off the order; take more "
           "off an unpaid one", "This screen", _on("order")),
    Action("emails", ("m",), "m", "e-mails", "The order's e-mails: read them, send one again",
           "This screen", _on("order"), needs="customers:read"),
    Action("history", ("i",), "i", "", "Who did what to it, and when", "This screen",
           _on("order", "stock", "catalogue"), needs="audit:read"),
    Action("same_customer", ("o",), "o", "theirs", "All orders of the same customer",
           "This screen", _on("order", "orders"), needs="customers:read"),
    Action("enter", ("enter", "ctrl+j"), "⏎", "look", "The whole page of what the cursor is on; in "
           "a form, the answer that has the focus", "This screen", RECORDS),
    Action("commit", ("f10", "ctrl+s"), "F10", "send", "Send what was filled in", "This screen",
           RECORDS),
    *(
        Action(command.name, (command.key,), command.key, command.label, command.help,
               "This screen", _on(kind.name), needs=command.needs)
        for kind in KINDS.values() for command in kind.commands
    ),
    Action("turn_left", ("left",), "←", "", "In a form, the answer before", "This screen", RECORDS),
    Action("turn_right", ("right",), "→", "", "In a form, the next answer", "This screen", RECORDS),
    Action("next_view", ("tab",), "⇥", "view", "The next view of the list", "This screen",
           _on("orders", "outbox", "catalogue", "attention") | RECORDS),
    Action("last_view", ("shift+tab",), "⇧⇥", "", "The view before", "This screen",
           _on("orders", "outbox", "catalogue", "attention") | RECORDS),
    Action("to_ship", ("t",), "t", "", "Orders that wait to be shipped, oldest first",
           "This screen", _on("orders")),
    Action("all", ("a",), "a", "", "All orders, newest first", "This screen", _on("orders")),
    Action("turn_over", ("v",), "v", "turn over", "Oldest first, or newest first", "This screen",
           _on("orders")),
    Action("find", ("/",), "/", "find",
           "Search; also is: paid: ship: since: until:, as in paid:unpaid since:7d",
           "This screen", _on("orders")),
    Action("find", ("/",), "/", "find", "Search by SKU, barcode or name", "This screen",
           _on("stock")),
    Action("low", ("l",), "l", "low", "Only what runs low, or everything", "This screen",
           _on("stock")),
    Action("again", ("y",), "y", "send again", "Send a stopped command again, or ask again",
           "This screen", _on("outbox")),
    Action("drop", ("d",), "d", "drop", "Give a stopped or unsent command up", "This screen",
           _on("outbox")),
    Action("up", ("up",), "↑", "", "One line up", "Moving", SCROLLED),
    Action("down", ("down",), "↓", "", "One line down", "Moving", SCROLLED),
    Action("page_up", ("pageup",), "PgUp", "", "One page up", "Moving", SCROLLED),
    Action("page_down", ("pagedown",), "PgDn", "", "One page down", "Moving", SCROLLED),
    Action("first", ("home",), "Home", "", "To the beginning", "Moving", SCROLLED),
    Action("last", ("end",), "End", "", "To the end", "Moving", SCROLLED),
    Action("back", ("escape",), "Esc", "back", "Back to where you were; what you typed is kept",
           "Going about", EVERYWHERE - {"home"} | {"palette"}),
    Action("earlier", ("[", "ctrl+left"), "[", "",
           "The screen before, in the order you saw them", "Going about"),
    Action("later", ("ctrl+right",), "Ctrl+→", "", "The screen after, having gone back",
           "Going about"),
    Action("home", ("f2",), "F2", "home", "The day in figures, and the scan bar", "Going about",
           EVERYWHERE, "h"),
    Action("orders", ("f3",), "F3", "orders", "Orders", "Going about", EVERYWHERE, "o"),
    Action("attention", ("f5",), "F5", "attention", "What needs a person", "Going about",
           EVERYWHERE, "a"),
    Action("receive", ("f6",), "F6", "receive", "Goods that come: scan them, or the label of their "
           "purchase order", "Going about", EVERYWHERE - {"receive"}, "receive",
           needs="inventory:receive"),
    Action("catalogue", ("shift+f6", "f18"), "⇧F6", "catalogue", "Products and prices",
           "Going about", EVERYWHERE - {"catalogue"}, "p"),
    Action("stock", ("f7",), "F7", "stock", "Stock levels", "Going about", EVERYWHERE, "s"),
    Action("put_away", (), "", "", "Units that wait for a bin", "Going about", EVERYWHERE,
           "putaway"),
    Action("refund", ("f8",), "F8", "refund", "Give money back for the order at hand",
           "Going about", EVERYWHERE - {"refund"}, "r"),
    Action("queue", ("f4",), "F4", "to ship", "Orders that wait to be shipped", "Going about",
           EVERYWHERE, "q"),
    Action("low_stock", (), "", "", "Stock that runs low", "Going about", EVERYWHERE, "l"),
    *(
        Action(kind.name, (), "", "", kind.help, "Going about", EVERYWHERE, kind.alias,
               needs=kind.needs)
        for kind in KINDS.values() if kind.alias
    ),
    Action("undo", ("f9",), "F9", "undo", "Take the last step back; again, the one before",
           "Any time", EVERYWHERE, "z"),
    Action("outbox", ("f12",), "F12", "outbox", "Unsent and refused commands, and every call",
           "Any time", EVERYWHERE, "x"),
    Action("palette", (":", "ctrl+p"), ":", "go to", "Go anywhere, do anything by name",
           "Any time"),
    Action("reload", ("ctrl+r",), "Ctrl+R", "", "Read this screen again", "Any time"),
    Action("theme", (), "", "", "Other colours: dark, light, high contrast; it is kept", "Any time",
           EVERYWHERE | {"sign_in"}, "theme"),
    Action("commit", ("f10",), "F10", "keep", "Keep the prefix that was heard: from then on a code "
           "is a code on every page", "This screen", _on("scanner")),
    Action("scanner", (), "", "", "Test the scanner, and see what to programme into it", "Any time",
           EVERYWHERE, "scanner"),
    Action("switch_user", (), "", "", "Sign out, or let somebody else sign in", "Any time",
           EVERYWHERE, "w"),
    Action("explain", ("?",), "?", "sums", "How its sums came about, step by step", "This screen",
           _on("order")),
    Action("help", ("f1",), "F1", "help", "What can be done here", "Any time", _on("order")),
    Action("help", ("f1", "?"), "F1", "help", "What can be done here", "Any time",
           (EVERYWHERE - {"order"}) | {"sign_in"}),
    Action("quit", ("ctrl+q",), "Ctrl+Q", "", "Close the console; unsent work is kept",
           "Any time", EVERYWHERE | {"sign_in", "palette"}, "quit"),
)  # fmt: skip
