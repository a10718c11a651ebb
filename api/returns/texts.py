"""Built-in reasons and sentences, which a shop replaces by its own. They are no legal advice.

The labels of the withdrawal function are those of article 11a of Directive 2011/83/EU.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class BuiltInReason:
    """A reason that exists before anybody writes one."""

    code: str
    labels: dict[str, str]
    counts_as_defect: bool = False


REASONS: Final = (
    BuiltInReason(
        "changed_mind", {"en": "I do not want it any more", "de": "Gefällt mir nicht mehr"}
    ),
    BuiltInReason("does_not_fit", {"en": "It does not fit", "de": "Passt nicht"}),
    BuiltInReason(
        "not_as_described", {"en": "Not as described", "de": "Entspricht nicht der Beschreibung"}
    ),
    BuiltInReason("damaged", {"en": "It arrived damaged", "de": "Beschädigt angekommen"}, True),
    BuiltInReason("defective", {"en": "It does not work", "de": "Defekt"}, True),
    BuiltInReason("wrong_item", {"en": "It is the wrong item", "de": "Falscher Artikel"}),
    BuiltInReason("late", {"en": "It came too late", "de": "Zu spät angekommen"}),
    BuiltInReason("other", {"en": "Another reason", "de": "Anderer Grund"}),
)
UNEXPECTED: Final = "unexpected"
"""The reason of goods that came without being announced."""
WITHDRAWN: Final = "withdrawn"

TEXTS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "withdraw_label": "Withdraw from contract here",
        "confirm_label": "Confirm withdrawal",
        "statement": "I hereby withdraw from my contract of sale of the following goods:",
        "whole_order": "everything in order {number}",
        "receipt_subject": "We have received your withdrawal from order {number}",
        "receipt": "We confirm that we have received the following statement.",
        "receipt_refund": "We will refund you within 14 days of your statement, and may wait until "
        "we have the goods back or you have shown us that you sent them.",
        "withdrawn": "Withdrawal",
        "slip_title": "Return slip",
        "slip_number": "Return number",
        "slip_order": "Order",
        "slip_goods": "Goods",
        "slip_units": "Units",
        "slip_reason": "Reason",
        "slip_send_to": "Send to",
        "instructions": "Put this slip into the parcel, so that we can see at once whose goods "
        "came. Send the parcel to the address above and keep the proof of posting.",
        "greeting": "Hello {name},",
        "approved_subject": "Your return {return} of order {order}",
        "approved": "you may send these goods of order {order} back:",
        "approved_slip": "The return slip with its barcode:",
        "rejected_subject": "About your return {return} of order {order}",
        "rejected": "we cannot take these goods of order {order} back:",
        "rejected_reason": "The reason:",
        "rejected_answer": "Answer this e-mail if you see it differently.",
    },
    "de": {
        "withdraw_label": "Vertrag hier widerrufen",
        "confirm_label": "Widerruf bestätigen",
        "statement": "Hiermit widerrufe ich den von mir abgeschlossenen Vertrag über den Kauf der "
        "folgenden Waren:",
        "whole_order": "alles aus der Bestellung {number}",
        "receipt_subject": "Wir haben Ihren Widerruf der Bestellung {number} erhalten",
        "receipt": "Wir bestätigen den Eingang der folgenden Erklärung.",
        "receipt_refund": "Wir erstatten den Betrag innerhalb von 14 Tagen nach Ihrer Erklärung "
        "und dürfen damit warten, bis wir die Waren zurückhaben oder Sie uns nachgewiesen haben, "
        "dass Sie sie abgesandt haben.",
        "withdrawn": "Widerruf",
        "slip_title": "Rücksendeschein",
        "slip_number": "Rücksendenummer",
        "slip_order": "Bestellung",
        "slip_goods": "Waren",
        "slip_units": "Stück",
        "slip_reason": "Grund",
        "slip_send_to": "Senden an",
        "instructions": "Legen Sie diesen Schein in das Paket, damit wir gleich sehen, wessen "
        "Waren gekommen sind. Senden Sie das Paket an die Adresse oben und bewahren Sie den "
        "Einlieferungsbeleg auf.",
        "greeting": "Guten Tag {name},",
        "approved_subject": "Ihre Rücksendung {return} zur Bestellung {order}",
        "approved": "diese Waren der Bestellung {order} können Sie zurücksenden:",
        "approved_slip": "Der Rücksendeschein mit seinem Strichcode:",
        "rejected_subject": "Zu Ihrer Rücksendung {return} zur Bestellung {order}",
        "rejected": "diese Waren der Bestellung {order} können wir nicht zurücknehmen:",
        "rejected_reason": "Der Grund:",
        "rejected_answer": "Antworten Sie auf diese E-Mail, wenn Sie es anders sehen.",
    },
}
NAMES: Final = tuple(TEXTS["en"])


def built_in(language: str) -> dict[str, str]:
    """Return the built-in sentences of a language; English ones where there are none."""
    return TEXTS.get(language.split("-")[0], TEXTS["en"])
