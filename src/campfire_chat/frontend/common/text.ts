/** How long a text is and whether it shows anything: the mirror of the server's `domain/text.py`. */

/**
 * White space, control and format characters, fillers, variation selectors, and two characters
 * with an empty glyph: the blank braille pattern and the musical null notehead.
 */
const NOTHING = /^[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800\u{1D159}]*$/u;

/** Whether nothing of the text can be seen; the server refuses it as empty. */
export const isBlank = (text: string): boolean => NOTHING.test(text);

/**
 * The length as the server counts it: Unicode code points of the text as it is sent. An emoji made
 * of several code points counts as several.
 */
export const characters = (text: string): number => [...text].length;
