/**
 * Light or dark, as the system says or as chosen.
 */
import { signal } from "@preact/signals";

const names = ["auto", "light", "dark"] as const;
type Theme = (typeof names)[number];

const key = "chainrule-theme";
const theme = signal<Theme>(names.find((name) => name === kept()) ?? "auto");
apply();

/** Browsers refuse storage to some pages: then the choice lasts as long as the page. */
function kept(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(name: Theme): void {
  try {
    localStorage.setItem(key, name);
  } catch {
    // See `kept`.
  }
}

function apply(): void {
  document.documentElement.dataset.theme = theme.value;
}

export function ThemeButton() {
  const next = names[(names.indexOf(theme.value) + 1) % names.length];
  const change = () => {
    theme.value = next;
    keep(next);
    apply();
  };
  return (
    <button type="button" class="quiet" onClick={change} title={`Colours: ${theme.value}; press for ${next}`}>
      {{ auto: "◐ auto", light: "○ light", dark: "● dark" }[theme.value]}
    </button>
  );
}
