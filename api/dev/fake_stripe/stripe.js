// Stands in for Stripe.js: the part of it that a shop with the Payment Element uses.
// https://docs.stripe.com/js, https://docs.stripe.com/payments/accept-a-payment
//
// The real Payment Element is a frame of Stripe's own, so that the page never sees a card number.
// This one is a plain form in a shadow root: good for trying a checkout, never for real cards.

(() => {
  const home = new URL(document.currentScript.src).origin;

  const STYLE = `
    :host { display: block; font: inherit; }
    .box { border: 1px solid #cfc7b8; border-radius: 10px; padding: 1rem; background: #fff; }
    .row { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1rem; }
    label { display: block; font-weight: 600; font-size: .92rem; margin-bottom: .8rem; }
    input { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .55rem .7rem;
      border: 1px solid #b8afa0; border-radius: 8px; margin-top: .2rem; letter-spacing: .03em; }
    input:focus-visible { outline: 3px solid #635bff; outline-offset: 1px; }
    p { margin: 0 0 .8rem; font-size: .88rem; color: #5c6b66; }
    ul { margin: 0; padding: 0; list-style: none; font-size: .88rem; }
    li { display: flex; gap: .6rem; align-items: baseline; }
    li button { font: inherit; border: 0; background: none; color: #4b3fe0; padding: .15rem 0;
      cursor: pointer; text-decoration: underline; font-variant-numeric: tabular-nums; }
    dialog { border: 0; border-radius: 12px; padding: 1.5rem; max-width: 24rem; color: #22302c;
      box-shadow: 0 20px 60px rgb(0 0 0 / .35); font: inherit; }
    dialog::backdrop { background: rgb(20 30 28 / .55); }
    dialog h2 { margin: 0 0 .5rem; font-size: 1.15rem; }
    dialog button { font: inherit; font-weight: 600; padding: .6rem 1.1rem; border-radius: 8px; border: 0;
      background: #4b3fe0; color: #fff; margin-right: .5rem; cursor: pointer; }
    dialog button.quiet { background: #ece9f7; color: #22302c; }`;

  const TEST_CARDS = [
    ["4242 4242 4242 4242", "is paid"],
    ["4000 0000 0000 0002", "is declined"],
    ["4000 0000 0000 9995", "has insufficient funds"],
    ["4000 0027 6000 3184", "asks for 3-D Secure"],
    ["4000 0000 0000 0259", "is disputed afterwards"],
  ];

  async function ask(key, method, path, parameters) {
    const sent = new URLSearchParams({ key, ...parameters });
    const address = method === "GET" ? `${home}${path}?${sent}` : home + path;
    const answer = await fetch(address, { method, body: method === "GET" ? undefined : sent });
    const body = await answer.json();
    return body.error ? { error: body.error } : { paymentIntent: body };
  }

  const idOf = (secret) => secret.split("_secret_")[0];

  function shown({ amount, currency }) {
    const format = new Intl.NumberFormat("en", { style: "currency", currency });
    // Stripe counts these as if they had two digits, or none (https://docs.stripe.com/currencies).
    const special = { isk: 2, ugx: 2, mga: 0 }[currency];
    return format.format(amount / 10 ** (special ?? format.resolvedOptions().maximumFractionDigits));
  }

  function element(tag, attributes, ...children) {
    const made = Object.assign(document.createElement(tag), attributes);
    made.append(...children);
    return made;
  }

  class PaymentElement {
    #root = null;
    #listeners = {};
    #inputs = {};

    mount(target) {
      const place = typeof target === "string" ? document.querySelector(target) : target;
      const host = document.createElement("div");
      this.#root = host.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      this.#root.adoptedStyleSheets = [sheet];
      const input = (name, words, autoComplete, placeholder) => {
        const made = element("input", { name, autocomplete: autoComplete, placeholder, inputMode: "numeric", required: true });
        made.addEventListener("input", () => this.#tell("change"));
        this.#inputs[name] = made;
        return element("label", {}, words, made);
      };
      this.#root.append(element("div", { className: "box" },
        input("number", "Card number", "cc-number", "4242 4242 4242 4242"),
        element("div", { className: "row" },
          input("expiry", "Expires", "cc-exp", "MM / YY"),
          input("cvc", "Security code", "cc-csc", "123")),
        element("p", {}, "A stand-in for Stripe's Payment Element. Use a test card:"),
        element("ul", {}, ...TEST_CARDS.map(([number, effect]) => {
          const button = element("button", { type: "button", textContent: number });
          button.addEventListener("click", () => this.fill(number));
          return element("li", {}, button, effect);
        }))));
      place.replaceChildren(host);
      queueMicrotask(() => this.#tell("ready"));
    }

    fill(number) {
      Object.entries({ number, expiry: "12 / 40", cvc: "123" }).forEach(([name, value]) => {
        this.#inputs[name].value = value;
      });
      this.#tell("change");
    }

    on(kind, listener) {
      (this.#listeners[kind] ??= []).push(listener);
      return this;
    }

    unmount() {
      this.#root?.host.remove();
    }

    card() {
      const [month = "", year = ""] = this.#inputs.expiry.value.split("/").map((part) => part.trim());
      return {
        "payment_method_data[type]": "card",
        "payment_method_data[card][number]": this.#inputs.number.value.replaceAll(" ", ""),
        "payment_method_data[card][exp_month]": month,
        "payment_method_data[card][exp_year]": year,
        "payment_method_data[card][cvc]": this.#inputs.cvc.value,
      };
    }

    isComplete() {
      return Object.values(this.#inputs).every((input) => input.value.trim());
    }

    // The customer's bank, as a window over the page.
    authenticate(intent) {
      return new Promise((decide) => {
        const sum = shown(intent);
        const answer = (outcome, textContent, className) => {
          const button = element("button", { type: "button", textContent, className });
          button.addEventListener("click", () => {
            dialog.close();
            dialog.remove();
            decide(outcome);
          });
          return button;
        };
        const dialog = element("dialog", { ariaLabel: "3-D Secure" },
          element("h2", { textContent: "Your bank asks: is it you?" }),
          element("p", { textContent: `3-D Secure for a payment of ${sum}.` }),
          answer("succeeded", "Approve", ""), answer("failed", "Reject", "quiet"));
        dialog.addEventListener("cancel", (event) => event.preventDefault());
        this.#root.append(dialog);
        dialog.showModal();
      });
    }

    #tell(kind) {
      const event = { elementType: "payment", complete: this.isComplete(), empty: !this.isComplete() };
      (this.#listeners[kind] ?? []).forEach((listener) => listener(event));
    }
  }

  class Elements {
    constructor({ clientSecret }) {
      this.clientSecret = clientSecret;
      this.payment = null;
    }

    create(kind) {
      if (kind !== "payment") throw new Error(`The stand-in for Stripe.js has no ${kind} element.`);
      this.payment = new PaymentElement();
      return this.payment;
    }

    getElement(kind) {
      return kind === "payment" ? this.payment : null;
    }

    async submit() {
      const message = "Please fill in your card's number, expiry date and security code.";
      return this.payment.isComplete() ? {} : { error: { type: "validation_error", message } };
    }
  }

  window.Stripe = (key) => ({
    elements: (options) => new Elements(options),

    retrievePaymentIntent: (secret) =>
      ask(key, "GET", `/v1/payment_intents/${idOf(secret)}`, { client_secret: secret }),

    async confirmPayment({ elements, confirmParams = {}, redirect = "always" }) {
      const { error } = await elements.submit();
      if (error) return { error };
      const secret = elements.clientSecret;
      const path = `/v1/payment_intents/${idOf(secret)}/confirm`;
      let done = await ask(key, "POST", path, {
        client_secret: secret, use_stripe_sdk: "true", ...elements.payment.card(),
        ...(confirmParams.return_url ? { return_url: confirmParams.return_url } : {}),
      });
      if (done.paymentIntent?.status === "requires_action") {
        const outcome = await elements.payment.authenticate(done.paymentIntent);
        done = await ask(key, "POST", `/simulate/payment_intents/${idOf(secret)}/authenticate`,
          { client_secret: secret, outcome });
        const failed = done.paymentIntent?.last_payment_error;
        if (failed) return { error: { ...failed, payment_intent: done.paymentIntent } };
      }
      if (done.error || redirect === "if_required") return done;
      const back = new URL(confirmParams.return_url);
      back.searchParams.set("payment_intent", done.paymentIntent.id);
      back.searchParams.set("payment_intent_client_secret", secret);
      back.searchParams.set("redirect_status", done.paymentIntent.status);
      location.assign(back);
      return new Promise(() => {}); // the page is being left
    },
  });
})();
