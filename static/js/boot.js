// Runs before the page is painted: marks the page for the style sheets as one with scripts. Nothing else belongs here.
document.documentElement.classList.replace("no-js", "js");
