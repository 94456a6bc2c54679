// Enter and Esc during the composition of an input method choose or drop what it proposes; they are no keys for the page.

const TAKEN_BY_INPUT_METHOD = 229; // Safari ends the composition before the key event and leaves only this code

/** Says whether this key press belongs to an input method. */
export function isComposing(event) {
  return event.isComposing || event.keyCode === TAKEN_BY_INPUT_METHOD;
}
