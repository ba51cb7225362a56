/** Where the desk is mounted, and what the script tag says. */
export interface Origin {
  /** The mount path, absolute, with its trailing slash; null when nothing tells it. */
  base: string | null;
  /** The `data-` attributes of the script tag, if there is a tag. */
  dataset: DOMStringMap;
}

const FILE = /[^\s()@]+\/widget\.js/;

/**
 * Finds the script's own address. A module, `import()` and code in a bundle have no
 * `document.currentScript`: there it is the tag that names the file or has `data-base`, else the
 * address in the stack of an error, which is this file's when it was imported as it is.
 */
export function origin(): Origin {
  const tag =
    (document.currentScript as HTMLScriptElement | null) ??
    [...document.scripts].find(({ src, dataset }) => dataset["base"] ?? FILE.test(src));
  const dataset = tag?.dataset ?? {};
  const named = dataset["base"];
  const file = tag?.src || FILE.exec(Error().stack ?? "")?.[0];
  return { base: named ? folder(named) : file ? new URL(".", file).href : null, dataset };
}

/** A path or an address, absolute and with a slash at its end. */
export const folder = (path: string) =>
  new URL(path.replace(/\/?$/, "/"), document.baseURI).href;
