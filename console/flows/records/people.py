"""Staff records: who they are, what they may do, and who is asked to join."""

from __future__ import annotations

from console.flows.records.shapes import Field, Input, Kind, RecordCommand

ROLES = ("/roles", "name")
PERMISSIONS = (
    "approvals:write", "audit:read", "catalog:barcodes", "catalog:read", "catalog:write",
    "credit:read", "credit:write", "customers:read", "fulfilment:override", "fulfilment:write",
    "imports:write", "inventory:adjust", "inventory:read", "inventory:receive",
    "inventory:transfer", "jobs:write", "keys:read", "keys:write", "locations:write",
    "orders:cancel", "orders:discount", "orders:read", "orders:refund", "orders:write",
    "payments:write", "pricing:write", "purchasing:read", "purchasing:write", "returns:write",
    "staff:read", "staff:write",
)  # fmt: skip
APP_CODE = Input("code", "a code of your app, or a recovery code:", "secret")
MAY = Input("permissions", "may, by numbers:", "choices", PERMISSIONS, start="permissions")

STAFF = Kind(
    "staff", "member of staff", "Who works here, and in which role", "/staff",
    (
        Field("Name", "full_name", width=18, grow=1),
        Field("E-mail", "email", width=22, grow=1),
        Field("Role", "role", width=10),
        Field("Active", "is_active", "yes", 6),
        Field("Works at", "locations", "list", 9, from_width=90),
    ),
    (
        Field("second factor", "has_second_factor", "yes"),
        Field("badge", "badge"),
        Field("since", "created_at", "when"),
        Field("may", "permissions", "list"),
    ),
    (
        RecordCommand("edit_staff", "e", "change", "Another name or role, or no longer here",
             "/staff/{id}", "staff:write", "Change {name}?", method="PATCH",
             fields=(Input("full_name", "name:", start="full_name", is_optional=True),
                     Input("role", "role:", "choice", start="role", is_optional=True,
                           choices_at=ROLES),
                     Input("is_active", "works here, yes or no:", "yes", start="is_active",
                           is_optional=True))),
        RecordCommand("place_staff", "l", "locations", "Where they work: they see and change the"
             " stock of these alone", "/staff/{id}", "staff:write", "Change where {name} works?",
             method="PATCH",
             fields=(Input("locations", "by numbers, or off for all:", "choices",
                           start="locations", choices_at=("/locations", "code"),
                           may_be_off=True),)),
        RecordCommand("set_badge", "b", "badge", "A badge and a PIN for shared terminals",
             "/staff/{id}/badge", "staff:write", "Give {name} this badge in place of the last?",
             fields=(Input("code", "scan a card that begins with U-, or Enter for a new code:",
                           is_optional=True),
                     Input("pin", "a first PIN, 4 to 8 digits:", "secret"))),
        RecordCommand("reset_second_factor", "f", "reset factor",
             "Their app is lost: they sign in with the "
             "password alone, and are told by e-mail", "/staff/{id}/second-factor/reset",
             "staff:write", "Take the second factor of {name} away?"),
        RecordCommand("new_staff", "n", "new", "Somebody new", "/staff", "staff:write",
             "Let {full_name} work here?",
             fields=(Input("full_name", "name:"), Input("email", "e-mail:"),
                     Input("role", "role:", "choice", choices_at=ROLES),
                     Input("password", "a first password:", "secret")),
             is_new=True),
    ),
    alias="staff", needs="staff:read", item="/staff/{id}", named_by="full_name",
    state="is_active",
)  # fmt: skip

ME = Kind(
    "me", "account", "Who you are here, and your password", "/me",
    (
        Field("Name", "full_name", width=18, grow=1),
        Field("E-mail", "email", width=22, grow=1),
        Field("Role", "role", width=10),
    ),
    (Field("since", "created_at", "when"), Field("may", "permissions", "list")),
    (
        RecordCommand("change_password", "p", "password", "Another password; other sign-ins end",
             "/me/password", "", "Change your password?",
             fields=(Input("current_password", "the password until now:", "secret"),
                     Input("password", "the new one:", "secret")),
             is_new=True),
        RecordCommand("set_pin", "n", "PIN", "Another PIN for your badge", "/me/pin", "",
             "Change your PIN?",
             fields=(Input("current_password", "your password:", "secret"),
                     Input("pin", "the new PIN, 4 to 8 digits:", "secret")),
             is_new=True),
        RecordCommand("set_second_factor", "s", "second factor",
             "An app that makes codes beside your "
             "password", "/me/second-factor", "", "Set up an app that makes your codes?",
             fields=(Input("current_password", "your password:", "secret"),), is_new=True,
             shows_once="uri"),
        RecordCommand("confirm_second_factor", "c", "confirm",
             "The first code of your app: from then on it "
             "counts", "/me/second-factor/confirm", "", "Have it count from now on?",
             fields=(APP_CODE,), is_new=True, shows_once="recovery_codes"),
        RecordCommand("renew_recovery_codes", "r", "recovery codes",
             "Ten new recovery codes; those of "
             "before are worthless", "/me/recovery-codes", "", "Make new recovery codes?",
             fields=(APP_CODE,), is_new=True, shows_once="recovery_codes"),
        RecordCommand("remove_second_factor", "x", "give up",
             "Sign in with the password alone again",
             "/me/second-factor/remove", "", "Give your second factor up?", fields=(APP_CODE,),
             is_new=True),
    ),
    alias="me", named_by="full_name", state="role", is_single=True,
)  # fmt: skip

