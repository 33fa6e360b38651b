// What Google's tag does, as far as consent is concerned: it follows Consent Mode and ga-disable,
// sets its cookies on the highest domain it may, and reports page views until it is told to stop.
(() => {
  const id = new URL(document.currentScript.src).searchParams.get("id");
  const container = id.replace(/^G-/, "");
  const consent = {};
  let config = null;
  let hits = 0;

  const isOff = () => window["ga-disable-" + id] === true;
  // As the real one: without any consent command all is granted.
  const isDenied = () => (consent.analytics_storage ?? "granted") !== "granted";

  function keep(name, value, seconds, isRenewed) {
    if (!isRenewed && new RegExp("(?:^|; )" + name + "=").test(document.cookie)) return;
    const domain = (config.cookie_domain ?? "auto") === "auto"
      ? location.hostname.split(".").slice(-2).join(".")
      : config.cookie_domain;
    document.cookie = `${name}=${value};domain=.${domain};path=/;max-age=${seconds}`;
  }

  function report(event) {
    if (isOff() || !config) return;
    const parameters = new URLSearchParams({
      v: "2", tid: id, en: event, _s: ++hits,
      gcs: isDenied() ? "G100" : "G101",
      dl: config.page_location ?? location.href,
      dr: config.page_referrer ?? document.referrer,
      dt: config.page_title ?? document.title,
    });
    if (!isDenied()) {
      const expires = config.cookie_expires ?? 63072000;
      const isRenewed = config.cookie_update ?? true;
      keep("_ga", "GA1.1.1111.2222", expires, isRenewed);
      keep("_ga_" + container, "GS1.1.3333.1", expires, isRenewed);
      keep("_gat", "1", 60, true);
      parameters.set("cid", (/_ga=([^;]*)/.exec(document.cookie) ?? [])[1] ?? "");
    }
    fetch("https://region1.google-analytics.com/g/collect?" + parameters, {
      method: "POST", mode: "no-cors", keepalive: true,
    }).catch(() => {});
  }

  function obey([command, ...rest]) {
    if (command === "consent") Object.assign(consent, rest[1]);
    else if (command === "set" && typeof rest[0] === "object") config = { ...config, ...rest[0] };
    else if (command === "config" && rest[0] === id) {
      config = { ...config, ...rest[1] };
      report("page_view");
    } else if (command === "event") report(rest[0]);
  }

  const layer = (window.dataLayer = window.dataLayer || []);
  window.googleTagFound ??= layer.map(([command]) => command);
  layer.forEach(obey);
  const push = layer.push.bind(layer);
  layer.push = (entry) => {
    obey(entry);
    return push(entry);
  };
  setInterval(() => report("user_engagement"), 300);
  const pushState = history.pushState;
  history.pushState = function (...rest) {
    pushState.apply(history, rest);
    report("page_view");
  };
  document.addEventListener("visibilitychange", () => report("user_engagement"));
  window.googleTagRuns = id;
})();
