// Uploads through the HTTP API, one file after another. A row of the list is a file or a folder. The
// list is kept in the tab's storage: the server finishes a file that has arrived, even if the page is
// reloaded.

const MOST_REASONS = 50; // reasons that are listed for one row

const sizes = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
const grouped = (count) => count.toLocaleString(LOCALE);

let uploading = Promise.resolve();
let unfinished = 0;

// Add uploads `{name, folder, files, skipped}`; `files` are `{file, path}`.
function addUploads(uploads) {
  go("#/documents");
  for (const upload of uploads) {
    const row = uploadRow(upload.name, upload.files.length, upload.files[0]?.path);
    unfinished += 1;
    uploading = uploading.then(() => addUpload(upload, row));
  }
  showUploads();
}

async function addUpload({ name, folder, files, skipped }, row) {
  const total = emptyReport();
  let refreshed = Date.now();
  for (const [done, { file, path }] of files.entries()) {
    const report = await addFile(file, path, (phase, share, state) => {
      if (files.length === 1) showProgress(row, phase, share, state);
      else showProgress(row, "uploading", done / files.length, text("uploads.files_done", { done: grouped(done), count: grouped(files.length), percent: Math.floor(done / files.length * 100) }));
    });
    for (const part of Object.keys(total)) total[part].push(...report[part]);
    if (Date.now() - refreshed > 3000) {
      run(documents());
      refreshed = Date.now();
    }
  }
  const reasons = [...total.failed, ...total.warnings].map(([, reason]) => reason);
  const state = files.length === 1 ? fileOutcome(total, reasons) : folderOutcome(total, skipped);
  finishUpload(row, { state, reasons: files.length === 1 ? [] : reasons, failed: reportParts(total).length === 0 });
  const ids = [...total.added, ...total.updated, ...total.unchanged];
  if (ids.length === 1) addAskButton(row, { act: "only", document: ids[0], title: name });
  else if (ids.some((id) => id.startsWith(`${folder}/`))) addAskButton(row, { act: "only-folder", folder });
  unfinished -= 1;
  if (unfinished) await documents(); else await refresh();
}

async function addFile(file, path, progress) {
  try {
    if (file.size > limits.file_bytes) throw new Error(text("uploads.too_large", { size: sizes.format(file.size / 1e6), most: sizes.format(limits.file_bytes / 1e6) }));
    return await send(file, path, progress);
  } catch ({ message }) {
    return { ...emptyReport(), failed: [[path, message.includes(path) ? message : `${path}: ${message}`]] };
  }
}

// The API reports each step in a line of JSON. `fetch` does not report the progress of the upload.
function send(file, path, progress) {
  const body = new FormData();
  body.append("files", file, path);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const last = () => JSON.parse(request.responseText.slice(0, request.responseText.lastIndexOf("\n")).split("\n").at(-1));
    request.open("POST", new URL("api/v1/documents?stream=true", document.baseURI));
    request.upload.onprogress = ({ loaded, total }) => progress(loaded < total ? "uploading" : "indexing", loaded / total, text("uploads.uploading", { percent: Math.round(loaded / total * 100) }));
    request.onprogress = () => {
      if (request.status !== 200 || !request.responseText.includes("\n") || last().event !== "progress") return;
      const { done, of } = last();
      if (of === 1) progress("indexing", null, text("uploads.indexing"));
      else progress("indexing", done / of, text("uploads.indexing_many", { done: grouped(done), count: grouped(of), percent: Math.floor(done / of * 100) }));
    };
    request.onerror = () => reject(new Error(text("uploads.broken")));
    request.onload = () => {
      try {
        const { event, report, error } = request.status === 200 ? last() : JSON.parse(request.responseText);
        if (event === "report") resolve(report); else reject(new Error(error.message));
      } catch {
        reject(new Error(text("uploads.no_result", { status: request.status })));
      }
    };
    request.send(body);
  });
}

const emptyReport = () => ({ added: [], updated: [], unchanged: [], removed: [], failed: [], warnings: [] });
const reportParts = (report) => ["added", "updated", "unchanged", "removed"].filter((name) => report[name].length);
const reportNumbers = (report) => reportParts(report).map((name) => text(`uploads.${name}`, { count: grouped(report[name].length) }));

// The result for a file: a word for one document, numbers for several.
function fileOutcome(report, reasons) {
  const parts = reportParts(report);
  if (!parts.length) return text("uploads.failed", { reason: reasons.join("; ") });
  const one = parts.length === 1 && report[parts[0]].length === 1;
  return [one ? text(`uploads.${parts[0]}_one`) : reportNumbers(report).join(", "), ...reasons].join("; ");
}