INVITATIONS = Kind(
    "invitations", "invitation", "Who was asked to join the staff by e-mail", "/invitations",
    (
        Field("Name", "full_name", width=18, grow=1),
        Field("E-mail", "email", width=22, grow=1),
        Field("Role", "role", width=12),
        Field("State", "status", "state", 11),
    ),
    (
        Field("sent", "created_at", "when"),
        Field("good until", "expires_at", "when"),
        Field("joined", "accepted_at", "when"),
        Field("revoked", "revoked_at", "when"),
    ),
    (
        RecordCommand("invite", "n", "invite",
             "Ask somebody to join by e-mail; once more sends a new code",
             "/invitations", "staff:write", "Ask {full_name} to join?",
             fields=(Input("full_name", "name:"), Input("email", "e-mail:"),
                     Input("role", "role:", "choice", choices_at=ROLES)),
             is_new=True),
        RecordCommand("revoke_invitation", "v", "revoke", "Its code is worthless at once",
             "/invitations/{id}/revoke", "staff:write", "Take the invitation of {name} back?",
             allowed_states=("open",)),
    ),
    alias="invitations", needs="staff:read", item="/invitations/{id}", named_by="full_name",
)  # fmt: skip


def _limit(name: str, label: str, form: str) -> Input:
    return Input(name, f"{label}, or off:", form, start=name, is_optional=True, may_be_off=True)


ROLE_KIND = Kind(
    "roles", "role", "What staff may do, by role, and how far they go alone", "/roles",
    (
        Field("Role", "name", width=20, grow=1),
        Field("Kind", "kind", width=9),
        Field("May", "permissions", "list", 20, 3, from_width=60),
    ),
    (
        Field("second factor", "requires_second_factor", "yes"),
        Field("refunds", "refund_max", "money"),
        Field("discounts", "discount_max", "money"),
        Field("adjusts", "adjust_max_units", "count"),
        Field("worth", "adjust_max_value", "money"),
        Field("credit", "credit_max", "money"),
        Field("since", "created_at", "when"),
    ),
    (
        RecordCommand("new_role", "n", "new", "A role of your own", "/roles", "staff:write",
             "Make the role {name}?", fields=(Input("name", "name, such as night shift:"), MAY),
             is_new=True),
        RecordCommand("edit_role", "e", "change", "What it may do, for all who have it",
             "/roles/{id}",
             "staff:write", "Change what {name} may do?", method="PATCH", fields=(MAY,),
             allowed_states=("custom",)),
        RecordCommand("require_factor", "f", "factor",
             "Whether those who have it need a second factor",
             "/roles/{id}", "staff:write", "Change what {name} asks for?", method="PATCH",
             fields=(Input("requires_second_factor", "second factor required, yes or no:", "yes",
                           start="requires_second_factor", is_optional=True),)),
        RecordCommand("limit_role", "l", "limits",
             "How far they go alone: above it a second person approves", "/roles/{id}",
             "staff:write", "Change the limits of {name}?", method="PATCH",
             fields=(_limit("refund_max", "gives back at most", "money"),
                     _limit("discount_max", "takes off an order at most", "money"),
                     _limit("adjust_max_units", "adjusts at most so many units", "number"),
                     _limit("adjust_max_value", "adjusts at most so much worth", "money"),
                     _limit("credit_max", "gives at most as gift card or credit", "money"))),
        RecordCommand("delete_role", "x", "delete", "A role that nobody has", "/roles/{id}",
             "staff:write",
             "Delete the role {name}?", method="DELETE", allowed_states=("custom",)),
    ),
    alias="roles", needs="staff:read", item="/roles/{id}", state="kind",
)  # fmt: skip

