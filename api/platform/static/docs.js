// Kept in a file of its own so that the page needs no inline script.

// Finds operations by any word of their path, name, heading, summary or description; Swagger UI
// itself would look at headings alone. Every word must be found.
const search = {
  fn: {
    opsFilter: (taggedOps, phrase) => {
      const words = phrase.toLowerCase().split(/\s+/).filter(Boolean);
      return taggedOps
        .map((tagged, tag) =>
          tagged.update("operations", (operations) =>
            operations.filter((one) => {
              const operation = one.get("operation");
              const text = [
                tag,
                one.get("method"),
                one.get("path"),
                operation.get("operationId"),
                operation.get("summary"),
                operation.get("description"),
              ].join(" ").toLowerCase();
              return words.every((word) => text.includes(word));
            }),
          ),
        )
        .filter((tagged) => tagged.get("operations").size > 0);
    },
  },
};

window.ui = SwaggerUIBundle({
  urls: [
    { url: "/openapi/storefront.json", name: "Storefront" },
    { url: "/openapi/admin.json", name: "Admin" },
  ],
  "urls.primaryName": "Storefront",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  plugins: [search],
  layout: "StandaloneLayout",
  filter: true,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: "none",
});
