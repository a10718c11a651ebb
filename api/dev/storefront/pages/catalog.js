// Browsing: lists of products and one product.

import * as api from "./api.js";
import { field, go, h, money, notice, picture, plain, say } from "./dom.js";
import { showCount } from "./cart.js";

const SORTS = [
  ["", "Best first"], ["price", "Price, low to high"], ["-price", "Price, high to low"],
  ["name", "Name"], ["newest", "Newest"],
];

export async function showCategories() {
  const { data } = await api.categories();
  document.getElementById("categories").replaceChildren(
    h("a", { href: "/" }, "Everything"),
    ...data.map(({ slug, name, level }) =>
      h("a", { href: `/categories/${slug}`, class: level ? "below" : null }, name)));
}

export async function list(wanted) {
  const here = new URLSearchParams(location.search);
  const asked = { ...wanted, sort: here.get("sort"), in_stock: here.get("in_stock"), limit: 24 };
  const found = await api.products({ ...asked, include: "total" });
  const grid = h("ul", { class: "grid" }, ...found.data.map(card));
  const more = h("button", { class: "quiet", type: "button" }, "Show more");
  let page = found.page;
  more.hidden = !page.has_more;
  more.addEventListener("click", async () => {
    const next = await api.products({ ...asked, cursor: page.next_cursor });
    page = next.page;
    grid.append(...next.data.map(card));
    more.hidden = !page.has_more;
  });
  return h("section", {},
    h("h1", {}, title(wanted)),
    found.corrected_q
      ? notice(`Nothing was found for “${wanted.q}”; this is “${found.corrected_q}”.`, "info")
      : null,
    h("div", { class: "tools" },
      h("p", {}, `${found.page.total ?? found.data.length} products`), filters(here)),
    found.data.length ? grid : notice("Nothing fits. Try other words.", "info"),
    more);
}

function title({ q, category }) {
  if (q) return `“${q}”`;
  const link = document.querySelector(`#categories a[href="/categories/${CSS.escape(category ?? "")}"]`);
  return link?.textContent ?? (category ? category.replaceAll("-", " ") : "Everything for the kitchen");
}

function filters(here) {
  const change = (name, value) => {
    if (value) here.set(name, value);
    else here.delete(name);
    const address = `${location.pathname}?${here}`;
    go(address);
  };
  return h("form", { class: "filters" },
    h("label", {},
      h("input", { type: "checkbox", checked: here.get("in_stock") === "true",
        onchange: (event) => change("in_stock", event.target.checked ? "true" : "") }),
      " In stock"),
    h("label", { class: "hidden", for: "sort" }, "Sort by"),
    h("select", { id: "sort", onchange: (event) => change("sort", event.target.value) },
      ...SORTS.map(([value, words]) =>
        h("option", { value, selected: value === (here.get("sort") ?? "") }, words))));
}

function card(product) {
  return h("li", { class: "card" },
    h("a", { href: `/products/${product.slug}` },
      picture(product.image, product.title),
      h("span", { class: "name" }, product.title),
      price(product, product.price_varies)),
    product.in_stock ? null : h("span", { class: "badge" }, "Sold out"));
}

function price({ price: now, compare_at: before, prior_price: prior }, varies = false) {
  if (!now) return h("span", { class: "price" }, "Not for sale here");
  return h("span", { class: "price" },
    varies ? "from " : "", h("strong", {}, money(now)),
    before ? h("s", {}, money(before)) : null,
    prior ? h("small", {}, `lowest of 30 days before: ${money(prior)}`) : null);
}

export async function product(slug) {
  const found = await api.product(slug);
  const variants = found.variants;
  let chosen = variants.find((variant) => variant.in_stock && variant.for_sale) ?? variants[0];
  const tag = h("div", { class: "chosen" });
  const said = h("div");
  const choose = (variant) => {
    chosen = variant;
    tag.replaceChildren(price(variant), h("p", { class: variant.in_stock ? "stock" : "stock out" },
      variant.in_stock ? "In stock" : "Sold out"));
    buy.disabled = !variant.for_sale || !variant.in_stock;
    waiting.hidden = variant.in_stock;
  };
  const quantity = field("Quantity",
    { name: "quantity", type: "number", min: 1, max: 99, value: 1, required: true });
  const buy = h("button", {}, "Add to cart");
  const form = h("form", { class: "buy", onsubmit: async (event) => {
    event.preventDefault();
    buy.disabled = true;
    try {
      await api.addItem(chosen.id, Number(new FormData(form).get("quantity")));
      said.replaceChildren(h("p", { class: "notice done", role: "status" },
        `${found.title} is in your cart. `, h("a", { href: "/cart" }, "View cart")));
      showCount();
    } catch (refusal) {
      said.replaceChildren(notice(refusal.message));
    }
    buy.disabled = false;
  } }, variants.length > 1 ? options(found, variants, chosen, choose) : null, tag, quantity, buy);
  const waiting = waitingForm(() => chosen);
  choose(chosen);
  return h("article", { class: "product" },
    h("nav", { class: "trail", "aria-label": "You are here" }, ...found.breadcrumbs.flatMap((step) =>
      [h("a", { href: `/categories/${step.slug}` }, step.name), h("span", { "aria-hidden": "true" }, "›")])),
    h("div", { class: "pictures" }, ...(found.images.length
      ? found.images.map((image) => picture(image, found.title)) : [picture(null, found.title)])),
    h("div", { class: "words" },
      h("h1", {}, found.title), h("p", {}, plain(found.description)), form, waiting, said,
      facts(found)));
}

function options(found, variants, chosen, choose) {
  return h("fieldset", {},
    h("legend", {}, found.options.map((option) => option.name).join(", ") || "Kind"),
    ...variants.map((variant) => h("label", { class: variant.in_stock ? "pick" : "pick out" },
      h("input", { type: "radio", name: "variant", value: variant.id,
        checked: variant === chosen, onchange: () => choose(variant) }),
      h("span", {}, variant.title))));
}

function waitingForm(chosen) {
  const said = h("div");
  return h("form", { class: "waiting", hidden: true, onsubmit: async (event) => {
    event.preventDefault();
    try {
      await api.askForStock(chosen().id, new FormData(event.target).get("waiting_email"));
      said.replaceChildren(notice("You get an e-mail when it is back.", "done"));
      say("You get an e-mail when it is back.");
    } catch (refusal) {
      said.replaceChildren(notice(refusal.message));
    }
  } }, field("Tell me when it is back",
    { name: "waiting_email", type: "email", autocomplete: "email", required: true,
      placeholder: "you@example.com" }),
  h("button", { class: "quiet" }, "Tell me"), said);
}

function facts(found) {
  const shown = found.attributes.map(({ name, value, unit, choices }) =>
    [name, choices.map((choice) => choice.label).join(", ") || `${value} ${unit}`.trim()]);
  return h("dl", { class: "facts" },
    ...shown.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}
