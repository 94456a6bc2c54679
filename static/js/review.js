// One application before its reviewer: papers switch, turn and zoom in place; hidden numbers show in place.

const STEPS = [100, 150, 200, 300]; // per cent of the stage's width

function show(viewer, key) {
  for (const paper of viewer.querySelectorAll("[data-viewer-paper]")) paper.hidden = paper.dataset.viewerPaper !== key;
  for (const link of viewer.querySelectorAll("[data-paper]")) {
    if (link.dataset.paper === key) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function lay(paper) {
  const turned = Number(paper.dataset.turned ?? 0);
  const zoom = paper.dataset.zoom ?? "";
  const stage = paper.querySelector(".viewer-stage");
  for (const sheet of stage.querySelectorAll("img")) {
    const across = turned % 180 !== 0;
    sheet.style.rotate = `${turned}deg`;
    sheet.style.maxWidth = zoom ? "none" : across ? `${stage.clientHeight - 24}px` : "";
    sheet.style.maxHeight = zoom ? "none" : across ? `${stage.clientWidth - 24}px` : "";
    sheet.style.width = zoom ? `${((stage.clientWidth - 24) * zoom) / 100}px` : "";
    if (across && sheet.complete) {
      const spare = (sheet.offsetWidth - sheet.offsetHeight) / 2;
      sheet.style.margin = `${spare}px ${-spare}px`;
    } else {
      sheet.style.margin = "";
    }
    if (zoom > 100 && sheet.dataset.large && sheet.src !== sheet.dataset.large) sheet.src = sheet.dataset.large;
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-paper]");
  if (link) {
    event.preventDefault();
    show(link.closest("[data-viewer]"), link.dataset.paper);
    return;
  }
  const tool = event.target.closest("[data-viewer-turn], [data-viewer-zoom], [data-viewer-fit]");
  const paper = tool?.closest("[data-viewer-paper]");
  if (!paper) return;
  if ("viewerTurn" in tool.dataset) paper.dataset.turned = (Number(paper.dataset.turned ?? 0) + 90) % 360;
  else if ("viewerFit" in tool.dataset) paper.dataset.zoom = paper.dataset.zoom === "100" ? "" : "100";
  else {
    const at = STEPS.indexOf(Number(paper.dataset.zoom ?? 0)) + Number(tool.dataset.viewerZoom);
    paper.dataset.zoom = at < 0 ? "" : STEPS[Math.min(at, STEPS.length - 1)];
  }
  lay(paper);
});

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-disclose]");
  if (!form) return;
  event.preventDefault();
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) {
    form.submit();
    return;
  }
  const { field, value } = await answer.json();
  document.querySelector(`[data-disclosed="${field}"]`).textContent = value;
  form.remove();
});
