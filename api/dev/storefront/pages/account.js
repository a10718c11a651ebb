// Orders and those who placed them; and the pages that e-mails link to.

import * as api from "./api.js";
import { showCount } from "./cart.js";
import { field, h, money, notice, picture, refresh, when } from "./dom.js";
import { showTotals } from "./checkout.js";

const WORDS = {
  unpaid: "not paid yet", pending: "waiting for the payment", paid: "paid", overpaid: "paid too much",
  partially_paid: "paid in part", refunded: "refunded", partially_refunded: "refunded in part",
  unfulfilled: "not sent yet", partially_shipped: "sent in part", shipped: "sent",
  partially_delivered: "delivered in part", delivered: "delivered", placed: "placed", cancelled: "cancelled", voided: "not to be paid",
};
const REFUNDS = {
  pending: "on its way", succeeded: "sent to your bank", failed: "failed: the shop is looking into it",
};
const word = (status) => WORDS[status] ?? String(status).replaceAll("_", " ");

export async function order(id) {
  const found = await api.order(id);
  const may = (action) => found.allowed_actions.includes(action);
  const waits = found.status !== "cancelled" && ["unpaid", "pending"].includes(found.payment_status);
  const totals = h("div", { class: "totals" });
  showTotals(totals, found);
  const address = found.shipping_address;
  if (waits && found.payment_method === "stripe") watch(id, found);
  return h("section", { class: "order" },
    h("h1", {}, `Order ${found.number}`),
    h("p", { class: "status" },
      h("span", { class: `badge ${found.payment_status}`, id: "payment-status" }, word(found.payment_status)),
      h("span", { class: "badge" }, word(found.status === "cancelled" ? "cancelled" : found.fulfilment_status)),
      h("small", {}, ` placed ${when(found.placed_at)}`)),
    found.payment_status === "paid" ? notice("Thank you! An e-mail confirms your order.", "done") : null,
    may("pay") && found.payment_method === "stripe"
      ? h("a", { class: "button", href: `/orders/${id}/pay` }, "Pay now") : null,
    waits && found.payment_method === "manual"
      ? notice("Please pay by bank transfer: the e-mail that confirms your order says where to.", "info") : null,
    h("ul", { class: "lines" }, ...found.lines.map((line) => h("li", {},
      picture(line.image_url, line.title),
      h("span", {}, line.variant_title ? `${line.title}, ${line.variant_title}` : line.title),
      h("span", {}, `× ${line.quantity}`),
      h("strong", {}, money(line.total))))),
    totals,
    found.parcels.length ? h("h2", {}, "Parcels") : null,
    found.parcels.map(parcel),
    found.refunds.length ? h("h2", {}, "Refunds") : null,
    found.refunds.length ? h("ul", { class: "refunds" }, ...found.refunds.map((refund) => h("li", {},
      h("strong", {}, money(refund.amount)), ` ${REFUNDS[refund.status] ?? refund.status}`,
      h("small", {}, ` ${when(refund.created_at)}`)))) : null,
    may("cancel") ? cancelling(id) : null,
    h("h2", {}, found.parcels.length ? "Delivered to" : "To be delivered to"),
    h("address", {}, ...[address.name, address.line1, `${address.postal_code} ${address.city}`, address.country]
      .flatMap((row) => [row, h("br")])));
}

function parcel({ carrier, tracking_number, tracking_url, shipped_at, delivered_at, lines }) {
  const number = tracking_number || "";
  return h("section", { class: "parcel" },
    h("p", {},
      h("strong", {}, carrier || "Parcel"), " ",
      tracking_url ? h("a", { href: tracking_url, rel: "noopener noreferrer" }, number || "Follow it")
        : number,
      h("small", {}, delivered_at ? ` delivered ${when(delivered_at)}` : ` sent ${when(shipped_at)}`)),
    h("ul", {}, ...lines.map((line) => h("li", {},
      `${line.quantity} × ${line.variant_title ? `${line.title}, ${line.variant_title}` : line.title}`))));
}

// Asks once; the goods lie in the cart again afterwards.
function cancelling(id) {
  const said = h("div");
  const button = h("button", { class: "quiet", onclick: async () => {
    if (!button.dataset.asked) {
      button.dataset.asked = "yes";
      button.textContent = "Yes, cancel this order";
      return;
    }
    button.disabled = true;
    try {
      await api.cancelOrder(id);
      showCount();
      refresh();
    } catch (refusal) {
      button.disabled = false;
      said.replaceChildren(notice(refusal.message));
    }
  } }, "Cancel this order");
  return h("div", { class: "cancel" }, said, button);
}

// A payment may need a moment at the bank: look again until the order says so.
function watch(id, found, looks = 10) {
  setTimeout(async () => {
    if (location.pathname !== `/orders/${id}` || !looks) return;
    const now = await api.order(id).catch(() => found);
    if (now.payment_status !== found.payment_status) refresh();
    else watch(id, found, looks - 1);
  }, 1500);
}

export async function page() {
  if (!api.isSignedIn()) return signIn();
  const { data } = await api.orders();
  return h("section", {}, h("h1", {}, "Your orders"),
    data.length
      ? h("ul", { class: "orders" }, ...data.map((each) => h("li", {},
        h("a", { href: `/orders/${each.id}` }, `Order ${each.number}`),
        h("span", {}, when(each.placed_at)),
        h("span", { class: "badge" }, word(each.payment_status)),
        h("strong", {}, money(each.total)))))
      : h("p", {}, "There are none yet."),
    h("button", { class: "quiet", onclick: () => {
      api.signOut();
      refresh();
    } }, "Sign out"));
}

function signIn() {
  const refused = h("div");
  return h("section", { class: "narrow" }, h("h1", {}, "Sign in"),
    h("form", { onsubmit: async (event) => {
      event.preventDefault();
      const data = new FormData(event.target);
      try {
        await api.signIn(data.get("email"), data.get("password"));
        refresh();
      } catch (refusal) {
        refused.replaceChildren(notice(refusal.message));
      }
    } },
    field("E-mail", { name: "email", type: "email", autocomplete: "username", required: true }),
    field("Password", { name: "password", type: "password", autocomplete: "current-password",
      required: true }),
    refused, h("button", {}, "Sign in")));
}

// Behind the # no server ever sees the token.
const secret = () => new URLSearchParams(location.hash.slice(1)).get("token") ?? "";

export function resetPassword() {
  const said = h("div");
  return h("section", { class: "narrow" }, h("h1", {}, "Choose a new password"),
    h("form", { onsubmit: async (event) => {
      event.preventDefault();
      try {
        await api.resetPassword(secret(), new FormData(event.target).get("password"));
        said.replaceChildren(notice("Your password is changed: sign in with it.", "done"));
      } catch (refusal) {
        said.replaceChildren(notice(refusal.message));
      }
    } },
    field("New password", { name: "password", type: "password", autocomplete: "new-password",
      minlength: 12, required: true }),
    said, h("button", {}, "Change it")));
}

export function cancelStockRequests() {
  const said = h("div");
  return h("section", { class: "narrow" }, h("h1", {}, "No more such e-mails"),
    said,
    h("button", { onclick: async () => {
      try {
        await api.cancelStockRequests(secret());
        said.replaceChildren(notice("You get no more of these e-mails.", "done"));
      } catch (refusal) {
        said.replaceChildren(notice(refusal.message));
      }
    } }, "End them"));
}
