// Gated scripts and embedded pages: they start when their category is allowed, and stop with it.

// The server puts only addresses of the register's services on a page, and in its CSP. The one
// Trusted Types policy of this site passes those that stand in the page's markup, and nothing else.
const page = document.querySelector("script[data-notice]")?.dataset ?? {};
const served = (page.on ?? "").split(" ");
const declared = new Set();
const trusted = window.trustedTypes?.createPolicy("consent", {
  createScriptURL: (url) => {
    if (declared.has(url)) return url;
    throw new TypeError("not a gated address");
  },
});

/** Allowed by the visitor, and by the policy that this page was served with. */
function allowed(element) {
  const category = element.dataset.consentCategory;
  return window.cookieConsent.allows(category) && served.includes(category);
}

function start(holder) {
  const { src } = holder.dataset;
  declared.add(src);
  const script = document.createElement("script");
  script.async = false;
  script.src = trusted ? trusted.createScriptURL(src) : src;
  holder.removeAttribute("data-src");
  holder.after(script);
}

function sweep() {
  for (const holder of document.querySelectorAll("script[data-consent-category][data-src]")) {
    if (allowed(holder)) start(holder);
  }
  for (const frame of document.querySelectorAll("iframe[data-consent-category]")) {
    const open = allowed(frame);
    const placeholder = frame.previousElementSibling;
    if (open && !frame.src) frame.src = frame.dataset.src;
    if (!open && frame.src) frame.removeAttribute("src");
    frame.hidden = !open;
    if (placeholder?.matches("[data-consent-placeholder]")) placeholder.hidden = open;
  }
}

document.addEventListener("consent:change", sweep);
// What a single-page application adds later is gated too.
new MutationObserver(sweep).observe(document.documentElement, { childList: true, subtree: true });
sweep();
