// What this browser keeps for its reader. Where storage is forbidden, it lasts as long as the page.

const held = new Map<string, string>();
const listeners = new Set<() => void>();

export function stored(key: string): string | null {
  try {
    return localStorage.getItem(key) ?? held.get(key) ?? null;
  } catch {
    return held.get(key) ?? null;
  }
}

/** Keeps a value, and tells who listens. */
export function store(key: string, value: string): void {
  held.set(key, value);
  try {
    localStorage.setItem(key, value);
  } catch {
    // held must do
  }
  for (const tell of listeners) tell();
}

export function onStored(tell: () => void): () => void {
  listeners.add(tell);
  addEventListener('storage', tell); // another tab
  return () => {
    listeners.delete(tell);
    removeEventListener('storage', tell);
  };
}
