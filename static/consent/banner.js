// The buttons of the first layer, where scripts run. Without them the form does the same.
const banner = document.querySelector("[data-consent-banner]");

banner?.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-consent-action]");
  const consent = window.cookieConsent;
  // Where a file was blocked, the form does it.
  if (!button || !consent) return;
  event.preventDefault();
  const action = button.dataset.consentAction;
  const message = banner.querySelector("[data-consent-message]");
  message.textContent = "";
  try {
    if (action === "refuse-all") await consent.refuseAll("banner");
    else if (action === "customise") await consent.open();
    else await consent.acceptAll("banner");
  } catch (error) {
    if (action === "customise") location.assign(button.form.getAttribute("action"));
    else message.textContent = error.cause?.detail || message.dataset.error;
  }
});

// Here or in another tab. What is said stays when the banner goes, for those who listen (AX-05).
document.addEventListener("consent:change", ({ detail }) => {
  if (detail.status !== "decided" || !banner?.isConnected) return;
  const message = banner.querySelector("[data-consent-message]");
  message.className = "cb-said";
  banner.replaceWith(message);
  const { accepted, refused } = message.dataset;
  setTimeout(() => (message.textContent = detail.categories.length ? accepted : refused), 100);
});
