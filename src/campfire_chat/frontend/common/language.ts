/**
 * The words of a surface in the language of the page. A catalogue is a file `strings.<language>.ts`
 * beside the code that uses it, with the type of the English one: a word that is missing in it does
 * not compile. Catalogues are chosen once, when the page loads.
 */
export type Languages<Strings> = { readonly en: Strings } & {
  readonly [language: string]: Strings;
};

/** The languages that somebody reads, the best first, and without what a region adds to them. */
const read = (): string[] => navigator.languages.map((tag) => tag.split("-")[0] ?? tag);

export function inLanguage<Strings>(languages: Languages<Strings>): Strings {
  const known = new Map(Object.entries(languages));
  for (const language of read()) {
    const found = known.get(language);
    if (found) return found;
  }
  return languages.en;
}
