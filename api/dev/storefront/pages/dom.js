// Makes elements. Text is always text: nothing that the shop sends becomes markup.

export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

export function money({ amount, currency }) {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  const digits = format.resolvedOptions().maximumFractionDigits;
  return format.format(amount / 10 ** digits);
}

export function when(moment) {
  return new Date(moment).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
}

export function plain(markup) {
  return new DOMParser().parseFromString(markup, "text/html").body.textContent;
}

export function say(words) {
  document.getElementById("live").textContent = words;
}

export function notice(words, kind = "error") {
  return h("p", { class: `notice ${kind}`, role: kind === "error" ? "alert" : "status" }, words);
}

export function picture(image, title) {
  const source = typeof image === "string" ? image : image?.url;
  if (source) return h("img", { src: source, alt: image.alt || title, loading: "lazy" });
  return h("span", { class: "no-picture", "aria-hidden": "true" }, title.slice(0, 1));
}

export function field(label, attributes, ...more) {
  const id = `field-${attributes.name}`;
  const { class: width, ...own } = attributes;
  return h("p", { class: `field ${width ?? ""}` },
    h("label", { for: id }, label),
    more.length ? h("select", { id, ...own }, ...more) : h("input", { id, ...own }));
}

// `main` listens: views do not know the router.
export const go = (address) => dispatchEvent(new CustomEvent("stockroom:go", { detail: address }));
export const refresh = () => dispatchEvent(new Event("stockroom:refresh"));
