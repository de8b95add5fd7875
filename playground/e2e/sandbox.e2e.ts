/**
 * The sandbox: what a learner's code tries and must not get, and that the page stays what it was.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { describe, expect, inject, it } from "vitest";
import { programLink, run } from "./programs.ts";
import { visit } from "./visit.ts";

/** What the browser says of what it refused. */
const refused = [/Content Security Policy/, /Refused to/, /Failed to load/, /net::ERR/, /WebSocket/, /violates/];
/** Playwright tells of requests that the policy stops, too: whether one arrived, the server says. */
const stopped = /^asked for http:\/\/127\.0\.0\.1/;

/**
 * Runs a program; afterwards the page must still answer, at its own address, with nothing else in its storage.
 */
async function tried(code: string, look: (said: string, page: Page) => Promise<void> | void, more = "") {
  await visit(
    programLink(code, more),
    async (page) => {
      await page.evaluate(() => localStorage.setItem("secret", "42"));
      const before = new URL(page.url()).pathname;
      await look(await run(page), page);
      expect(new URL(page.url()).pathname).toBe(before);
      expect(page.context().pages()).toHaveLength(1);
      expect(await page.evaluate(() => Object.entries(localStorage))).toEqual([["secret", "42"]]);
      await page.getByRole("button", { name: "Share…" }).click();
      await page.locator("dialog[open]").waitFor();
    },
    { expected: [...refused, stopped] },
  );
}

/** A program that says for each attempt what came of it. */
const attempts = (list: Readonly<Record<string, string>>) =>
  Object.entries(list)
    .map(
      ([name, code]) =>
        `try { console.log(${JSON.stringify(name)}, "got", await Promise.race([(async () => { ${code} })(), new Promise((_, no) => setTimeout(no, 1500, new Error("nothing")))])); } catch (e) { console.log(${JSON.stringify(name)}, "refused", (e as Error).name); }`,
    )
    .join("\n");

