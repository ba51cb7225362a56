// Lets node find what TypeScript imports: it leaves the ending out.

import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, next) {
    const isShort = /^\.\.?\//.test(specifier) && !/\.m?[jt]s$/.test(specifier);
    return next(isShort ? specifier + ".ts" : specifier, context);
  },
});
