"use strict";
// The print button stands only where a script can press it; every browser prints by its own menu.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
