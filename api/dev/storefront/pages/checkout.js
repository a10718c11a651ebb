// From a cart to an order, and from an order to a payment.

import * as api from "./api.js";
import { field, go, h, money, notice } from "./dom.js";
import { current, showCount } from "./cart.js";

const COUNTRIES = ["DE", "AT", "FR", "NL", "ES", "PL", "DK", "SE"];
const named = new Intl.DisplayNames("en", { type: "region" });

export async function page() {
  const cart = await current();
  if (!cart.items.length) {
    return h("section", {}, h("h1", {}, "Your cart is empty"), h("a", { href: "/" }, "To the shop"));
  }
  const refused = h("div");
  const totals = h("div", { class: "totals", "aria-live": "polite" });
  const methods = h("fieldset", { class: "methods" }, h("legend", {}, "Delivery"));
  const button = h("button", { disabled: true }, "Order and pay");
  let quoted = null;
  let key = api.newKey();

  async function reprice(method) {
    button.disabled = true;
    refused.replaceChildren();
    try {
      quoted = await api.quote(country.value, method);
      const choices = quoted.shipping_methods;
      if (!method && choices.length) return reprice(choices[0].code);
      methods.replaceChildren(h("legend", {}, "Delivery"), ...choices.map((choice) =>
        h("label", {},
          h("input", { type: "radio", name: "shipping_method", value: choice.code, required: true,
            checked: choice.code === quoted.shipping_method, onchange: () => reprice(choice.code) }),
          h("span", {}, `${choice.name}, ${choice.min_days} to ${choice.max_days} days`),
          h("strong", {}, choice.amount.amount ? money(choice.amount) : "free"))));
      if (!choices.length) methods.append(notice("Nothing is delivered there.", "info"));
      showTotals(totals, quoted);
      button.disabled = !quoted.shipping_method;
    } catch (refusal) {
      refused.replaceChildren(notice(refusal.message));
    }
  }

  const places = field("Country", { name: "country", autocomplete: "country", required: true,
    onchange: () => reprice() },
  ...COUNTRIES.map((code) => h("option", { value: code }, named.of(code))));
  const country = places.querySelector("select");
  const form = h("form", { class: "checkout", oninput: () => { key = api.newKey(); },
    onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        const order = await api.checkOut(filled(new FormData(form), quoted), key);
        showCount();
        const isCard = order.payment_method === "stripe";
        go(isCard ? `/orders/${order.id}/pay` : `/orders/${order.id}`);
      } catch (refusal) {
        refused.replaceChildren(notice(explained(refusal, form)));
        refused.scrollIntoView({ block: "center" });
        if (refusal.code === "cart_changed") await reprice(quoted.shipping_method);
        button.disabled = false;
      }
    } },
  h("div", { class: "fields" },
    field("E-mail", { name: "email", type: "email", autocomplete: "email", required: !api.isSignedIn() }),
    field("Name", { name: "name", autocomplete: "name", required: true, maxlength: 120 }),
    field("Street and number", { name: "line1", autocomplete: "address-line1", required: true }),
    field("Postal code", { name: "postal_code", autocomplete: "postal-code", class: "half", required: true }),
    field("City", { name: "city", autocomplete: "address-level2", class: "half", required: true }),
    places),
  h("div", {}, methods,
    h("fieldset", { class: "methods" }, h("legend", {}, "Payment"),
      way("stripe", "Card", true), way("manual", "Bank transfer", false)),
    totals, refused, button));
  await reprice();
  return h("section", {}, h("h1", {}, "Check out"), form);
}

function way(value, words, checked) {
  return h("label", {}, h("input", { type: "radio", name: "payment_method", value, checked }),
    h("span", {}, words));
}

function filled(data, quoted) {
  const text = (name) => (data.get(name) ?? "").trim();
  const address = Object.fromEntries(
    ["name", "line1", "postal_code", "city", "country"].map((name) => [name, text(name)]));
  return {
    email: text("email") || null,
    shipping_address: address,
    shipping_method: text("shipping_method"),
    payment_method: text("payment_method"),
    expected_total: quoted.total, // the customer pays what they saw, or is asked again
  };
}

function explained(refusal, form) {
  // The pointer names the field: /shipping_address/postal_code.
  const [first] = refusal.errors ?? [];
  const input = form.elements[first?.pointer?.split("/").pop()];
  if (!input?.focus) return refusal.message;
  input.setAttribute("aria-invalid", "true");
  input.focus();
  return `${input.labels?.[0]?.textContent ?? "This"}: ${first.detail}`;
}

export function showTotals(place, totals) {
  place.replaceChildren(h("dl", {}, ...[
    ["Subtotal", totals.subtotal], ["Delivery", totals.shipping_total], ["Total", totals.total],
    ["VAT included", totals.tax_total],
  ].flatMap(([name, sum]) => [h("dt", {}, name), h("dd", {}, money(sum))])));
}

export async function pay(id) {
  const [order, intent] = [await api.order(id), await api.createIntent(id)];
  await loadStripe();
  const stripe = window.Stripe(intent.publishable_key);
  const elements = stripe.elements({ clientSecret: intent.client_secret });
  const place = h("div", { class: "card-form" });
  const refused = h("div");
  const button = h("button", {}, `Pay ${money(intent.amount)}`);
  const form = h("form", { onsubmit: async (event) => {
    event.preventDefault();
    button.disabled = true;
    refused.replaceChildren();
    const { error } = await stripe.confirmPayment({
      elements,
      confirmParams: { return_url: `${location.origin}/orders/${id}` },
      redirect: "if_required",
    });
    if (error) {
      refused.replaceChildren(notice(error.message));
      button.disabled = false;
      return;
    }
    // The webhook tells the shop as well; whichever comes first settles the order.
    try {
      await api.confirmPayment(id);
    } catch (refusal) {
      console.warn(refusal.message);
    }
    go(`/orders/${id}`);
  } }, place, refused, button);
  elements.create("payment").mount(place);
  return h("section", { class: "pay" },
    h("h1", {}, `Pay order ${order.number}`), form);
}

let loading = null;

function loadStripe() {
  loading ??= new Promise((done, failed) => {
    document.head.append(h("script", { src: api.config.stripe_js, onload: done,
      onerror: () => failed(new api.Refusal({ detail: "The payment form cannot be loaded." })) }));
  });
  return loading;
}
