// The scripts of every page. A screen's own script imports the same files by the same relative names, so that each
// module is loaded once. Never load one of these files with asset() or a <script> of its own.
import "./copy.js";
import "./decision.js";
import "./dialog.js";
import "./errors-focus.js";
import "./filters.js";
import "./fold.js";
import "./foot-bar.js";
import "./keyboard.js";
import "./keys.js";
import "./menu.js";
import "./password.js";
import "./phrases.js";
import "./rows.js";
import "./submit-once.js";
import "./toast.js";
import "./unsaved.js";