function folderOutcome(report, skipped) {
  const numbers = reportNumbers(report);
  for (const name of ["failed", "warnings"]) if (report[name].length) numbers.push(text(`uploads.${name}_count`, { count: grouped(report[name].length) }));
  if (skipped) numbers.push(text("uploads.skipped", { count: grouped(skipped) }));
  return numbers.join(", ") || text("uploads.nothing");
}

// The list.

function uploadRow(name, files, path = name) {
  const state = make("span", { class: "state" }, text("uploads.waiting"));
  const progress = make("progress", { max: "1", value: "0", "aria-label": text("uploads.progress", { name }) });
  const row = make("li", { "data-phase": "waiting", "data-files": files, "data-path": path }, make("span", { class: "name", dir: "auto" }, name), state, progress);
  $("#uploads").append(row);
  return row;
}

function showProgress(row, phase, share, state) {
  if (share === null) $("progress", row).removeAttribute("value"); else $("progress", row).value = share;
  $(".state", row).textContent = state;
  if (row.dataset.phase === phase && row.dataset.files === "1") return;
  row.dataset.phase = phase;
  row.dataset.began ??= Date.now();
  keepUploads();
}

function finishUpload(row, { state, reasons = [], failed = false }) {
  $("progress", row)?.remove();
  $(".state", row).textContent = state;
  row.dataset.phase = "finished";
  row.toggleAttribute("data-failed", failed);
  if (reasons.length) {
    const items = reasons.slice(0, MOST_REASONS).map((reason) => make("li", { dir: "auto" }, reason));
    row.append(make("details", {}, make("summary", {}, text("uploads.reasons")), make("ul", {}, ...items)));
  }
  row.append(iconButton("dismiss-upload", "close", text("uploads.dismiss", { name: $(".name", row).textContent })));
  showUploads();
}

function addAskButton(row, data) {
  const button = make("button", { type: "button", class: "plain" }, text("uploads.ask"));
  Object.assign(button.dataset, data);
  $(".state", row).before(button);
  keepUploads();
}

const uploadRows = () => [...$("#uploads").children];

function showUploads() {
  const rows = uploadRows();
  const done = rows.filter((row) => row.dataset.phase === "finished").length;
  $("#uploads-head").hidden = rows.length === 0;
  $("#uploads-state").textContent = text("uploads.done", { done, count: rows.length });
  $("[data-act=dismiss-uploads]").disabled = done === 0;
  keepUploads();
}

function dismissUploads(rows) {
  for (const row of rows) if (row.dataset.phase === "finished") row.remove();
  showUploads();
}

function keepUploads() {
  const rows = uploadRows().map((row) => ({
    name: $(".name", row).textContent,
    state: $(".state", row).textContent,
    reasons: $$("details li", row).map((reason) => reason.textContent),
    failed: "failed" in row.dataset,
    phase: row.dataset.phase,
    files: Number(row.dataset.files),
    path: row.dataset.path,
    began: Number(row.dataset.began),
    ask: { ...$("[data-act^=only]", row)?.dataset },
  }));
  sessionStorage.setItem(`${PREFIX}uploads`, JSON.stringify(rows));
}

function restoreUploads() {
  const kept = JSON.parse(sessionStorage.getItem(`${PREFIX}uploads`) ?? "[]");
  for (const { name, files, path, began, phase, ask, ...shown } of kept) {
    const row = uploadRow(name, files, path);
    if (phase === "finished") {
      finishUpload(row, shown);
      if (ask?.act) addAskButton(row, ask);
    } else if (phase === "indexing") {
      row.dataset.began = began;
      showProgress(row, phase, null, text("uploads.indexing"));
      run(waitForUpload(row, path, began));
    } else if (files > 1) {
      finishUpload(row, { state: text("uploads.interrupted_folder", { state: shown.state }), failed: true });
    } else {
      finishUpload(row, { state: text("uploads.failed", { reason: text("uploads.interrupted") }), failed: true });
    }
  }
}

// Wait until the server is idle, then ask whether it has added the file.
async function waitForUpload(row, path, began) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const response = await fetch(new URL("api/v1/status", document.baseURI));
    if (response.ok && (await response.json()).working === 0) break;
  }
  const { added } = await call("uploaded", { path, seconds: (Date.now() - began) / 1000 });
  finishUpload(row, { state: added ? text("uploads.finished") : text("uploads.failed", { reason: text("uploads.interrupted") }), failed: !added });
  await refresh();
}

window.addEventListener("beforeunload", (event) => { if (unfinished) event.preventDefault(); });
