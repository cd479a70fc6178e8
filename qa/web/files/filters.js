// Filters of a question: days and documents.

const MOST_CHIPS = 5; // chips of single documents; more documents share one chip

function chip(label, remove) {
  const button = make("button", { type: "button", "aria-label": text("filters.remove", { label }) }, icon("close"));
  button.addEventListener("click", () => { remove(); filtersChanged(); });
  return make("li", {}, make("span", { dir: "auto", title: label }, label), button);
}

function daysLabel({ after, before }) {
  if (after && before) return after === before ? dayName(after) : text("answer.from_to", { first: dayName(after), last: dayName(before) });
  if (after) return text("filters.since", { day: dayName(after) });
  return before ? text("filters.until", { day: dayName(before) }) : "";
}

function showChips() {
  const { after, before, as_of, documents, folder } = filters;
  const days = daysLabel(filters);
  for (const list of $$("[data-chips]")) {
    const chips = days ? [chip(days, () => { filters.after = filters.before = null; })] : [];
    if (list.dataset.chips !== "dates") {
      if (as_of) chips.push(chip(text("filters.as_of", { day: dayName(as_of) }), () => { filters.as_of = null; }));
      if (folder) chips.push(chip(`${folder}/`, () => { filters.folder = null; }));
      if (documents.length > MOST_CHIPS) chips.push(chip(countText("documents", "", documents.length), () => { filters.documents = []; }));
      else chips.push(...documents.map(({ id, title }) => chip(title, () => { filters.documents = filters.documents.filter((other) => other.id !== id); })));
    }
    list.replaceChildren(...chips);
  }
  $("#after").value = after ?? "";
  $("#before").value = before ?? "";
  $("#as_of").value = as_of ?? "";
  if ("ready" in app.dataset && "empty" in app.dataset) run(suggest());
}

function filtersChanged() {
  showChips();
  if (conversation.turns.length) keep();
  if (!$("#picker").hidden) run(choices());
  if (app.dataset.view === "documents") run(documents());
}

function setDay(side, value) {
  filters[side] = value || null;
  if (filters.after && filters.before && filters.after > filters.before) [filters.after, filters.before] = [filters.before, filters.after];
  filtersChanged();
}

function showPanel(name) { // at most one; null closes both
  for (const other of ["dates", "picker"]) {
    $(`#${other}`).hidden = other !== name;
    $(`[data-panel="${other}"][aria-expanded]`).setAttribute("aria-expanded", String(other === name));
  }
}

function panel(name, open = $(`#${name}`).hidden) {
  showPanel(open ? name : null);
  if (!open) return $(`[data-panel="${name}"][aria-expanded]`).focus();
  $(`#${name} input`).focus();
  if (name === "picker") run(choices());
}

async function choices() {
  const { html, found } = await call("choices", { words: $("#picker-search").value, chosen: filters.documents.map(({ id }) => id), folder: filters.folder });
  $("#choices").innerHTML = html;
  const shown = $$("#choices [value]").length;
  $("#choices-more").textContent = found > shown ? text("filters.more", { shown, found: found.toLocaleString(LOCALE) }) : "";
}

function choose(box) {
  if (box.dataset.folder !== undefined) {
    filters.folder = box.checked ? box.dataset.folder : null;
    for (const other of $$("#choices [data-folder]")) if (other !== box) other.checked = false;
    return chosen();
  }
  filters.documents = filters.documents.filter((other) => other.id !== box.value);
  if (box.checked) filters.documents.push({ id: box.value, title: box.nextElementSibling.textContent });
  chosen();
}

function chosen() {
  showChips();
  if (conversation.turns.length) keep();
}

function askOnly(documents, folder = null) {
  filters.documents = documents;
  filters.folder = folder;
  chosen();
  go(home());
  $("#question").focus();
}
