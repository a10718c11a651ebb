#!/usr/bin/env bash
# openapi-typescript makes an optional member of a request body required when it has a `default`:
# whoever sends {"sku": "MUG"} fails under tsc --strict. Without the default it stays optional.
# Needs node and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts openapi-typescript@7.13.0 typescript@5.9.3
cat > openapi.json <<'JSON'
{"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": {},
 "components": {"schemas": {
  "WithDefault": {"type": "object", "required": ["sku"], "properties": {
   "sku": {"type": "string"}, "quantity": {"type": "integer", "default": 1}}},
  "Without": {"type": "object", "required": ["sku"], "properties": {
   "sku": {"type": "string"}, "quantity": {"type": "integer"}}}}}}
JSON
npx --no-install openapi-typescript openapi.json --output shop.ts > /dev/null 2>&1
cat > buy.ts <<'TS'
import type { components } from "./shop";
export const without: components["schemas"]["Without"] = { sku: "MUG" };
export const withDefault: components["schemas"]["WithDefault"] = { sku: "MUG" };
TS
said=$(npx --no-install tsc --strict --noEmit buy.ts || true)
echo "openapi-typescript 7.13.0, typescript 5.9.3:"
echo "$said"
[ "$(echo "$said" | grep -c 'error TS')" = 1 ]
[[ "$said" == *"buy.ts(3,"*"Property 'quantity' is missing"* ]]
