// The source panel: a PDF page as a picture with the quotation marked, or the text of a document.

let opener = null;
let source = null; // {document, marks, pages, is_pdf, mark, page, asText}

async function openSource({ document: id, start, end }, from) {
  // The buttons step through all quotations of the document in this turn.
  const cited = $$("[data-act=source]", from.closest(".turn") ?? from)
    .concat(from).filter((other) => other.dataset.document === id)
    .map(({ dataset }) => [Number(dataset.start), Number(dataset.end)]);
  const given = await call("source", { document: id, marks: cited, find: "", text: false, demo });
  opener = from;
  source = { ...given, document: id, cited, mark: given.marks.findIndex((mark) => mark.start === Number(start)), asText: !given.is_pdf };
  source.page = source.marks[source.mark]?.page ?? (given.pages ? 1 : null);
  $("#find-words").value = "";
  $("#source-title").textContent = given.title;
  $("#source-about").innerHTML = given.about;
  $("#source-text").innerHTML = given.html;
  if ($("#source").hidden) {
    $("#source").hidden = false;
    setAddress(address(), { layer: "source" });
  }
  $("#source").scrollTop = 0;
  isolate();
  $("#source").focus({ preventScroll: true });
  showSource();
}

function showSource() {
  const { marks, mark, pages, page, asText, is_pdf, document: id } = source;
  $("#source-page").hidden = asText;
  $("#source-text").hidden = !asText;
  $("#as-text").hidden = !is_pdf;
  $("#as-text").setAttribute("aria-pressed", String(asText));
  $("#zoom").hidden = asText;
  $("#source-pages").hidden = !pages;
  $("#page-count").textContent = pages ? text("source.page_of", { number: page, count: pages }) : "";
  $("[data-act=previous-page]").disabled = page <= 1;
  $("[data-act=next-page]").disabled = page >= pages;
  $("#source-marks").hidden = !$("#find-words").value.trim() && marks.length < 2;
  $("#mark-count").textContent = marks.length ? text("source.mark_of", { number: mark + 1, count: `${marks.length}${source.more ? "+" : ""}` }) : text("source.not_found");
  for (const act of ["previous-mark", "next-mark"]) $(`[data-act=${act}]`).disabled = marks.length < 2;
  const file = `api/v1/documents/${encodeURIComponent(id)}`;
  $("#open-file").hidden = !source.has_file;
  $("#open-file").href = new URL(`${file}/file${is_pdf ? `#page=${page}` : ""}`, document.baseURI);
  $("#open-file").textContent = is_pdf ? text("source.open_at", { number: page }) : text("source.open_file");
  if (asText) {
    const shown = $(`#source-text [data-mark="${mark}"]`);
    for (const other of $$("#source-text mark")) other.toggleAttribute("data-current", other.dataset.mark === String(mark));
    shown?.scrollIntoView({ block: "nearest" });
    return;
  }
  const query = marks[mark]?.page === page ? `?start=${marks[mark].start}&end=${marks[mark].end}` : "";
  const address = new URL(`${file}/pages/${page}.png${query}`, document.baseURI).href;
  if ($("#source-page img")?.src === address) return;
  const picture = make("img", { alt: text("source.page_alt", { number: page, count: pages, title: source.title }), src: address });
  picture.addEventListener("error", showText);
  picture.addEventListener("load", () => { if (query) run(addMarkPlace(picture)); });
  $("#source-page").replaceChildren(make("div", { class: "sheet" }, picture));
}

async function addMarkPlace(picture) {
  const { headers } = await fetch(picture.src, { method: "HEAD" });
  if (!headers.has("X-Highlight")) return;
  const [left, top] = headers.get("X-Highlight").split(" ");
  picture.after(make("i", { class: "mark-place", style: `left: ${left}; top: ${top}` }));
  showMarkPlace();
}

function showMarkPlace() {
  $("#source-page .mark-place")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function zoom(button) {
  button.setAttribute("aria-pressed", String($("#source").toggleAttribute("data-zoomed")));
  showMarkPlace();
}

function showText() { // if there is no picture of the page
  if (!source) return;
  source.is_pdf = false;
  run(setAsText(true));
}

async function setAsText(on) {
  source.asText = on;
  if (on && !$("#source-text").firstChild) await findInSource(source.mark); // the text of a PDF is loaded when it is shown
  else showSource();
}

function turnPage(step) {
  source.page = Math.min(source.pages, Math.max(1, source.page + step));
  if (source.asText) {
    const shown = $(`#source-text [data-page="${source.page}"]`);
    $("#page-count").textContent = text("source.page_of", { number: source.page, count: source.pages });
    shown?.scrollIntoView({ block: "start" });
  } else {
    showSource();
  }
}

function stepMark(step) {
  const { marks } = source;
  if (!marks.length) return;
  source.mark = (source.mark + step + marks.length) % marks.length;
  source.page = marks[source.mark].page ?? source.page;
  showSource();
}

async function findInSource(mark = -1) {
  const current = source;
  const given = await call("source", { document: current.document, marks: current.cited, find: $("#find-words").value, text: source.asText, demo });
  if (source !== current) return;
  source.marks = given.marks;
  source.more = given.more;
  $("#source-text").innerHTML = given.html;
  source.mark = mark;
  if (mark === -1 && given.marks.length) stepMark(1); else showSource();
  if ($("#find-words").value.trim()) announce($("#mark-count").textContent);
}

function hideSource() {
  if ($("#source").hidden) return;
  $("#source").hidden = true;
  $("#source-page").replaceChildren();
  source = null;
  isolate();
  if (opener?.isConnected) opener.focus();
  opener = null;
}

function closeSource() {
  if ($("#source").hidden) return;
  hideSource();
  if (history.state?.layer) history.back();
}

function isolate() { // on a narrow screen, make the page behind an open panel inert
  const open = narrow.matches && !$("#source").hidden;
  const menu = narrow.matches && "menu" in app.dataset;
  $("#main").inert = open || menu;
  $(".top").inert = open;
  $("#history").inert = open || (narrow.matches && !menu);
  $("[data-act=menu][aria-expanded]").setAttribute("aria-expanded", String(menu));
}
