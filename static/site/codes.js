// Recovery codes: copy and print. Without this script they can be selected as any text.

const codes = document.querySelector("[data-codes]");
const copy = document.querySelector("[data-codes-copy]");

copy.addEventListener("click", async () => {
  const lines = Array.from(codes.querySelectorAll("code"), (code) => code.textContent);
  try {
    await navigator.clipboard.writeText(lines.join("\n"));
    copy.textContent = copy.dataset.done;
  } catch {
    // No permission: select them for the person's own keys.
    getSelection().selectAllChildren(codes);
  }
});
document.querySelector("[data-codes-print]").addEventListener("click", () => print());
document.querySelector("[data-codes-actions]").hidden = false;
