/**
 * The document of the sandbox's frame.
 *
 * It is written into the frame (`srcdoc`) and not loaded from a file, because a frame without an origin gets no file from a
 * service worker: the page would not work offline. So the page's own policy holds in it too, and has to allow what the frame
 * needs, this script and blobs; `build/content-security-policy.ts` does.
 */
import script from "./frame.js?raw";

/** No address may be asked for anything; only texts that were made here run. */
const policy = "default-src 'none'; script-src 'unsafe-inline' blob: 'wasm-unsafe-eval'; worker-src blob:";

export const sandboxDocument = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${policy}"><script>${script}</script>`;
