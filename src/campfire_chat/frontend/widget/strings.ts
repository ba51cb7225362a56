/**
 * The words that are shown. Each language is a file beside this one, with the type of the English
 * one. There is one in each bundle, since its budget has no room for two: another language is
 * another bundle.
 */
import { en, type Strings } from "./strings.en";

export const text: Strings = en;
