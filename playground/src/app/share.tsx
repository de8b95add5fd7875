/**
 * The dialog for sharing: the link to what is shown, with what a teacher hides or locks.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Lesson, noLesson, writeLink } from "../state/link.ts";
import { valuesOf } from "../state/state.ts";
import { lesson } from "./lesson.ts";
import type { OpenRoom } from "./navigation.ts";

type Access = "open" | "locked" | "hidden";
const accesses: readonly Access[] = ["open", "locked", "hidden"];

export function Share({ open }: { readonly open: OpenRoom }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const chosen = useSignal<Lesson>(noLesson);
  const link = useSignal("");
  const copied = useSignal("");
  const values = valuesOf(open.state);
  const given = chosen.value;
  useEffect(() => {
    let isLate = false;
    void writeLink(open.id, open.room.fields, values, given).then((hash) => {
      if (!isLate) link.value = `${location.href.split("#")[0]}${hash}`;
    });
    return () => {
      isLate = true;
    };
  });
  const begin = () => {
    chosen.value = lesson.value;
    copied.value = "";
    dialog.current?.showModal();
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link.value);
      copied.value = "Copied.";
    } catch {
      copied.value = "The browser does not let the page copy: select the link and copy it.";
    }
  };
  return (
    <>
      <button type="button" onClick={begin}>
        Share…
      </button>
      <dialog ref={dialog} aria-labelledby="share-title" class="share">
        <h2 id="share-title">Share what is shown</h2>
        <p>
          The link holds the whole state of this room. For a lesson, lock what may not be changed and hide what would
          give the answer away.
        </p>
        {Object.entries(open.room.controls).map(([id, label]) => (
          <fieldset class="row" key={id}>
            <legend>{label}</legend>
            {accesses.map((access) => (
              <label key={access}>
                <input
                  type="radio"
                  name={`share-${id}`}
                  checked={accessOf(given, id) === access}
                  onChange={() => {
                    chosen.value = withAccess(given, id, access);
                  }}
                />
                {access}
              </label>
            ))}
          </fieldset>
        ))}
        <label class="stacked">
          Link
          <textarea
            readOnly
            rows={3}
            value={link.value}
            id="share-link"
            onFocus={(event) => event.currentTarget.select()}
          />
        </label>
        <div class="buttons">
          <button type="button" onClick={copy}>
            Copy
          </button>
          <a class="button" href={link.value} target="_blank" rel="noopener">
            Open in a new tab
          </a>
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            Close
          </button>
          <span role="status">{copied.value}</span>
        </div>
      </dialog>
    </>
  );
}

function accessOf({ hidden, locked }: Lesson, id: string): Access {
  return hidden.has(id) ? "hidden" : locked.has(id) ? "locked" : "open";
}

function withAccess({ hidden, locked }: Lesson, id: string, access: Access): Lesson {
  const changed = (set: ReadonlySet<string>, has: boolean) =>
    new Set(has ? [...set, id] : [...set].filter((other) => other !== id));
  return { hidden: changed(hidden, access === "hidden"), locked: changed(locked, access === "locked") };
}
