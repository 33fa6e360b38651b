// Accepting: loaded by the click that asks for it. Nothing is in force before its proof is stored.

let pending = null;

/** One acceptance at a time: a double click is one record. `consent` is the page's own (consent.js). */
export function accept(choices, source, consent) {
  pending ??= store(choices, source, consent).finally(() => {
    pending = null;
  });
  return pending;
}

async function store(choices, source, { channel, emit, follow, newKey, send, state }) {
  try {
    const answer = await send({ categories: choices, source }, state.value, newKey());
    follow(source);
    channel.postMessage(0);
    return answer;
  } catch (error) {
    emit("error", { error, source });
    throw error;
  }
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
