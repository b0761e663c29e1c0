// Figures follow the issue as the server tells of it (live.js); only what has changed is written.
let said = "";

function write(element, words) {
  if (element && element.textContent !== words) element.textContent = words;
}

function show(now) {
  for (const [id, words] of Object.entries(now.texts)) {
    const element = document.getElementById(id);
    write(element, words || element?.dataset.empty || "");
  }
  for (const id of ["wait", "reason"]) document.getElementById(id).hidden = !now.texts[id];
  document.getElementById("share").value = now.share;
  document.getElementById("dot").className = `state ${now.dot}`;
  const acts = document.getElementById("acts");
  if (acts) acts.hidden = !now.may.length;
  for (const act of document.querySelectorAll("[data-act]")) act.hidden = !now.may.includes(act.dataset.act);
  showRows(now.rows);
  // The first one is what the page says already.
  if (said && said !== now.aloud) write(document.getElementById("aloud"), now.aloud);
  said = now.aloud;
}

function showRows(rows) {
  const body = document.getElementById("slow-rows");
  const written = JSON.stringify(rows);
  if (body.dataset.written === written) return;
  body.dataset.written = written;
  document.getElementById("slow").hidden = !rows.length;
  document.getElementById("slow-none").hidden = rows.length > 0;
  body.replaceChildren(
    ...rows.map((row) => {
      const line = document.createElement("tr");
      for (const [place, words] of row.entries()) {
        const cell = document.createElement(place ? "td" : "th");
        if (!place) cell.scope = "row";
        cell.textContent = words;
        line.append(cell);
      }
      return line;
    }),
  );
}

document.addEventListener("now", (event) => event.detail.texts && show(event.detail));
