/**
 * Starts the page.
 */
import { render } from "preact";
import { App } from "./app/app.tsx";

render(<App />, document.getElementById("app") as HTMLElement);

if (import.meta.env.PROD && "serviceWorker" in navigator) {
  // Once the page is usable: what is kept for later visits does not slow the first down.
  addEventListener("load", () => setTimeout(() => void navigator.serviceWorker.register("./offline.js"), 1000));
}
