// What goes over the network: the proof of an acceptance, and the record of a refusal.

const { dataset: page } = document.querySelector("script[data-notice]");
let pending = null;
// Kept until its answer came: a click that is tried again is the same click.
let acceptKey = "";

/** POST a choice; resolves with the answer's body, rejects with it as the error's `cause`. */
async function send(body, previous, key) {
  const response = await fetch("/api/v1/consent/", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "Accept-Language": document.documentElement.lang,
      "Idempotency-Key": key,
      "Consent-Previous": previous,
      "X-CSRFToken": (/Csrf-token=([^;]*)/.exec(document.cookie) || "")[1] || "",
    },
    body: JSON.stringify({ notice: +page.notice, ...body }),
    keepalive: true,
    signal: AbortSignal.timeout(8000),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.code, { cause: answer });
  return answer;
}

// 128 random bits for one click.
const newKey = () => [...crypto.getRandomValues(new Uint32Array(4))].join("-");

/** Record a refusal that is already in force; once more when the network comes back. */
export async function report(previous, source, emit) {
  const key = newKey();
  const tell = async () => {
    const { withdrawn } = await send({ categories: {}, source }, previous, key);
    if (withdrawn) emit("receipt", withdrawn);
  };
  try {
    await tell();
  } catch (error) {
    addEventListener("online", () => tell().catch(() => {}), { once: true });
    throw error;
  }
}

/** `choices` is an object, or the names of all categories. Store an acceptance, one at a time: a double click is one record. Then it is in force. */
export function accept(choices, source = "script", previous, changed) {
  const categories =
    typeof choices === "string"
      ? Object.fromEntries(choices.split(" ").map((category) => [category, true]))
      : choices;
  acceptKey ||= newKey();
  pending ??= send({ categories, source }, previous, acceptKey)
    .then((answer) => {
      acceptKey = "";
      changed(source);
      return answer;
    })
    .finally(() => {
      pending = null;
    });
  return pending;
}

/** Resolves once `category` is allowed. */
export function whenAllowed(category, allows) {
  return new Promise((resolve) => {
    const check = () => allows(category) && resolve();
    document.addEventListener("consent:change", check);
    check();
  });
}

/** The server now sends a page on which more may run; what somebody typed is not lost for it. */
export function restart() {
  if (!touched()) location.reload();
}

/** Whether a form of the page holds something that was typed or chosen. */
export function touched(root = document) {
  return [...root.querySelectorAll("input, textarea, select")].some(
    (field) =>
      !field.closest("[data-consent-banner], [data-consent-preferences]") &&
      (field.type === "checkbox" || field.type === "radio"
        ? field.checked !== field.defaultChecked
        : field.options
          ? [...field.options].some((option) => option.selected !== option.defaultSelected)
          : field.value !== field.defaultValue),
  );
}