SCOPES = tuple(one for one in PERMISSIONS if not one.startswith(("approvals:", "keys:", "staff:")))
API_KEYS = Kind(
    "api_keys", "API key", "How programs come in: a key is told once, when it is made", "/api-keys",
    (
        Field("Name", "name", width=18, grow=1),
        Field("Begins", "prefix", width=12),
        Field("State", "status", "state", 9),
        Field("Last used", "last_used_at", "when", 12),
        Field("Until", "expires_at", "when", 12, from_width=70),
    ),
    (
        Field("kind", "kind"),
        Field("may", "scopes", "list"),
        Field("a minute", "requests_per_minute", "count"),
        Field("made", "created_at", "when"),
        Field("revoked", "revoked_at", "when"),
    ),
    (
        RecordCommand("new_key", "n", "new", "A secret key for a program of yours", "/api-keys",
             "keys:write", "Make this key? It is told once.",
             fields=(Input("name", "for which program:"),
                     Input("scopes", "may, by numbers:", "choices", SCOPES)),
             is_new=True, shows_once="key"),
        RecordCommand("new_publishable", "p", "publishable",
             "A key that names a storefront and opens "
             "nothing", "/api-keys", "keys:write", "Make this key?",
             fields=(Input("name", "for which storefront:"),), is_new=True, shows_once="key",
             constants=(("kind", "publishable"),)),
        RecordCommand("rotate_key", "r", "rotate",
             "A key that replaces it; this one is good for a week "
             "more", "/api-keys/{id}/rotate", "keys:write", "Replace the key of {name}?",
             allowed_states=("live",), shows_once="key"),
        RecordCommand("revoke_key", "v", "revoke", "It opens nothing from now on",
             "/api-keys/{id}/revoke",
             "keys:write", "Revoke {name}? Its program is out at once.", allowed_states=("live",)),
    ),
    alias="keys", needs="keys:read", item="/api-keys/{id}", title="API keys",
)  # fmt: skip

HISTORY = (
    Field("When", "created_at", "when", 12),
    Field("Who", "actor_name", width=16, grow=1),
    Field("Did what", "action", width=22, grow=1),
    Field("Through", "via", width=8),
)
AUDIT = Kind(
    "audit", "entry", "Who changed what, the newest first", "/audit", HISTORY,
    (
        Field("actor", "actor"),
        Field("about", "subject_id"),
        Field("request", "request_id"),
        Field("", "changes", "changes"),
    ),
    alias="audit", needs="audit:read", about="subject_id", named_by="action", state="via",
    views=(
        ("all", ()),
        ("signed in", (("action", "staff.signed_in"),)),
        ("not let in", (("action", "staff.sign_in_refused"),)),
        ("staff", (("action", "staff.edited"),)),
        ("refunds", (("action", "order.refunded"),)),
        ("stock", (("action", "stock.adjusted"),)),
        ("prices", (("action", "variant.priced"),)),
    ),
)  # fmt: skip

TERMINALS = Kind(
    "terminals", "terminal", "Consoles that several people share, by badge and PIN", "/terminals",
    (
        Field("Name", "name", width=18, grow=1),
        Field("Location", "location", width=10),
        Field("State", "status", "state", 10),
        Field("Last used", "last_used_at", "when", 12),
    ),
    (
        Field("made", "created_at", "when"),
        Field("enrolled", "enrolled_at", "when"),
        Field("revoked", "revoked_at", "when"),
    ),
    (
        RecordCommand("new_terminal", "n", "new", "A code that makes a console a shared terminal",
             "/terminals", "staff:write", "Make this terminal? Its code is told once.",
             fields=(Input("name", "what it is called:"),
                     Input("location", "changes stock only at, or Enter for everywhere:", "choice",
                           choices_at=("/locations", "code"), is_optional=True)),
             is_new=True, shows_once="enrolment_code"),
        RecordCommand("revoke_terminal", "v", "revoke", "It opens nothing from now on",
             "/terminals/{id}/revoke", "staff:write",
             "Revoke {name}? Whoever works there is signed out.",
             allowed_states=("open", "expired", "enrolled")),
    ),
    alias="terminals", needs="staff:read", item="/terminals/{id}",
)  # fmt: skip

APPROVALS = Kind(
    "approvals", "command", "What is above a limit, and waits for a second person", "/approvals",
    (
        Field("What", "summary", width=24, grow=2),
        Field("Asked by", "asked_by_name", width=14, grow=1),
        Field("State", "status", "state", 10),
        Field("Age", "created_at", "age", 5),
        Field("Until", "expires_at", "when", 12, from_width=70),
    ),
    (
        Field("may approve", "may_approve", "people"),
        Field("decided by", "decided_by_name"),
        Field("decided", "decided_at", "when"),
        Field("alone", "was_alone", "yes"),
        Field("why not", "note"),
    ),
    (
        RecordCommand("approve", "a", "approve", "Carry it out now, once",
             "/approvals/{id}/approve", "approvals:write", "{summary}, for {asked_by_name}?",
             allowed_states=("waiting",)),
        RecordCommand("reject", "x", "reject", "Leave it undone; who asked may do so, too",
             "/approvals/{id}/reject", "", "Leave it undone: {summary}?",
             fields=(Input("note", "why:"),), allowed_states=("waiting",)),
    ),
    alias="approvals", item="/approvals/{id}", named_by="summary",
    views=(("waiting", ()), ("decided", (("state", "decided"),))),
)  # fmt: skip

KINDS = (STAFF, ROLE_KIND, INVITATIONS, API_KEYS, TERMINALS, APPROVALS, AUDIT, ME)


def with_history(kind: Kind) -> Kind:
    """The same kind, with what was done to a record below its page."""
    if kind.below or not kind.item:
        return kind
    return kind._replace(
        below="/audit", below_about="subject_id", below_needs="audit:read", below_shown=HISTORY
    )
