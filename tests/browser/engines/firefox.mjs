// One Firefox, driven by lines of JSON on stdin: {do, …} → {value} or {error}, in that order.
import { createInterface } from "node:readline";

import puppeteer from "puppeteer-core";

const [executablePath, findSource] = process.argv.slice(2);
const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
const pages = [];

async function element(page, css, text) {
  const handle = await page.evaluateHandle(`(${findSource})(${JSON.stringify([css, text])})`);
  const found = handle.asElement();
  if (!found) throw new Error(`nothing matches ${css} ${text ?? ""}`);
  return found;
}

/**
 * The element, in the tab in front: what a hidden tab shows of a person's conversations is covered,
 * and uncovered once it is known who looks at it.
 */
async function reachable(page, css, text) {
  await page.bringToFront();
  const found = await element(page, css, text);
  await page.waitForFunction((each) => getComputedStyle(each).visibility === "visible", {}, found);
  return found;
}

const does = {
  async open({ url, width, height }) {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    await page.setViewport({ width, height });
    await page.goto(url);
    return pages.push(page) - 1;
  },
  goto: ({ page, url }) => pages[page].goto(url).then(() => null),
  evaluate: ({ page, script }) => pages[page].evaluate(script),
  async click({ page, css, text }) {
    await (await reachable(pages[page], css, text)).click();
  },
  async type({ page, css, text, keys }) {
    await (await reachable(pages[page], css, text)).focus();
    await pages[page].keyboard.type(keys);
  },
  press: ({ page, key }) => pages[page].keyboard.press(key),
  screenshot: ({ page, path }) => pages[page].screenshot({ path }).then(() => null),
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await does[command.do](command)) ?? null };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
await browser.close();
