// Which address shows what. Links stay links: they can be opened in another tab and bookmarked.

import * as api from "./api.js";
import { h, notice } from "./dom.js";
import * as catalog from "./catalog.js";
import * as cart from "./cart.js";
import * as checkout from "./checkout.js";
import * as account from "./account.js";

const ROUTES = [
  [/^\/$/, () => catalog.list({})],
  [/^\/search$/, (_, query) => catalog.list({ q: query.get("q") })],
  [/^\/categories\/([^/]+)$/, (slug) => catalog.list({ category: slug })],
  [/^\/products\/([^/]+)$/, (slug) => catalog.product(slug)],
  [/^\/cart$/, () => cart.page()],
  [/^\/checkout$/, () => checkout.page()],
  [/^\/orders\/([^/]+)\/pay$/, (id) => checkout.pay(id)],
  [/^\/orders\/([^/]+)$/, (id) => account.order(id)],
  [/^\/account$/, () => account.page()],
  [/^\/reset-password$/, () => account.resetPassword()],
  [/^\/stock-requests\/cancel$/, () => account.cancelStockRequests()],
];

let shown = 0;

async function show({ keepsPlace = false } = {}) {
  const turn = ++shown;
  const content = document.getElementById("content");
  const route = ROUTES.find(([pattern]) => pattern.test(location.pathname));
  content.setAttribute("aria-busy", "true");
  let page;
  try {
    const parts = route ? route[0].exec(location.pathname).slice(1).map(decodeURIComponent) : [];
    page = route
      ? await route[1](...(parts.length ? parts : [null]), new URLSearchParams(location.search))
      : h("section", {}, h("h1", {}, "Nothing is here"), h("a", { href: "/" }, "To the shop"));
  } catch (refusal) {
    const words = refusal.status === 404 ? "This is not here (any more)." : refusal.message;
    page = h("section", {}, h("h1", {}, "That did not work"), notice(words));
    if (!(refusal instanceof api.Refusal)) console.error(refusal);
  }
  if (turn !== shown) return; // the visitor has gone on meanwhile
  content.replaceChildren(page);
  content.removeAttribute("aria-busy");
  document.title = `${content.querySelector("h1")?.textContent ?? "Shop"} · Stockroom Demo`;
  document.getElementById("q").value = new URLSearchParams(location.search).get("q") ?? "";
  document.getElementById("account-link").textContent =
    api.isSignedIn() ? "Your orders" : "Sign in";
  if (!keepsPlace) {
    scrollTo(0, 0);
    if (turn > 1) content.focus();
  }
}

export function go(address) {
  history.pushState(null, "", address);
  return show();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
  const address = link?.getAttribute("href");
  if (!isPlain || !address?.startsWith("/") || link.target) return;
  event.preventDefault();
  go(address);
});
document.querySelector(".search").addEventListener("submit", (event) => {
  event.preventDefault();
  const q = new FormData(event.target).get("q").trim();
  go(q ? `/search?q=${encodeURIComponent(q)}` : "/");
});
addEventListener("popstate", () => show());
addEventListener("stockroom:go", (event) => go(event.detail));
addEventListener("stockroom:refresh", () => show({ keepsPlace: true }));

show();
cart.showCount();
catalog.showCategories();
