// Runs before the page is painted: tells the style sheets that scripts work. Nothing else belongs here.
document.documentElement.classList.replace("no-js", "js");
