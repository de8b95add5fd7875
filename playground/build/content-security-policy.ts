/**
 * What the page may load and run: only files of its own.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** The one script that stands in a document: that of the sandbox's frame. */
const frameScript = readFileSync(join(import.meta.dirname, "../src/sandbox/frame.js"));
const frameHash = createHash("sha256").update(frameScript).digest("base64");

/**
 * `wasm-unsafe-eval` lets the engine compile a training step to WebAssembly; no policy here lets text become script.
 * Styles may be written inline: CodeMirror and the drawings of viz do. The sandbox's frame inherits this policy and adds its
 * own (`src/sandbox/document.ts`): its script and blobs, the learner's code among them, have to be allowed here too. The
 * page makes no script of a blob itself.
 */
const policy = [
  "default-src 'none'",
  `script-src 'self' 'wasm-unsafe-eval' blob: 'sha256-${frameHash}'`,
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Puts the policy into the built page; the server for development injects scripts that it would refuse. */
export function contentSecurityPolicy(): Plugin {
  return {
    name: "content-security-policy",
    apply: "build",
    transformIndexHtml: () => [
      { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: policy }, injectTo: "head-prepend" },
    ],
  };
}
