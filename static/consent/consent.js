// The choice on this page: read it, refuse, withdraw, tell other tabs. What refuses is never loaded
// late; accepting (choose.js) and the second layer (preferences.js) are loaded when asked for.
import { read } from "./state.js";

const GOOGLE = /^_(ga|gid|gat|gac|gcl)(_|$)/;

function start() {
  const page = document.querySelector("script[data-notice]").dataset;
  const channel = new BroadcastChannel("consent");
  const emit = (name, detail) =>
    document.dispatchEvent(new CustomEvent("consent:" + name, { detail }));
  const allows = (category) => category === "necessary" || state.categories.includes(category);
  let state = read(document.cookie, page);

  /** Shut Google Analytics on this page and take its cookies away, on this host and its parents. */
  function shut() {
    window["ga-disable-G-" + page.tag] = true;
    for (const pair of document.cookie.split("; ")) {
      const name = pair.split("=")[0];
      if (!GOOGLE.test(name)) continue;
      const labels = location.hostname.split(".");
      document.cookie = name + "=;path=/;max-age=0";
      for (; labels[0]; labels.shift()) {
        document.cookie = name + "=;path=/;max-age=0;domain=" + labels.join(".");
      }
    }
  }

  /** Make the cookie true on this page, whether it changed here or in another tab. */
  function follow(source) {
    const { value, categories: previous } = state;
    state = read(document.cookie, page);
    if (!allows("analytics") || "off" in page) shut();
    if (state.value === value) return;
    const { status, categories } = state;
    if (status === "decided") document.querySelector("[data-consent-banner]")?.remove();
    emit("change", { status, categories, previous, source });
    if (source !== "load" && categories.length > previous.length) {
      import("./choose.js").then((choose) => choose.restart());
    }
  }

  /** POST a choice; resolves with the answer's body, rejects with it as the error's `cause`. */
  async function send(body, previous, key) {
    const headers = {
      "Content-Type": "application/json",
      "Accept-Language": document.documentElement.lang,
      "Idempotency-Key": key,
      "Consent-Previous": previous,
      "X-CSRFToken": (/Csrf-token=([^;]*)/.exec(document.cookie) || "")[1] || "",
    };
    const response = await fetch("/api/v1/consent/", {
      method: "POST",
      headers,
      body: JSON.stringify({ notice: +page.notice, ...body }),
      keepalive: true,
      signal: AbortSignal.timeout(8000),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.code, { cause: answer });
    return answer;
  }

  const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

  /** Refuse or withdraw: in force at once, whatever the network does; recorded when it can be. */
  async function refuseAll(source = "script") {
    const previous = state.value;
    const day = new Date().toLocaleDateString("sv", { timeZone: "Europe/Brussels" });
    document.cookie =
      "cookieconsent_status=r1." + page.notice + "." + day.replaceAll("-", "") +
      ";path=/;samesite=lax;max-age=" + page.age + (location.protocol > "http:" ? ";secure" : "");
    follow(source);
    channel.postMessage(0);
    const key = newKey();
    const tell = () => send({ categories: {}, source }, previous, key);
    tell().then(
      (answer) => answer.withdrawn && emit("receipt", answer.withdrawn),
      (error) => {
        emit("error", { error, source });
        addEventListener("online", tell, { once: true });
      },
    );
  }

  /** Keep a choice; an acceptance is in force only once the server has stored its proof. */
  async function save(choices, source = "script") {
    if (!Object.values(choices).includes(true)) return refuseAll(source);
    const choose = await import("./choose.js");
    return choose.accept(choices, source, { channel, emit, follow, newKey, send, state });
  }

  const panel = () => import("./preferences.js");
  const api = {
    get status() {
      return state.status;
    },
    allows,
    refuseAll,
    save,
    acceptAll: (source) => save({ analytics: true }, source),
    open: async () => (await panel()).open(),
    close: async () => (await panel()).close(),
    whenAllowed: (category) =>
      new Promise((resolve) => {
        const check = () => allows(category) && resolve();
        document.addEventListener("consent:change", check);
        check();
      }),
  };

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-consent-open]");
    if (opener && !document.querySelector("main [data-consent-preferences]")) {
      event.preventDefault();
      api.open().catch(() => location.assign(opener.href));
    }
  });
  channel.onmessage = () => follow("tab");
  for (const name of ["pageshow", "focus"]) addEventListener(name, () => follow("tab"));
  setInterval(follow, 2000, "tab");
  follow("load");
  queueMicrotask(() => emit("ready", { status: state.status, categories: state.categories }));
  return api;
}

// An application that imports this file gets the instance that the page already has.
export const cookieConsent = (window.cookieConsent ??= start());
