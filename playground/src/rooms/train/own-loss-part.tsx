/**
 * A loss that somebody has written: it is shown before it runs.
 */

export function OwnLossPart({ sources, onRun }: { readonly sources: readonly string[]; readonly onRun: () => void }) {
  return (
    <section class="train-own" aria-label="A loss that somebody has written">
      <p class="question">This link has a loss written by somebody: look at it, then run it.</p>
      {[...new Set(sources)].map((source) => (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be reached by keys
        <section class="train-program" tabIndex={0} aria-label="The source of the loss" key={source}>
          <pre>
            <code>{source}</code>
          </pre>
        </section>
      ))}
      <button type="button" class="primary" onClick={onRun}>
        Run it
      </button>
    </section>
  );
}
