/**
 * The frame around all rooms: navigation, notices, sharing, light and dark.
 */
import { useEffect } from "preact/hooks";
import { rooms } from "../rooms/index.ts";
import { followAddress, keepAddress, notices, shown } from "./navigation.ts";
import { Share } from "./share.tsx";
import { ThemeButton } from "./theme.tsx";

export function App() {
  useEffect(() => {
    const follow = () => void followAddress();
    follow();
    addEventListener("hashchange", follow);
    const end = keepAddress();
    return () => {
      removeEventListener("hashchange", follow);
      end();
    };
  }, []);
  const open = shown.value;
  const title = rooms.find(({ id }) => id === open?.id)?.title;
  useEffect(() => {
    if (title) document.title = `${title} – chainrule playground`;
  }, [title]);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
        To the room
      </button>
      <header class="bar">
        <nav aria-label="Rooms">
          <ul>
            {rooms.map(({ id, title }) => (
              <li key={id}>
                <a href={`#${id}`} aria-current={id === open?.id ? "page" : undefined}>
                  {title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="bar-end">
          <ThemeButton />
          {open && <Share open={open} key={open.id} />}
        </div>
      </header>
      <div role="status" class="notices">
        {notices.value.map((notice) => (
          <p key={notice}>{notice}</p>
        ))}
      </div>
      <main id="main" tabIndex={-1}>
        {open ? (
          <>
            <h1>{title}</h1>
            <open.room.View state={open.state} key={`${open.id} ${open.visit}`} />
          </>
        ) : (
          <p>Loading…</p>
        )}
      </main>
    </>
  );
}
