// The documents view: folders, the table, and what can be done with selected documents.

const everyDocument = { words: "", folder: "", after: null, before: null, offset: 0, sort: "date", reverse: false };

let listed = 0; // number of documents in the table
let found = 0; // number of documents that match
let allFound = null; // ids of all that match, if they are selected
let order = { sort: "date", reverse: false };
let shownFolder = ""; // "" for all documents

const filter = () => ({ ...everyDocument, ...order, folder: shownFolder, words: $("#documents-search").value, after: filters.after, before: filters.before });

async function documents(offset = 0) {
  const given = await call("documents", { ...filter(), offset });
  const checked = new Set($$("#rows input:checked").map((box) => box.value));
  if (offset) $("#rows").insertAdjacentHTML("beforeend", given.rows); else $("#rows").innerHTML = given.rows;
  for (const box of $$("#rows input")) box.checked = checked.has(box.value);
  ({ shown: listed, found } = given);
  allFound = null;
  for (const place of $$("#summary, [data-summary]")) place.innerHTML = `${given.summary}.`;
  $("#folders").innerHTML = given.folders;
  $("#folders").hidden = !given.folders;
  $("#collections").replaceChildren(...given.collections.map((name) => make("option", { value: name })));
  $("#histogram").innerHTML = given.histogram;
  for (const bar of $$("[data-act=range]")) bar.setAttribute("aria-pressed", String(bar.dataset.after === filters.after && bar.dataset.before === filters.before));
  for (const column of $$("th[data-sort]")) {
    if (column.dataset.sort !== order.sort) column.removeAttribute("aria-sort");
    else column.setAttribute("aria-sort", (order.sort === "date") === order.reverse ? "ascending" : "descending");
  }
  $("#documents-found").textContent = countText("documents", "", found);
  $("#more").hidden = listed >= found;
  showSelected();
}

function sortBy(sort) {
  order = { sort, reverse: order.sort === sort && !order.reverse };
  return documents();
}

async function openFolder(name) {
  shownFolder = name;
  await documents();
  $("#folders [aria-current]")?.focus();
}

const selected = () => allFound ?? $$("#rows input:checked").map((box) => box.value);

function showSelected() {
  const boxes = $$("#rows input");
  const count = selected().length;
  $("#select-all").checked = count > 0 && boxes.every((box) => box.checked);
  $("#select-all").indeterminate = count > 0 && !$("#select-all").checked;
  $("#selected").hidden = count === 0;
  $("#selected-count").textContent = text("documents.selected", { count: grouped(count) });
  $("[data-act=select-found]").hidden = !$("#select-all").checked || count === found;
  $("[data-act=select-found]").textContent = text("documents.select_found", { count: grouped(found) });
}

function selectAll(on) {
  allFound = null;
  for (const box of $$("#rows input")) box.checked = on;
  showSelected();
}

async function selectFound() { // also those that the table does not show
  allFound = (await call("ids", filter())).ids;
  showSelected();
  $("#selected-count").focus();
}

function askSelected() {
  const titles = new Map($$("#rows tr").map((row) => [row.dataset.document, $("th .link", row).textContent]));
  askOnly(selected().map((id) => ({ id, title: titles.get(id) ?? id })));
}

async function removeDocuments(ids, name, button) {
  if (!await confirmed(text("documents.remove_title", { name }), text("documents.remove_note"), text("documents.remove"))) return button.focus();
  const { token } = await call("remove", { documents: ids });
  filters.documents = filters.documents.filter(({ id }) => !ids.includes(id));
  showChips();
  toast(text("documents.removed", { name }), async () => { await call("restore", { token }); await refresh(); announce(text("documents.restored", { name })); });
  await refresh();
  $("#documents-search").focus();
}

const remove = (button) => removeDocuments([button.dataset.document], `“${button.dataset.title}”`, button);

function removeSelected(button) {
  const ids = selected();
  return removeDocuments(ids, countText("documents", "", ids.length), button);
}

async function refresh() { await Promise.all([documents(), begin()]); }

// Changes of a folder that the server watches.

let watched = null; // numbers of changes that were shown

function watchFolder(changes) {
  if (watched === null && changes !== null) setInterval(() => { if (!document.hidden) lookForChanges(); }, 3000);
  watched ??= changes;
}

async function lookForChanges() {
  const given = await call("changes").catch(() => ({})); // the server may be restarting
  const changes = given.changes ?? watched;
  const parts = Object.keys(changes).filter((name) => changes[name] > watched[name])
    .map((name) => countText("watch", `${name}_`, changes[name] - watched[name]));
  const failed = changes.failed - watched.failed;
  const reasons = failed > 0 ? given.failures.slice(-failed).slice(0, 3) : [];
  watched = changes;
  if (!parts.length) return;
  toast([text("watch.changed", { changes: parts.join(", ") }), ...reasons].join(" "), null, reasons.length ? 15 : 4);
  await refresh();
}
