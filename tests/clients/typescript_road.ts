// A storefront in TypeScript on generated types: from the catalogue to a paid order.
//
// Checked by `tsc --strict`, and then run by node: `node typescript_road.js http://the-shop`. It
// prints the PaymentIntent, waits for a line while the customer pays, and prints the order.

import { createInterface } from "node:readline";
import createClient from "openapi-fetch";
import type { components, paths } from "./storefront.js";

type Money = components["schemas"]["Money"];
type Problem = components["schemas"]["Problem"];

function got<Data>(answer: { data?: Data; error?: Problem }): Data {
  if (answer.error !== undefined) throw new Error(answer.error.code);
  if (answer.data === undefined) throw new Error("no answer");
  return answer.data;
}

function written(money: Money): string {
  return `${money.amount} ${money.currency}`;
}

const baseUrl = process.argv[2] ?? "";
const stranger = createClient<paths>({ baseUrl });
const key = (): { "Idempotency-Key": string } => ({ "Idempotency-Key": crypto.randomUUID() });

const listed = got(
  await stranger.GET("/api/v1/products", { params: { query: { in_stock: true, limit: 10 } } }),
);
const slug = listed.data[0]?.slug ?? "";
const product = got(await stranger.GET("/api/v1/products/{slug}", { params: { path: { slug } } }));
const variant = product.variants[0];
if (!variant?.price) throw new Error("not for sale");
// @ts-expect-error an amount is a number: of an empty object this would be allowed
variant.price.amount.toUpperCase;

const cart = got(
  await stranger.POST("/api/v1/cart/items", {
    body: { variant_id: variant.id, quantity: 2 },
    params: { header: key() },
  }),
);
const guest = createClient<paths>({ baseUrl, headers: { "X-Cart-Token": cart.token ?? "" } });

const address: components["schemas"]["Address"] = {
  name: "Carla Customer",
  line1: "Marktplatz 3",
  city: "Bremen",
  postal_code: "28195",
  country: "DE",
};
const quote = got(
  await guest.POST("/api/v1/checkout/quote", {
    body: { country: "DE", shipping_method: "standard" },
  }),
);
const order = got(
  await guest.POST("/api/v1/checkout", {
    body: {
      email: "guest@example.test",
      shipping_address: address,
      shipping_method: "standard",
      expected_total: quote.total,
    },
    params: { header: key() },
  }),
);
const intent = got(
  await guest.POST("/api/v1/payments/create-payment-intent", { body: { order_id: order.id } }),
);
console.log(intent.payment_intent_id);
for await (const _ of createInterface({ input: process.stdin })) break;

const path = { order_id: order.id };
got(await guest.POST("/api/v1/payments/confirm-payment/{order_id}", { params: { path } }));
const paid = got(await guest.GET("/api/v1/orders/{order_id}", { params: { path } }));
console.log(`${paid.payment_status} ${written(paid.total)}`);
process.exit(0);
