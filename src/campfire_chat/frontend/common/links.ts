/**
 * Web addresses in plain text, shown so that nobody is taken in: by letters of another script that
 * look the same, by a name before an `@` that looks like the host, or by characters that turn the
 * direction of what follows.
 */

export interface Link {
  href: string;
  /** What to show: as it was written, unless that could be taken for another address. */
  shown: string;
  /** Where it leads, in the same way. */
  host: string;
}

/** Space, quotes, and marks that turn the direction of text (Unicode UAX #9) end an address. */
const BREAK = "\\s<>\"\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069";
/** A character of an address. */
export const inside = (but = ""): string => `[^${BREAK}${but}]`;
/** Ends before punctuation and marks that belong to the sentence rather than to the address. */
export const ADDRESS = `[Hh][Tt][Tt][Pp][Ss]?://${inside()}*${inside(".,:;!?')\\]}*_~`")}`;
/** Scripts that share no shapes with Latin, Greek or Cyrillic, and are written together with Latin. */
const APART =
  /[\d.:-]|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]/gu;
/** Text of one of the scripts in which host names are written. */
const ONE_SCRIPT =
  /^(\p{Script=Latin}*|\p{Script=Cyrillic}*|\p{Script=Greek}*|\p{Script=Arabic}*|\p{Script=Hebrew}*|\p{Script=Devanagari}*|\p{Script=Thai}*|\p{Script=Armenian}*|\p{Script=Georgian}*)$/u;

/** Null: the browser would not go there. */
export function readAddress(address: string): Link | null {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  const { href, host, username, password } = url;
  const written = /^https?:\/\/([^/?#\\]*)/i.exec(address)?.[1] ?? "";
  // Whoever writes a name before the host may mean it to be taken for the host: percent signs and
  // punycode show what it is. A host that is not what it seems is shown as the browser goes to it.
  // So is one that was not written where it belongs: browsers pass over further slashes before it.
  const plain = !username && !password && written !== "" && seemly(written);
  return { href, shown: plain ? address : href, host: plain ? written : host };
}

/** Whether a host as it was written can only be read as what it is. */
function seemly(host: string): boolean {
  const name = host.toLowerCase();
  return name === name.normalize("NFKC") && ONE_SCRIPT.test(name.replace(APART, ""));
}
