// The cart: what is in it, changed in place.

import * as api from "./api.js";
import { h, money, notice, picture, refresh } from "./dom.js";

export async function showCount() {
  const count = document.getElementById("cart-count");
  try {
    const found = await api.cart();
    count.textContent = found.unit_count;
    count.parentElement.setAttribute("aria-label", `Cart, ${found.unit_count} items`);
  } catch {
    count.textContent = "0"; // nothing was ever put into a cart
  }
}

export async function page() {
  const found = await current();
  if (!found.items.length) {
    return h("section", {}, h("h1", {}, "Your cart is empty"), h("a", { href: "/" }, "To the shop"));
  }
  const refused = h("div");
  const change = async (act) => {
    try {
      await act();
    } catch (refusal) {
      // 412: another tab changed the cart; what is shown is outdated.
      refused.replaceChildren(notice(refusal.message));
      if (refusal.status !== 412) return;
    }
    showCount();
    refresh();
  };
  return h("section", {}, h("h1", {}, "Your cart"), refused,
    ...found.warnings.map((warning) => notice(warning.detail ?? warning.code ?? warning, "info")),
    h("ul", { class: "lines" }, ...found.items.map((item) => line(item, found.etag, change))),
    h("p", { class: "sum" }, h("span", {}, "Subtotal"), h("strong", {}, money(found.subtotal))),
    h("a", { class: "button", href: "/checkout" }, "Check out"));
}

export async function current() {
  try {
    return await api.cart();
  } catch (refusal) {
    if (refusal.status === 404) return { items: [], warnings: [] };
    throw refusal;
  }
}

function line(item, version, change) {
  const name = item.variant_title ? `${item.title}, ${item.variant_title}` : item.title;
  return h("li", {},
    picture(item.image_url, item.title),
    h("a", { href: `/products/${item.product_slug}` }, name),
    h("label", {}, h("span", { class: "hidden" }, `Quantity of ${name}`),
      h("input", { type: "number", min: 1, max: 99, value: item.quantity,
        onchange: (event) =>
          change(() => api.changeItem(item.id, Number(event.target.value), version)) })),
    h("strong", {}, money(item.total)),
    h("button", { class: "quiet", "aria-label": `Remove ${name}`,
      onclick: () => change(() => api.removeItem(item.id, version)) }, "Remove"));
}
