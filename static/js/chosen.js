// Says which file was chosen where the browser's own words for it are not shown.

document.addEventListener("change", (event) => {
  const place = event.target.matches("input[type=file]") && event.target.closest("[data-slot-drop]")?.querySelector("[data-slot-chosen]");
  if (place) place.textContent = [...event.target.files].map((file) => file.name).join("、");
});
