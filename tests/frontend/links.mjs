// What the shared code makes of texts with addresses in them: reads a JSON list of texts on stdin and
// writes a list of lists of parts.
//
//   node --experimental-transform-types links.mjs <sources>

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { marked } = await import(pathToFileURL(`${process.argv[2]}/common/markup.ts`));
const linked = (body) =>
  marked(body)
    .filter(Boolean)
    .map((part) =>
      part.tag === "a" ? { href: part.props.href, shown: part.props.children.join("") } : part,
    );
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf-8")).map(linked)));
