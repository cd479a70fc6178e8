// Uploads, one file after another, through the HTTP API. The list is kept in the tab's storage: the
// server finishes a file that has arrived, even if the page is reloaded.

const sizes = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
let uploading = Promise.resolve();

function addFiles(files) {
  view("documents");
  for (const file of files) {
    const [row, state, progress] = uploadRow(file.name);
    uploading = uploading.then(() => addFile(file, row, state, progress));
  }
  showUploads();
}

function keepUploads() {
  const rows = $$("#uploads li").map((row) => ({ name: $(".name", row).textContent, state: $(".state", row).textContent, phase: row.dataset.phase, failed: "failed" in row.dataset }));
  sessionStorage.setItem(`${PREFIX}uploads`, JSON.stringify(rows));
}

function restoreUploads() {
  const kept = JSON.parse(sessionStorage.getItem(`${PREFIX}uploads`) ?? "[]");
  for (const { name, state: shown, phase, failed } of kept) {
    const [row, state, progress] = uploadRow(name);
    row.dataset.phase = phase;
    if (phase === "indexing") {
      progress.removeAttribute("value");
      state.textContent = text("uploads.indexing");
      run(waitForUpload(row, state));
    } else {
      const interrupted = phase !== "finished";
      if (failed || interrupted) row.dataset.failed = "";
      state.textContent = interrupted ? text("uploads.failed", { reason: text("uploads.interrupted") }) : shown;
      finishUpload(row);
    }
  }
}

// Wait until the server is idle, then look for the document of a file.
async function waitForUpload(row, state) {
  const name = $(".name", row).textContent;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const response = await fetch(new URL("api/v1/status", document.baseURI));
    if (response.ok && (await response.json()).working === 0) break;
  }
  const { found } = await call("documents", { words: name, after: null, before: null, offset: 0, sort: "date", reverse: false });
  if (!found) row.dataset.failed = "";
  state.textContent = found ? text("uploads.finished") : text("uploads.failed", { reason: text("uploads.interrupted") });
  finishUpload(row);
  await refresh();
}

function setPhase(row, phase) {
  if (row.dataset.phase === phase) return;
  row.dataset.phase = phase;
  keepUploads();
}

function uploadRow(name) {
  const state = make("span", { class: "state" }, text("uploads.waiting"));
  const progress = make("progress", { max: "1", value: "0", "aria-label": text("uploads.progress", { name }) });
  const row = make("li", { "data-phase": "waiting" }, make("span", { class: "name", dir: "auto" }, name), state, progress);
  $("#uploads").append(row);
  return [row, state, progress];
}

function showUploads() {
  const rows = $$("#uploads li");
  const done = rows.filter((row) => !$("progress", row)).length;
  $("#uploads-head").hidden = rows.length === 0;
  $("#uploads-state").textContent = text("uploads.done", { done, count: rows.length });
  $("[data-act=dismiss-uploads]").disabled = done === 0;
  keepUploads();
}

function finishUpload(row) {
  $("progress", row)?.remove();
  row.dataset.phase = "finished";
  row.append(iconButton("dismiss-upload", "close", text("uploads.dismiss", { name: $(".name", row).textContent })));
  showUploads();
}

function dismissUploads(rows) {
  for (const row of rows) if (!$("progress", row)) row.remove();
  showUploads();
}

async function addFile(file, row, state, progress) {
  try {
    if (file.size > limits.file_bytes) throw new Error(text("uploads.too_large", { size: sizes.format(file.size / 1e6), most: sizes.format(limits.file_bytes / 1e6) }));
    const report = await send(file, (share) => {
      setPhase(row, share < 1 ? "uploading" : "indexing");
      progress.value = share;
      state.textContent = text("uploads.uploading", { percent: Math.round(share * 100) });
    }, ({ done, of }) => {
      if (of > 1) progress.value = done / of; else progress.removeAttribute("value");
      state.textContent = of > 1
        ? text("uploads.indexing_many", { done: done.toLocaleString("en"), count: of.toLocaleString("en"), percent: Math.floor(done / of * 100) })
        : text("uploads.indexing");
    });
    finished(row, state, report, file.name);
  } catch (error) {
    row.dataset.failed = "";
    state.textContent = text("uploads.failed", { reason: error.message });
  }
  finishUpload(row);
  await refresh();
}

function finished(row, state, report, title) {
  state.textContent = outcome(report);
  const ids = [...report.added, ...report.updated, ...report.unchanged];
  if (ids.length !== 1) return;
  row.insertBefore(make("button", { type: "button", class: "plain", "data-act": "only", "data-document": ids[0], "data-title": title }, text("uploads.ask")), state);
}

// The result of an upload: a word for one document, numbers for several.
function outcome(report) {
  const parts = ["added", "updated", "unchanged", "removed"].filter((name) => report[name].length);
  const done = parts.length === 1 && report[parts[0]].length === 1
    ? text(`uploads.${parts[0]}_one`)
    : parts.map((name) => text(`uploads.${name}`, { count: report[name].length.toLocaleString("en") })).join(", ");
  return [done, ...report.failed.map(([, reason]) => reason)].filter(Boolean).join("; ");
}

// The API reports each step in a line of JSON. `fetch` does not report the progress of the upload.
function send(file, uploaded, indexed) {
  const body = new FormData();
  body.append("files", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const last = () => JSON.parse(request.responseText.slice(0, request.responseText.lastIndexOf("\n")).split("\n").at(-1));
    request.open("POST", new URL("api/v1/documents?stream=true", document.baseURI));
    request.upload.onprogress = (event) => { if (event.lengthComputable) uploaded(event.loaded / event.total); };
    request.onprogress = () => { if (request.status === 200 && request.responseText.includes("\n") && last().event === "progress") indexed(last()); };
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
