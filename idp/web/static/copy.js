"use strict";
// The copy button stands only where copying works; the key can be selected without it.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).dataset.key);
    button.textContent = button.dataset.copied;
  });
}
