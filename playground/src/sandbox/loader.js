// Runs first in the sandbox's worker: gives each module an address, imports the main one, and puts the page's port in the
// place of the worker's own, so that a program may be written as for any worker.
self.addEventListener(
  "message",
  async ({ data: { modules, main }, ports: [port] }) => {
    const addresses = new Map();
    const addressed = (text) => {
      for (const [name, address] of addresses) text = text.replaceAll(`sandbox-module:${name}`, address);
      return URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    };
    const send = port.postMessage.bind(port);
    const named = (text) => {
      for (const [name, address] of addresses) text = text.replaceAll(address, name);
      return text;
    };
    // What the program is told of an error: the learner's lines are those of the text as it was written.
    const told = (error) => {
      const isError = error instanceof Error;
      const stack = isError ? named(String(error.stack ?? "")) : "";
      const line = /\blearner:(\d+)/.exec(stack)?.[1];
      const message = named(isError ? error.message : String(error));
      return { name: isError ? error.name : "", message, stack, line: line === undefined ? undefined : Number(line) };
    };
    const fail = (error) => send({ error: told(error) });
    self.addEventListener("error", (event) => {
      event.preventDefault();
      fail(event.error ?? event.message);
    });
    self.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      fail(event.reason);
    });
    // Not needed by anything here, and another worker would run on beside this one.
    for (const name of ["Worker", "SharedWorker"]) delete self[name];
    self.tellError = told;
    self.postMessage = (data, transfer) => send({ data }, transfer);
    try {
      for (const [name, text] of Object.entries(modules)) addresses.set(name, addressed(text));
      send({ ready: true });
      await import(addressed(main));
      // Messages wait until the program has said what it does with them.
      port.onmessage = ({ data }) => self.dispatchEvent(new MessageEvent("message", { data }));
    } catch (error) {
      fail(error);
    }
  },
  { once: true },
);
