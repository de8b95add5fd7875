// Runs in the sandbox's frame, which has no origin: starts one worker, and lends it the page's port.
// Without a frame around it that took its origin away it does nothing: a learner's code must not have the page's.
if (self.origin === "null") {
  addEventListener("message", function start({ source, data, ports: [port] }) {
    if (source !== parent || !port) return;
    removeEventListener("message", start);
    const { loader, ...modules } = data;
    const worker = new Worker(URL.createObjectURL(new Blob([loader], { type: "text/javascript" })));
    worker.postMessage(modules, [port]);
  });
}
