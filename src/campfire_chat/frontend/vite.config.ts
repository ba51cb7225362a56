import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig, type UserConfig } from "vite";

/**
 * Three bundles, one per mode, in this order: the widget's panel, the launcher (which has to know
 * the panel's hashed name) and the console. All URLs are relative: the mount path is the host's.
 */
const here = import.meta.dirname;
const out = process.env["CAMPFIRE_STATIC"] ?? resolve(here, "../static");

const common: UserConfig = {
  root: here,
  base: "./",
  publicDir: false,
  logLevel: "warn",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
};

/** The widget is built as a library: that leaves out Vite's loader for preloads and CSS files. */
function widget(entry: string, format: "es" | "iife", file: string): UserConfig {
  return {
    ...common,
    oxc: { jsx: { runtime: "automatic", importSource: "#dom" } },
    build: {
      outDir: out,
      emptyOutDir: format === "es",
      target: "es2022",
      cssTarget: "esnext",
      lib: {
        entry: resolve(here, entry),
        formats: [format],
        name: "campfire",
        fileName: () => file,
      },
      rolldownOptions: {
        output: { minify: true, comments: false, chunkFileNames: "[name]-[hash].js" },
      },
    },
  };
}

function launcher(): UserConfig {
  const panel = readdirSync(out).find((name) => /^panel-.+\.js$/.test(name));
  if (!panel) throw new Error("Build the widget's panel before the launcher.");
  return {
    ...widget("launcher/main.ts", "iife", "widget.js"),
    define: { __PANEL__: JSON.stringify(panel) },
  };
}

const desk: UserConfig = {
  ...common,
  root: resolve(here, "console"),
  build: {
    outDir: resolve(out, "console"),
    emptyOutDir: true,
    target: "es2022",
    assetsDir: "assets",
  },
  experimental: {
    // The page is served at <mount>/console/, its assets at <mount>/static/console/.
    renderBuiltUrl: (filename, { hostType }) =>
      hostType === "html" ? `../static/console/${filename}` : { relative: true },
  },
};

export default defineConfig(({ mode }) => {
  if (mode === "widget") return widget("widget/main.tsx", "es", "panel-[hash].js");
  if (mode === "launcher") return launcher();
  return desk;
});
