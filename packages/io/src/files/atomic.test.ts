import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { readBytes } from "@chainrule/data";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFile } from "./atomic.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "chainrule-atomic-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("writing a file", () => {
  it("makes it, or replaces it, and leaves nothing else", async () => {
    const path = join(folder, "a.bin");
    await writeFile(path, Uint8Array.of(1, 2));
    await writeFile(pathToFileURL(path), Uint8Array.of(3));
    expect([...readFileSync(path)]).toEqual([3]);
    expect(readdirSync(folder)).toEqual(["a.bin"]);
  });

  it("says how far it is where a file is large, and so does reading it", async () => {
    const bytes = new Uint8Array(40 << 20);
    for (let at = 0; at < bytes.length; at += 1 << 16) bytes[at] = (at >> 16) % 251;
    const path = join(folder, "a.bin");
    const written: unknown[] = [];
    await writeFile(path, bytes, (...progress) => written.push(progress));
    expect(written).toEqual([16, 32, 40].map((size) => [size << 20, 40 << 20]));
    const read: unknown[] = [];
    const found = await readBytes(path, { onProgress: (...progress) => read.push(progress) });
    expect(Buffer.compare(found, bytes)).toBe(0);
    expect(read).toEqual(written);
    await writeFile(path, new Uint8Array(0));
    expect(await readBytes(pathToFileURL(path))).toHaveLength(0);
    await expect(readBytes(path, { onProgress: 3 as never })).rejects.toThrow(/a function of how many bytes/);
    await expect(readBytes(path, { progress: () => {} } as object)).rejects.toThrow(
      /Did you mean "onProgress"|Known: onProgress/,
    );
  });

  it("keeps the permissions of the file that it replaces, and a link a link", async () => {
    const path = join(folder, "a.bin");
    writeFileSync(path, "old", { mode: 0o600 });
    symlinkSync(path, join(folder, "link"));
    await writeFile(join(folder, "link"), Uint8Array.of(65));
    expect(readFileSync(path, "utf8")).toBe("A");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("says what went wrong where it cannot, and leaves nothing", async () => {
    await expect(writeFile(join(folder, "missing", "a.bin"), Uint8Array.of(1))).rejects.toThrow(
      /expected a file that can be written, got ENOENT/,
    );
    await expect(writeFile(folder, Uint8Array.of(1))).rejects.toThrow(/expected a file that can be written/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("leaves the old file or the new one where the process is killed meanwhile", async () => {
    const path = join(folder, "a.bin");
    const program = join(folder, "program.mjs");
    const contents = `import { readBytes } from "@chainrule/data";
import { writeFile } from "./atomic.ts";
      const path = ${JSON.stringify(path)};
      for (let i = 0; ; i++) {
        await writeFile(path, new Uint8Array(1 << 20).fill(i));
        if (i === 0) console.log("the first is written");
      }`;
    const resolveDir = fileURLToPath(new URL(".", import.meta.url));
    await build({ stdin: { contents, resolveDir }, bundle: true, format: "esm", platform: "node", outfile: program });
    for (let time = 0; time < 4; time++) {
      const child = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
      await new Promise((resolve) => child.stdout.once("data", resolve));
      await new Promise((resolve) => setTimeout(resolve, 10 + 7 * time));
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("exit", resolve));
      const bytes = readFileSync(path);
      expect(bytes.length).toBe(1 << 20);
      expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
    }
  });
});
