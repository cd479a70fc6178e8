// The frame: views, actions, keys, start.

function view(name) {
  app.dataset.view = name;
  for (const section of $$(".view")) section.hidden = section.id !== `view-${name}`;
  for (const button of $$(".top nav button")) {
    if (button.dataset.view === name) button.setAttribute("aria-current", "page"); else button.removeAttribute("aria-current");
  }
  if (name === "documents") run(documents());
  if (name === "settings") fillSettings();
}

async function begin() {
  const given = await call("begin");
  defaults = given.settings;
  limits = given.limits;
  suffixes = given.suffixes;
  watchFolder(given.changes);
  if (given.documents) demo = false;
  app.toggleAttribute("data-dated", given.dated);
  app.toggleAttribute("data-first", !given.documents && !demo);
  $("#question").maxLength = limits.question;
  $("#first-formats").textContent = text("first.formats", { formats: given.formats.join(", ") });
  $("#first-limit").textContent = text("first.limit", { most: sizes.format(limits.file_bytes / 1e6) });
  fillSettings();
  $("#summary").innerHTML = demo ? text("first.demo_note") : `${given.summary}.`;
  await suggest();
  app.dataset.ready = "";
}

async function suggest() {
  const { questions } = await call("suggestions", { demo, options: bounds() });
  $("#examples").replaceChildren(...questions.map((question) => make("button", { type: "button", "data-act": "example", dir: "auto" }, question)));
}

async function startDemo() {
  demo = true;
  await begin();
  $("#question").focus();
}

const acts = {
  menu: toggleMenu,
  view: (button) => go(button.dataset.view === "ask" ? home() : `#/${button.dataset.view}`),
  theme: switchTheme,
  new: () => { startNew(); go("#/"); $("#question").focus(); },
  open: (button) => go(`#/conversation/${button.closest("li").dataset.id}`),
  rename: (button) => rename(button.closest("li")),
  delete: (button) => deleteConversations([stored.read(`conversation/${button.closest("li").dataset.id}`, null)].filter(Boolean)),
  forget: deleteAllConversations,
  defaults: restoreDefaults,
  export: (button) => exportAs(button.dataset.format),
  example: (button) => ask(button.textContent),
  demo: startDemo,
  "choose-files": () => $("#files").click(),
  "choose-folder": () => $("#folder").click(),
  "any-time": (button) => askAgain(button, { window: false }),
  undated: (button) => askAgain(button, { undated: true }),
  "over-time": (button) => go(`${home()}/over-time/${placeOf(button)}`),
  share: shareLink,
  again: (button) => ask(button.closest(".turn").dataset.question, { place: placeOf(button) }),
  edit: edit,
  judge: judge,
  copy: copy,
  cite: copyCitation,
  remove: remove,
  "remove-selected": removeSelected,
  sort: (button) => sortBy(button.closest("th").dataset.sort),
  source: (button) => openSource(button.dataset, button),
  "close-source": closeSource,
  "previous-page": () => turnPage(-1),
  "next-page": () => turnPage(1),
  "previous-mark": () => stepMark(-1),
  "next-mark": () => stepMark(1),
  "as-text": () => setAsText(!source.asText),
  zoom: zoom,
  panel: (button) => panel(button.dataset.panel),
  range: (button) => {
    const off = button.getAttribute("aria-pressed") === "true";
    filters.after = off ? null : button.dataset.after;
    filters.before = off ? null : button.dataset.before;
    filtersChanged();
  },
  more: () => documents(listed),
  only: ({ dataset }) => askOnly([{ id: dataset.document, title: dataset.title }]),
  "only-folder": ({ dataset }) => askOnly([], dataset.folder),
  "only-selected": askSelected,
  folder: ({ dataset }) => openFolder(dataset.folder),
  "select-found": selectFound,
  "dismiss-upload": (button) => dismissUploads([button.closest("li")]),
  "dismiss-uploads": () => dismissUploads(uploadRows()),
};

app.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details.menu"));
  const button = event.target.closest("[data-act]");
  if (button) run((async () => acts[button.dataset.act](button))());
});

$("#composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const question = $("#question").value;
  if (busy || !question.trim()) return;
  $("#question").value = "";
  grow();
  run(ask(question));
});
$("#question").addEventListener("input", grow);
$("#question").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("#composer").requestSubmit();
  }
});
for (const side of ["after", "before", "as_of"]) {
  $(`#${side}`).addEventListener("change", (event) => setDay(side, event.target.value));
}
$("#picker-search").addEventListener("input", delayed(() => run(choices())));
$("#picker-search").addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
$("#choices").addEventListener("change", (event) => choose(event.target));
$("#history-search").addEventListener("input", delayed(listConversations, 100));
$("#documents-search").addEventListener("input", delayed(() => run(documents())));
$("#rows").addEventListener("change", () => { allFound = null; showSelected(); });
$("#select-all").addEventListener("change", (event) => selectAll(event.target.checked));
$("#settings").addEventListener("change", (event) => changeSetting(event.target));
$("#settings").addEventListener("submit", (event) => event.preventDefault());
$("#find").addEventListener("submit", (event) => { event.preventDefault(); stepMark(1); });
$("#find-words").addEventListener("input", delayed(() => { if (source) run(findInSource()); }));

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest?.("input, textarea, [contenteditable], dialog");
  if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    go(home());
    $("#question").focus();
  }
  if (event.key === "Escape" && !$("#confirm").open) {
    const menu = $("details.menu[open]");
    if (menu) { closeMenus(); $("summary", menu).focus(); }
    else if ("menu" in app.dataset) { toggleMenu(); $(".top [data-act=menu]").focus(); }
    else if (!$("#source").hidden) closeSource();
    else for (const name of ["dates", "picker"]) if (!$(`#${name}`).hidden) panel(name, false);
  }
});
window.addEventListener("storage", (event) => { if (event.key?.startsWith(PREFIX)) listConversations(); });
narrow.addEventListener("change", isolate);

theme(settings.theme);
// Gradio puts every page into a <main> of its own; screen readers should announce ours.
element.closest("main")?.setAttribute("role", "none");
if (history.state?.layer) setAddress(address(), { replace: true });
isolate();
grow();
showChips();
listConversations();
restoreUploads();
$("#question").focus();
run(begin());
run(show());
