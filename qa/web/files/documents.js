// The table of documents.

let listed = 0;
let order = { sort: "date", reverse: false };

async function documents(offset = 0) {
  const row = { words: $("#documents-search").value, after: filters.after, before: filters.before, offset, ...order };
  const { summary, rows, found, shown, histogram } = await call("documents", row);
  if (offset) $("#rows").insertAdjacentHTML("beforeend", rows); else $("#rows").innerHTML = rows;
  listed = shown;
  for (const place of $$("#summary, [data-summary]")) place.innerHTML = `${summary}.`;
  $("#histogram").innerHTML = histogram;
  for (const bar of $$("[data-act=range]")) bar.setAttribute("aria-pressed", String(bar.dataset.after === filters.after && bar.dataset.before === filters.before));
  for (const column of $$("th[data-sort]")) {
    if (column.dataset.sort !== order.sort) column.removeAttribute("aria-sort");
    else column.setAttribute("aria-sort", (order.sort === "date") === order.reverse ? "ascending" : "descending");
  }
  $("#documents-found").textContent = countText("documents", "", found);
  $("#more").hidden = shown >= found;
  showSelected();
}

function sortBy(sort) {
  order = { sort, reverse: order.sort === sort && !order.reverse };
  return documents();
}

const selected = () => $$("#rows input:checked").map((box) => box.value);

function showSelected() {
  const boxes = $$("#rows input");
  const count = selected().length;
  $("#select-all").checked = count > 0 && count === boxes.length;
  $("#select-all").indeterminate = count > 0 && count < boxes.length;
  $("#selected").hidden = count === 0;
  $("#selected-count").textContent = text("documents.selected", { count });
}

function selectAll(on) {
  for (const box of $$("#rows input")) box.checked = on;
  showSelected();
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
