// Google Analytics 4, Consent Mode basic (GA-02, GA-03, GA-05). The server puts this on a page only
// with a valid acceptance; the order of these calls is the contract.
{
  const own = document.currentScript.dataset;
  const id = "G-" + document.querySelector("script[data-notice]").dataset.tag;
  if (!window["ga-disable-" + id]) {
    window.dataLayer = window.dataLayer || [];
    window.gtag = function gtag() {
      window.dataLayer.push(arguments);
    };
    const ads = { ad_storage: "denied", ad_user_data: "denied", ad_personalization: "denied" };
    window.gtag("consent", "default", { ...ads, analytics_storage: "denied" });
    window.gtag("consent", "update", { ...ads, analytics_storage: "granted" });
    window.gtag("js", new Date());
    window.gtag("config", id, {
      cookie_expires: +own.expires,
      cookie_update: false,
      allow_google_signals: false,
      allow_ad_personalization_signals: false,
      // No query string, and of the page before its site alone: an address may hold a person's
      // data, or the token of a mailed link (GA-09).
      page_location: location.origin + location.pathname,
      page_referrer: document.referrer ? new URL(document.referrer).origin + "/" : "",
    });
    const tag = document.createElement("script");
    tag.async = true;
    tag.src = "https://www.googletagmanager.com/gtag/js?id=" + id;
    document.head.append(tag);
  }
}
