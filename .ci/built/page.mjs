// A page without a bundler: the one file with everything in it, through an import map, trains in Chromium.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { findChromium } from "../chromium.mjs";

const page = `<!doctype html>
<script type="importmap">{ "imports": { "chainrule": "/chainrule.js" } }</script>
<script type="module">
import { Dense, getNumThreads, manualSeed, Sequential, setNumThreads, ShapeError, tensor } from "chainrule";
manualSeed(1);
const model = new Sequential([new Dense({ units: 1, inputDim: 1, activation: "sigmoid" })]);
model.compile({ optimizer: "adam", loss: "binary_crossentropy" });
const { history } = await model.fit([[0], [1]], [[0], [1]], { epochs: 50, batchSize: 1, verbose: 0 });
let error;
try {
  tensor([1, 2]).add([1, 2, 3]);
} catch (caught) {
  error = caught;
}
await setNumThreads(2);
globalThis.found = {
  learned: history.loss[49] < history.loss[0],
  layer: model.layers[0].constructor.name,
  error: error instanceof ShapeError && error.name,
  threads: getNumThreads(),
};
</script>`;

/** @param folder has the packages installed */
export async function checkPage(folder) {
  const files = join(folder, "node_modules/chainrule/dist/browser");
  const server = createServer(({ url }, response) => {
    const isPage = url === "/";
    response.setHeader("content-type", isPage ? "text/html" : "text/javascript");
    // Threads share memory, which pages may that say this.
    response.setHeader("cross-origin-opener-policy", "same-origin");
    response.setHeader("cross-origin-embedder-policy", "require-corp");
    if (isPage) response.end(page);
    else if (url === "/chainrule.js" || url === "/worker.js") response.end(readFileSync(join(files, url)));
    else response.writeHead(404).end();
  });
  const command = findChromium();
  if (!command) throw new Error("there is no Chromium to open a page in");
  const executablePath = command.startsWith("/") ? command : `/usr/bin/${command}`;
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const tab = await browser.newPage();
    const problems = [];
    tab.on("pageerror", (error) => problems.push(error.message));
    await tab.goto(`http://127.0.0.1:${server.address().port}/`);
    const handle = await tab
      .waitForFunction(() => globalThis.found, null, { timeout: 20_000 })
      .catch((error) => {
        throw new Error(`a page without a bundler does not end: ${problems.join(", ") || error.message}`);
      });
    const found = JSON.stringify(await handle.jsonValue());
    const wanted = JSON.stringify({ learned: true, layer: "Dense", error: "ShapeError", threads: 2 });
    if (found !== wanted) throw new Error(`a page without a bundler finds ${found} in place of ${wanted}`);
    console.log("a page without a bundler trains, with two threads");
  } finally {
    await browser.close();
    server.close();
  }
}
