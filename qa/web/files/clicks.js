// A click is ignored if the page changed less than 300 ms ago and put another control under a
// pointer that has not moved: the second click of a double click, for example.

const SETTLE_MILLISECONDS = 300;
const SAME_PLACE_PIXELS = 8;
const CONTROLS = "button, a, summary";

let changedAt = -Infinity;
let pointer = { x: -100, y: -100, over: null };

const isSamePlace = (event) => Math.hypot(event.clientX - pointer.x, event.clientY - pointer.y) < SAME_PLACE_PIXELS;

function point(event) {
  pointer = { x: event.clientX, y: event.clientY, over: event.target.closest?.(CONTROLS) ?? null };
}

new MutationObserver(() => { changedAt = performance.now(); }).observe(app, {
  subtree: true, childList: true, attributes: true, attributeFilter: ["hidden", "open", "class", "data-view", "data-empty", "data-menu", "data-first"],
});
document.addEventListener("pointermove", (event) => { if (!isSamePlace(event)) point(event); }, true);
document.addEventListener("click", (event) => {
  if (event.detail === 0) return; // from the keyboard or a script
  const target = event.target.closest?.(CONTROLS) ?? null;
  const isNew = target !== null && target !== pointer.over && performance.now() - changedAt < SETTLE_MILLISECONDS;
  if (isNew && isSamePlace(event)) {
    event.preventDefault();
    event.stopPropagation();
  } else {
    point(event);
  }
}, true);
