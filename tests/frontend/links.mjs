// What the shared code makes of texts with addresses in them: reads a JSON list of texts on stdin and
// writes a list of lists of parts.
//
//   node --experimental-transform-types links.mjs <sources>

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { linked } = await import(pathToFileURL(`${process.argv[2]}/common/links.ts`));
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf-8")).map(linked)));
