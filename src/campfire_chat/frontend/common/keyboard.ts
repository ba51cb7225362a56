/**
 * Whether a key press belongs to an input method that is composing a word. Safari ends the
 * composition before it sends the Enter that chose the word; only the key code 229 tells.
 */
export const isComposing = (event: KeyboardEvent): boolean =>
  event.isComposing || event.keyCode === 229;
