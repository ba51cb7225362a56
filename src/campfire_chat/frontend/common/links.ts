/**
 * Web addresses in plain text, shown so that nobody is taken in: by letters of another script that
 * look the same, by a name before an `@` that looks like the host, or by characters that turn the
 * direction of what follows.
 */

export interface Link {
  href: string;
  /** What to show: as it was written, unless that could be taken for another address. */
  shown: string;
}

/** Marks that turn the direction of text (Unicode UAX #9) end an address. */
const BREAK = "\\s<>\"\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069";
/** Ends before punctuation that belongs to the sentence rather than to the address. */
const ADDRESS = new RegExp(`https?://[^${BREAK}]*[^${BREAK}.,:;!?')\\]}]`, "gi");
/** Scripts that share no shapes with Latin, Greek or Cyrillic, and are written together with Latin. */
const APART =
  /[\d.:-]|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]/gu;
/** Text of one of the scripts in which host names are written. */
const ONE_SCRIPT =
  /^(\p{Script=Latin}*|\p{Script=Cyrillic}*|\p{Script=Greek}*|\p{Script=Arabic}*|\p{Script=Hebrew}*|\p{Script=Devanagari}*|\p{Script=Thai}*|\p{Script=Armenian}*|\p{Script=Georgian}*)$/u;

/** The parts of a text in order: text as it is, and links. */
export function linked(body: string): (string | Link)[] {
  const parts: (string | Link)[] = [];
  let end = 0;
  for (const match of body.matchAll(ADDRESS)) {
    const link = read(match[0]);
    if (!link) continue;
    parts.push(body.slice(end, match.index), link);
    end = match.index + match[0].length;
  }
  parts.push(body.slice(end));
  return parts.filter(Boolean);
}

function read(address: string): Link | null {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  const { href, username, password } = url;
  const host = /^https?:\/\/([^/?#\\]*)/i.exec(address)?.[1] ?? "";
  // Whoever writes a name before the host may mean it to be taken for the host: percent signs and
  // punycode show what it is. A host that is not what it seems is shown as the browser goes to it.
  const plain = !username && !password && seemly(host);
  return { href, shown: plain ? address : href };
}

/** Whether a host as it was written can only be read as what it is. */
function seemly(host: string): boolean {
  const name = host.toLowerCase();
  return name === name.normalize("NFKC") && ONE_SCRIPT.test(name.replace(APART, ""));
}
