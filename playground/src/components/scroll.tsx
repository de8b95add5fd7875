/**
 * What may be wider than the screen, and is scrolled with a finger, a wheel or the arrow keys.
 */
import type { ComponentChildren } from "preact";

export function Scroll({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what cannot be focused cannot be scrolled with the keyboard
    <section class="scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
