// The choice on this page: read it, refuse, withdraw, follow other tabs. What refuses is never loaded
// late; the network (choose.js) and the second layer (preferences.js) are loaded when asked for.

function start() {
  const own = document.querySelector("script[data-notice]");
  const page = own.dataset;
  const channel = new BroadcastChannel("consent");
  const choose = (act, ...args) => {
    const done = import("./choose.js").then((module) => module[act](...args));
    done.catch((error) => emit("error", error));
    return done;
  };
  const panel = async (act) => (await import("./preferences.js"))[act]();
  const emit = (name, detail) =>
    document.dispatchEvent(new CustomEvent("consent:" + name, { detail }));
  const allows = (category) => category === "necessary" || state.categories.includes(category);
  const jar = document.cookie;
  let { value, ...state } = own.read(jar);
  // An acceptance that the server did not take for one when it made this page is none.
  if (state.categories[0] && !page.on) state = { status: "undecided", categories: [] };

  /** Shut Google Analytics on this page and take its cookies away, on this host and its parents. */
  function shut(jar) {
    if (allows("analytics") && !page.off) return;
    window["ga-disable-G-" + page.tag] = true;
    for (const [name] of jar.matchAll(/_g(a|id|at|ac|cl)(_[^=;]*)?(?==)/g)) {
      let host = "." + location.hostname;
      for (let domain = ""; domain !== ";domain="; host = host.replace(/.[^.]*/, "")) {
        document.cookie = name + "=;path=/;max-age=0" + domain;
        domain = ";domain=" + host;
      }
    }
  }

  /** Make the cookie true on this page, whether it changed here or in another tab. */
  function follow(source) {
    const jar = document.cookie;
    const next = own.read(jar);
    const previous = state.categories;
    const differs = next.value !== value;
    if (differs) ({ value, ...state } = next);
    shut(jar);
    if (differs) emit("change", { ...state, previous, source });
    // One more than before.
    if (state.categories[previous.length]) choose("restart");
  }

  function changed(source) {
    follow(source);
    channel.postMessage(0);
  }

  /** Refuse or withdraw: in force at once, whatever the network does; recorded when it can be. */
  async function refuseAll(source = "script") {
    // It begins to load only; until it has, the cookie is written.
    choose("report", value, source, emit);
    const day = new Date().toLocaleDateString("sv", { timeZone: "Europe/Brussels" });
    document.cookie =
      "cookieconsent_status=r1." + page.notice + "." + day.replace(/-/g, "") + page.cookie;
    changed(source);
  }

  /** Keep a choice; an acceptance is in force only once the server has stored its proof. */
  const save = async (choices, source) =>
    Object.values(choices).includes(true)
      ? choose("accept", choices, source, value, changed)
      : refuseAll(source);

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-consent-open]");
    if (opener) {
      event.preventDefault();
      panel("open").catch(() => (location = opener.href || opener.form.action));
    }
  });
  channel.onmessage = () => follow("tab");
  onpageshow = (event) => event.persisted && follow("tab");
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
    acceptAll: (source) => choose("accept", page.all, source, value, changed),
    open: () => panel("open"),
    close: () => panel("close"),
    whenAllowed: (category) => choose("whenAllowed", category, allows),
  };
}

// An application that imports this file gets the instance that the page already has.
export const cookieConsent = (window.cookieConsent ??= start());
