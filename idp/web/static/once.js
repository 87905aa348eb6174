"use strict";
// A second click while the first is under way sends nothing.
let last = -Infinity;
document.addEventListener("submit", event => {
  if (event.target.hasAttribute("data-again")) return; // a file to be kept: the page stays
  if (event.timeStamp - last < 5000) event.preventDefault();
  else last = event.timeStamp;
});