describe("the sandbox", () => {
  it("lets nothing be loaded or sent", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.setHeader("access-control-allow-origin", "*");
      response.setHeader("content-type", "text/javascript");
      response.end("export default 1");
    });
    server.on("upgrade", (request, socket) => {
      asked.push(request.url ?? "");
      socket.destroy();
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const elsewhere = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const home = inject("address");
    try {
      await tried(
        attempts({
          fetch: `return (await fetch("http://${elsewhere}/fetch")).status;`,
          home: `return (await fetch("${home}")).status;`,
          request: `const r = new XMLHttpRequest(); r.open("GET", "http://${elsewhere}/xhr", false); r.send(); return r.status;`,
          module: `const where = "http://${elsewhere}/module.js"; return (await import(where)).default;`,
          script: `importScripts("http://${elsewhere}/script.js"); return 1;`,
          socket: `return await new Promise((ok, no) => { const s = new WebSocket("ws://${elsewhere}/socket"); s.onopen = ok; s.onerror = () => no(new Error()); });`,
          events: `return await new Promise((ok, no) => { const s = new EventSource("http://${elsewhere}/events"); s.onopen = ok; s.onerror = () => no(new Error()); });`,
          transport: `await new WebTransport("https://${elsewhere}/transport").ready; return 1;`,
          data: `const where = "data:text/javascript,export default 1"; return (await import(where)).default;`,
          text: `return (0, eval)("1");`,
          made: `return new Function("return 1")();`,
        }),
        (said) => {
          expect(said).not.toContain(" got ");
          expect(said.match(/ refused /g)).toHaveLength(11);
        },
      );
      expect(asked).toEqual([]);
    } finally {
      server.close();
    }
  });

  it("keeps the page, its storage and its frames out of reach", async () => {
    await tried(
      attempts({
        parent: "return (globalThis as any).parent.document;",
        top: "(globalThis as any).top.location = 'about:blank'; return 1;",
        page: "return (globalThis as any).document.body;",
        opened: "return (globalThis as any).open('about:blank');",
        moved:
          "(globalThis as any).location = 'about:blank'; if (String(location).startsWith('blob:')) throw new Error(); return 1;",
        kept: "return (globalThis as any).localStorage.secret;",
        caches: "return await caches.keys();",
        database:
          "return await new Promise((ok, no) => { const r = indexedDB.open('x'); r.onsuccess = ok; r.onerror = no; });",
        files: "return await navigator.storage.getDirectory();",
        cookies: "return await (globalThis as any).cookieStore.getAll();",
        worker: "return new Worker(URL.createObjectURL(new Blob([''])));",
      }),
      (said) => {
        expect(said).not.toContain(" got ");
        expect(said.match(/ refused /g)).toHaveLength(11);
      },
    );
  });

  it("stops when it is told to", async () => {
    await visit(programLink("while (true) {}"), async (page) => {
      await page.getByRole("button", { name: "Run" }).click();
      await page.locator("[data-phase=running]").waitFor();
      await page.getByRole("button", { name: "Stop" }).click();
      await page.locator("[data-phase=stopped]").waitFor();
      expect(await page.locator("iframe").count()).toBe(0);
    });
  });

  it("keeps no more of a million lines than a page can show", async () => {
    await tried("for (let i = 0; i < 1_000_000; i++) console.log(`line ${i}`);\nconsole.log('end');", (said) => {
      const lines = said.split("\n");
      expect(lines.slice(0, 2)).toEqual(["line 0", "line 1"]);
      expect(lines.length).toBeLessThan(5010);
      expect(lines.at(-1)).toContain("is not kept");
    });
  });

  it("ends what sends messages without end, and shows nothing of forged ones but text", async () => {
    await tried("while (true) postMessage({ items: [], steps: 0, isDone: false });", (said) => {
      expect(said).toContain("messages within a second");
    });
    await tried(
      `for (const forged of [null, 1, "x", [], { items: 3 }, { items: [{ kind: "script", text: "alert(1)" }], steps: 0, isDone: true },
         { items: [{ kind: "text", level: "log", text: {} }], steps: 0, isDone: false }, { items: [], steps: -1, isDone: true }]) postMessage(forged);
       const send = MessagePort.prototype.postMessage;
       MessagePort.prototype.postMessage = function (message) { send.call(this, { error: { message: {}, line: "<b>", name: 3 } }); return send.call(this, message); };
       postMessage({ items: [{ kind: "html", text: "<img src=x onerror='document.title=1'><table><tr><td onclick='x()'>cell</td></tr></table><script>document.title=2</script><a href='javascript:1'>link</a>" },
         { kind: "svg", text: "<svg xmlns='http://www.w3.org/2000/svg' onload='parent.document.title=3'><script>parent.document.title=4</script><image href='http://127.0.0.1:9/'/></svg>" }], steps: 7, isDone: true });`,
      async (said, page) => {
        expect(said).toContain("cell");
        expect(await page.title()).toContain("A program");
        const html = await page.locator("[role=log]").innerHTML();
        expect(html).not.toMatch(/<script|onerror|onclick|javascript:|<svg/);
      },
    );
  });

  it("survives a program that takes all the memory that it can get", async () => {
    await tried(
      "const kept: unknown[] = [];\nwhile (true) kept.push(Array.from({ length: 1e6 }, (_, i) => ({ i })));",
      (said) => expect(said).toMatch(/ended|memory/),
      "&seconds=10",
    );
    await tried("new Float64Array(1e12);", (said) => {
      expect(said).toContain("Line 1: RangeError");
      expect(said).toContain("more memory than a page gets");
    });
  });

  it("starts nothing in a frame that has the page's origin", async () => {
    await visit(programLink("while (true) {}"), async (page) => {
      await page.getByRole("button", { name: "Run" }).click();
      await page.locator("[data-phase=running]").waitFor();
      const frame = page.locator("iframe");
      expect(await frame.getAttribute("sandbox")).toBe("allow-scripts");
      expect(page.workers().filter((worker) => worker.url().startsWith("blob:null"))).toHaveLength(1);
      const started = page.waitForEvent("worker", { timeout: 1500, predicate: (w) => !w.url().startsWith("http") });
      await frame.evaluate(async (sandboxed: HTMLIFrameElement) => {
        const open = document.createElement("iframe");
        const loaded = new Promise((load) => open.addEventListener("load", load));
        open.srcdoc = sandboxed.srcdoc;
        document.body.append(open);
        await loaded;
        const loader = "self.onmessage = () => {}";
        open.contentWindow?.postMessage({ loader, modules: {}, main: "" }, "*", [new MessageChannel().port2]);
      });
      await expect(started).rejects.toThrow(/Timeout/);
    });
  });
});
