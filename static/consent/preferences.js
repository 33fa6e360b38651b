// The second layer, in the page: the same form as /privacy/cookies/, fetched when it is asked for.
// Importing choose.js here means that nothing is left to load when somebody refuses.
import "./choose.js";

let panel = null;
let opener = null;

/** The form of the choices page. A parsed document runs no script and needs no innerHTML. */
function fetchForm() {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", document.querySelector("a[data-consent-open]").href);
    request.responseType = "document";
    request.timeout = 8000;
    request.onload = () => {
      const form = request.response?.querySelector("[data-consent-preferences]");
      if (form) resolve(document.adoptNode(form));
      else reject(new Error("no form"));
    };
    request.onerror = request.ontimeout = () => reject(new Error("not reachable"));
    request.send();
  });
}

/** The banner's stylesheet, on a page that came without it. */
function style() {
  return new Promise((resolve) => {
    if (document.querySelector('link[href*="/consent/banner"]')) return resolve();
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.onload = link.onerror = resolve;
    link.href = new URL("banner.css", import.meta.url).href;
    document.head.append(link);
  });
}

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

/** Show the choices in a dialog; the focus goes in, and comes back to where it was. */
export async function open() {
  if (panel) return;
  const here = document.querySelector("main [data-consent-preferences]");
  if (here) return here.querySelector("input:enabled, button").focus();
  const from = document.activeElement;
  const [form] = await Promise.all([fetchForm(), style()]);
  if (panel) return;
  opener = from;
  const { close: label, error } = form.dataset;
  const heading = element("h2", { id: "cp-t", textContent: form.dataset.title });
  const shut = element("button", { type: "button", className: "cp-close", textContent: "×" });
  shut.setAttribute("aria-label", label);
  shut.addEventListener("click", close);
  panel = element("dialog", { className: "cp-dialog" });
  panel.dataset.consentPanel = "";
  panel.setAttribute("aria-labelledby", heading.id);
  panel.append(heading, shut, form);
  for (const box of form.querySelectorAll("input[type=checkbox]")) {
    box.checked = window.cookieConsent.allows(box.name);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    choose(form, event.submitter?.dataset.consentAction, error);
  });
  panel.addEventListener("close", closed);
  document.body.append(panel);
  panel.showModal();
}

export function close() {
  panel?.close();
}

function closed() {
  document.removeEventListener("consent:receipt", offer);
  panel.remove();
  panel = null;
  const back = opener?.isConnected ? opener : document.querySelector("[data-consent-open]");
  back?.focus();
}

async function choose(form, action = "save", error = "") {
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  const choices = Object.fromEntries(
    boxes.map((box) => [box.name, action === "accept-all" || (action === "save" && box.checked)]),
  );
  const withdraws = boxes.some((box) => window.cookieConsent.allows(box.name) && !choices[box.name]);
  const message = form.querySelector("[data-consent-message]");
  message.textContent = "";
  try {
    if (withdraws) document.addEventListener("consent:receipt", offer, { once: true });
    await window.cookieConsent.save(choices, "preferences");
    if (!withdraws) return close();
    for (const box of boxes) box.checked = window.cookieConsent.allows(box.name);
    message.textContent = form.dataset.withdrawn;
  } catch (failure) {
    message.textContent = failure.cause?.detail || error;
  }
}

/** After a withdrawal: the receipt of what was withdrawn, while it can still be named. */
function offer({ detail }) {
  const form = panel?.querySelector("form");
  const link = element("a", { href: detail.receipt, textContent: form?.dataset.receipt });
  link.setAttribute("download", "");
  form?.querySelector("[data-consent-message]").append(" ", link);
}
