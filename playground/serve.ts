/**
 * Builds the playground and serves it: `npx -y pnpm@12 playground`, with `--port 8080` at another port.
 */
import { fileURLToPath } from "node:url";
import { build, preview } from "vite";
import { portOf } from "./build/port.ts";

const port = portOf(4173);
const root = fileURLToPath(new URL(".", import.meta.url));
await build({ root, logLevel: "warn" });
const server = await preview({ root, preview: { port } });
server.printUrls();
