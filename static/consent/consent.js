// The choice on this page: read it, refuse, withdraw, follow other tabs. What refuses is never loaded
// late; the network (choose.js) and the second layer (preferences.js) are loaded when asked for.

function start() {
  const own = document.querySelector("script[data-notice]");
  const page = own.dataset;
  const channel = new BroadcastChannel("consent");
  const choose = async (act, ...args) => (await import("./choose.js"))[act](...args);
  const panel = async (act) => (await import("./preferences.js"))[act]();
  const emit = (name, detail) =>
    document.dispatchEvent(new CustomEvent("consent:" + name, { detail }));
  const allows = (category) => category === "necessary" || state.categories.includes(category);
  const jar = document.cookie;
  let state = own.read(jar);
  // An acceptance that the server did not take for one when it made this page is none.
  if (state.categories[0] && !page.on) state = { ...state, status: "undecided", categories: [] };

  /** Shut Google Analytics on this page and take its cookies away, on this host and its parents. */
  function shut(jar) {
    if (allows("analytics") && !("off" in page)) return;
    window["ga-disable-G-" + page.tag] = true;
    for (const [name] of jar.matchAll(/_g(a|id|at|ac|cl)(_[^=;]*)?(?==)/g)) {
      const labels = location.hostname.split(".");
      for (let domain = ""; ; domain = ";domain=" + labels.join("."), labels.shift()) {
        document.cookie = name + "=;path=/;max-age=0" + domain;
        if (!labels[0]) break;
      }
    }
  }

  /** Make the cookie true on this page, whether it changed here or in another tab. */
  function follow(source) {
    const jar = document.cookie;
    const next = own.read(jar);
    const { value, categories: previous } = state;
    if (next.value !== value) state = next;
    shut(jar);
    if (next.value === value) return;
    emit("change", { ...state, previous, source });
    if (state.categories.length > previous.length) choose("restart");
  }

  function changed(source) {
    follow(source);
    channel.postMessage(0);
  }

  /** Refuse or withdraw: in force at once, whatever the network does; recorded when it can be. */
  async function refuseAll(source = "script") {
    const { value } = state;
    const day = new Date().toLocaleDateString("sv", { timeZone: "Europe/Brussels" });
    document.cookie =
      "cookieconsent_status=r1." + page.notice + "." + day.replaceAll("-", "") + page.cookie;
    changed(source);
    choose("report", value, source, emit).catch((error) => emit("error", error));
  }

  /** Keep a choice; an acceptance is in force only once the server has stored its proof. */
  const save = async (choices, source = "script") =>
    Object.values(choices).includes(true)
      ? choose("accept", choices, source, state.value, emit, changed)
      : refuseAll(source);

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-consent-open]");
    if (opener) {
      event.preventDefault();
      panel("open").catch(() => location.assign(opener.href));
    }
  });
  channel.onmessage = onpageshow = () => follow("tab");
  setInterval(follow, 2000, "tab");
  shut(jar);
  setTimeout(() => emit("ready", state));
  return {
    get status() {
      return state.status;
    },
    allows,
    refuseAll,
    save,
    acceptAll: (source = "script") =>
      choose("accept", page.all, source, state.value, emit, changed),
    open: () => panel("open"),
    close: () => panel("close"),
    whenAllowed: (category) => choose("whenAllowed", category, allows),
  };
}

// An application that imports this file gets the instance that the page already has.
export const cookieConsent = (window.cookieConsent ??= start());
