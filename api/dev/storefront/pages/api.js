// Talks to the shop: https://…/docs describes every request and refusal.

export const config = await (await fetch("/config.json")).json();

const kept = {
  get: (name) => localStorage.getItem(name),
  set: (name, value) => (value ? localStorage.setItem(name, value) : localStorage.removeItem(name)),
};

export class Refusal extends Error {
  constructor(problem) {
    super(problem.detail || problem.title || "Something went wrong.");
    Object.assign(this, problem);
  }
}

async function ask(method, path, { body, key, version, token } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  // One key for one wish: a repeated click or a lost answer does not become a second order.
  if (key) headers["Idempotency-Key"] = key;
  if (version) headers["If-Match"] = version;
  const cart = token ?? kept.get("cart_token");
  if (cart) headers["X-Cart-Token"] = cart;
  const access = sessionStorage.getItem("access_token");
  if (access) headers.Authorization = `Bearer ${access}`;
  let answer;
  try {
    answer = await fetch(config.api + path, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refusal({ detail: "The shop cannot be reached. Please try again.", status: 0 });
  }
  const sent = answer.status === 204 ? null : await answer.json();
  if (answer.status === 401 && access && !path.startsWith("/auth")) {
    if (await refreshed()) return ask(method, path, { body, key, version, token });
    signOut();
  }
  if (!answer.ok) throw new Refusal(sent ?? { status: answer.status });
  if (sent?.token && path.startsWith("/cart")) kept.set("cart_token", sent.token);
  return { ...sent, etag: answer.headers.get("ETag") };
}

const query = (parameters) => {
  const given = Object.entries(parameters).filter(([, value]) => value);
  return given.length ? `?${new URLSearchParams(given)}` : "";
};

export const newKey = () => crypto.randomUUID();

// The catalogue
export const categories = () => ask("GET", "/categories");
export const products = (parameters) => ask("GET", `/products${query(parameters)}`);
export const product = (slug) => ask("GET", `/products/${encodeURIComponent(slug)}`);

// The cart
export const cart = () => ask("GET", "/cart");
export const addItem = (variant, quantity) =>
  ask("POST", "/cart/items", { body: { variant_id: variant, quantity }, key: newKey() });
export const changeItem = (id, quantity, version) =>
  ask("PATCH", `/cart/items/${id}`, { body: { quantity }, version });
export const removeItem = (id, version) => ask("DELETE", `/cart/items/${id}`, { version });

// The checkout
export const quote = (country, method) =>
  ask("POST", "/checkout/quote", { body: { country, shipping_method: method ?? null } });
export async function checkOut(form, key) {
  const order = await ask("POST", "/checkout", { body: form, key });
  // Whoever has the token of the cart may see the order that it became.
  kept.set(`order_${order.id}`, kept.get("cart_token"));
  return order;
}
export const order = (id) => ask("GET", `/orders/${id}`, { token: kept.get(`order_${id}`) });
export const cancelOrder = (id) =>
  ask("POST", `/orders/${id}/cancel`, { key: newKey(), token: kept.get(`order_${id}`) });
export const orders = () => ask("GET", "/orders?limit=20");
export const createIntent = (id) =>
  ask("POST", "/payments/create-payment-intent",
    { body: { order_id: id }, key: newKey(), token: kept.get(`order_${id}`) });
export const confirmPayment = (id) =>
  ask("POST", `/payments/confirm-payment/${id}`,
    { key: newKey(), token: kept.get(`order_${id}`) });

// People
export const isSignedIn = () => Boolean(sessionStorage.getItem("access_token"));
export async function signIn(email, password) {
  keepTokens(await ask("POST", "/auth/login", { body: { email, password } }));
}
export function signOut() {
  sessionStorage.removeItem("access_token");
  sessionStorage.removeItem("refresh_token");
}
export const resetPassword = (token, password) =>
  ask("POST", "/auth/reset-password", { body: { token, password }, key: newKey() });
export const cancelStockRequests = (token) =>
  ask("POST", "/stock-requests/cancel", { body: { token }, key: newKey() });
export const askForStock = (variant, email) =>
  ask("POST", "/stock-requests", { body: { variant_id: variant, email: email || null },
    key: newKey() });

function keepTokens(pair) {
  sessionStorage.setItem("access_token", pair.access_token);
  sessionStorage.setItem("refresh_token", pair.refresh_token);
}

async function refreshed() {
  const token = sessionStorage.getItem("refresh_token");
  sessionStorage.removeItem("access_token");
  if (!token) return false;
  try {
    keepTokens(await ask("POST", "/auth/refresh", { body: { refresh_token: token } }));
    return true;
  } catch {
    return false;
  }
}
