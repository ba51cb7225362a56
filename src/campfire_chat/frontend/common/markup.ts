/**
 * The marks that a message may have: a small, safe part of Markdown. What is stored is the text as it
 * was written; this makes of it what is shown. There is no HTML in it at any point.
 *
 * `core/markup.py` reads the same marks. `tests/support/markup.json` holds both to the same answers.
 */
import { ADDRESS, inside, readAddress, type Link } from "./links";

type Tag = "a" | "bdi" | "blockquote" | "code" | "em" | "li" | "ol" | "pre" | "s" | "strong" | "ul";

/** An element of the widget's renderer as it is. */
export interface Mark {
  readonly tag: Tag;
  readonly props: { readonly children: readonly Part[]; readonly [attribute: string]: unknown };
  /** What a link says in plain text: its address as it was written. */
  readonly said?: string;
}
export type Part = string | Mark;

/** What the text is made of, line by line. */
type Block =
  | { kind: "text" | "pre"; lines: string[] }
  | { kind: "quote"; inner: Block[] }
  | { kind: "list"; ordered: boolean; items: { number: string; inner: Block[] }[] };

/** Lists and quotes in each other. */
const DEEPEST = 4;
const FENCE = /^```[ \t]*[A-Za-z0-9_+#.-]*[ \t]*$/;
const FENCE_END = /^```[ \t]*$/;
const QUOTE = /^>( |$)/;
const ITEM = /^([-*]|([0-9]{1,9})[.)]) +(?=[^ ])/;
const BLANK = /^[ \t]*$/;
/** What may begin an element; a text without it is shown as it is. */
const ANY = /[*_~`:]|(?:^|\n)[>0-9-]/;

const MAILTO = "[Mm][Aa][Ii][Ll][Tt][Oo]:[A-Za-z0-9._+-]+@[A-Za-z0-9.-]*[A-Za-z0-9]";
const TARGET = `[Hh][Tt][Tt][Pp][Ss]?://(?:${inside("()")}|\\(${inside("()")}*\\))+`;
/** Code, a link with words, an address, or a run of marks. */
const INLINE = new RegExp(
  `(\`{1,3})([^\`]+)\\1(?!\`)|\\[([^[\\]]+)\\]\\((${TARGET}|${MAILTO})\\)` +
    `|(${ADDRESS}|${MAILTO})|\\*+|_+|~+`,
  "g",
);
/** By the run of marks that begins and ends it. */
const MARKS: Record<string, Tag[]> = {
  "***": ["strong", "em"],
  "**": ["strong"],
  "*": ["em"],
  _: ["em"],
  "~~": ["s"],
};
const SPACE = /\s/;

export function marked(body: string): readonly Part[] {
  return ANY.test(body) ? shown(blocks(body.split(/\r?\n/), 0)) : [body];
}

/** The text without its marks, and with the addresses of links that have words. */
export const plain = (body: string): string =>
  ANY.test(body) ? lines(blocks(body.split(/\r?\n/), 0)).join("\n") : body;

function blocks(all: readonly string[], depth: number): Block[] {
  const found: Block[] = [];
  let text: string[] = [];
  /** Empty lines beside a block are its margin. */
  const end = () => {
    if (found.length) while (text.length && BLANK.test(text[0]!)) text.shift();
    if (text.length) found.push({ kind: "text", lines: text });
    text = [];
  };
  const add = (block: Block) => {
    while (text.length && BLANK.test(text.at(-1)!)) text.pop();
    end();
    found.push(block);
  };
  const lastFence = depth < DEEPEST ? all.findLastIndex((line) => FENCE_END.test(line)) : -1;
  for (let at = 0; at < all.length; at++) {
    const line = all[at]!;
    const item = depth < DEEPEST && ITEM.exec(line);
    if (at < lastFence && FENCE.test(line)) {
      const from = at + 1;
      for (at = from; !FENCE_END.test(all[at]!); ) at++;
      add({ kind: "pre", lines: all.slice(from, at) });
    } else if (depth < DEEPEST && QUOTE.test(line)) {
      const from = at;
      while (at + 1 < all.length && QUOTE.test(all[at + 1]!)) at++;
      const inner = all.slice(from, at + 1).map((quoted) => quoted.slice(2));
      add({ kind: "quote", inner: blocks(inner, depth + 1) });
    } else if (item) {
      const [marker, , number = ""] = item;
      const inner = [line.slice(marker.length)];
      // What is written further in belongs to it.
      for (let next; (next = /^ {2,}(?=[^ ])/.exec(all[at + 1] ?? "")); at++) {
        inner.push(all[at + 1]!.slice(Math.min(next[0].length, marker.length)));
      }
      const last = found.at(-1);
      const ordered = number !== "";
      const entry = { number, inner: blocks(inner, depth + 1) };
      if (!text.length && last?.kind === "list" && last.ordered === ordered) last.items.push(entry);
      else add({ kind: "list", ordered, items: [entry] });
    } else text.push(line);
  }
  end();
  return found;
}

function shown(found: readonly Block[]): Part[] {
  return found.flatMap((block): Part[] => {
    if (block.kind === "pre") return [element("pre", [element("code", [block.lines.join("\n")])])];
    if (block.kind === "quote") return [element("blockquote", shown(block.inner))];
    if (block.kind === "list") {
      const items = block.items.map(({ number, inner }) =>
        element("li", shown(inner), number ? { value: number } : {}),
      );
      return [element(block.ordered ? "ol" : "ul", items)];
    }
    const parts = block.lines.flatMap((line, at) => (at ? ["\n", ...inline(line)] : inline(line)));
    return joined(parts);
  });
}

/** The lines of the text without marks. */
function lines(found: readonly Block[]): string[] {
  return found.flatMap((block) => {
    if (block.kind === "pre") return block.lines;
    if (block.kind === "quote") return lines(block.inner).map((line) => `> ${line}`);
    if (block.kind === "list") {
      return block.items.flatMap(({ number, inner }) => {
        const marker = number ? `${number}. ` : "- ";
        return lines(inner).map((line, at) => (at ? " ".repeat(marker.length) : marker) + line);
      });
    }
    return block.lines.map((line) => inline(line).map(words).join(""));
  });
}

const words = (part: Part): string =>
  typeof part === "string" ? part : (part.said ?? part.props.children.map(words).join(""));

interface Token {
  readonly text: string;
  /** What it shows; null for a run of marks. */
  readonly part: Part | null;
  readonly opens: boolean;
  readonly closes: boolean;
}

function inline(line: string): Part[] {
  const tokens: Token[] = [];
  const add = (text: string, part: Part | null, opens = false, closes = false) =>
    void tokens.push({ text, part, opens, closes });
  let end = 0;
  for (const match of line.matchAll(INLINE)) {
    const { 0: text, 2: code, 3: label, 4: target, 5: address, index } = match;
    if (index > end) add(line.slice(end, index), line.slice(end, index));
    end = index + text.length;
    if (code !== undefined) add(text, element("code", [code]));
    else if (label !== undefined) add(text, labelled(label, target!));
    else if (address !== undefined) add(text, bare(address));
    else {
      const [before, after] = [line[index - 1], line[end]];
      const opens = !!after && !SPACE.test(after) && !inWord(before);
      const closes = !!before && !SPACE.test(before) && !inWord(after);
      add(text, MARKS[text] ? null : text, opens, closes);
    }
  }
  if (end < line.length) add(line.slice(end), line.slice(end));
  return paired(tokens, 0, tokens.length, []);
}

/** Puts what stands between two runs of the same marks into an element. */
function paired(tokens: Token[], from: number, to: number, inside: readonly string[]): Part[] {
  const parts: Part[] = [];
  /** Marks that nothing closes any more. */
  const open = new Set(inside);
  for (let at = from; at < to; at++) {
    const { text, part, opens } = tokens[at]!;
    if (part !== null) {
      parts.push(part);
      continue;
    }
    let close = to;
    if (opens && !open.has(text)) {
      close = at + 2;
      while (close < to && !(tokens[close]!.text === text && tokens[close]!.closes)) close++;
      if (close >= to) open.add(text);
    }
    if (close < to) {
      const inner = paired(tokens, at + 1, close, [...inside, text]);
      parts.push(...MARKS[text]!.reduceRight((held, tag) => [element(tag, held)], inner));
      at = close;
    } else parts.push(text);
  }
  return joined(parts);
}

/** Letters and digits of scripts that put spaces between words. */
const inWord = (character: string | undefined): boolean =>
  character !== undefined &&
  /[\p{L}\p{N}]/u.test(character) &&
  (character < "\u0e00" || (character >= "\u1e00" && character < "\u2000"));

function bare(address: string): Part {
  const link = read(address);
  return link ? anchor(link, [link.shown], address, { dir: "ltr" }) : address;
}

/** A link with words also shows where it leads, since the words may say something else. */
function labelled(label: string, address: string): Part {
  const link = read(address);
  const said = `${label} (${address})`;
  if (!link) return said;
  return anchor(link, [element("bdi", [label]), " ", element("bdi", [`(${link.host})`])], said);
}

function read(address: string): Link | null {
  if (!/^m/i.test(address)) return readAddress(address);
  const to = address.slice("mailto:".length);
  return { href: `mailto:${to}`, shown: address, host: to };
}

const anchor = ({ href }: Link, children: Part[], said: string, more?: object): Part => ({
  ...element("a", children, { href, target: "_blank", rel: "noopener noreferrer nofollow", ...more }),
  said,
});

const element = (tag: Tag, children: readonly Part[], more?: object): Mark => ({
  tag,
  props: { ...more, children },
});

/** Strings that stand side by side become one. */
function joined(parts: readonly Part[]): Part[] {
  const made: Part[] = [];
  for (const part of parts) {
    const last = made.at(-1);
    if (typeof part === "string" && typeof last === "string") made[made.length - 1] = last + part;
    else made.push(part);
  }
  return made;
}
