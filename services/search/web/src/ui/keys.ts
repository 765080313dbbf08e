// Keys that do something wherever the reader is, unless they are writing. Who can't use
// single keys (WCAG 2.1.4) turns them off in the help.
import { useEffect, useLayoutEffect, useRef } from 'react';
import { stored } from './stored';

export type Keys = Record<string, (() => void) | undefined>;

export const keysSetting = 'keys';

const writing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.closest(
      'input, textarea, select, [role="dialog"], [role="menu"], [role="listbox"], [role="slider"], .leaflet-container',
    ) !== null);

/** For how long a key waits for a part of the page that isn't there yet, in milliseconds. */
const heldFor = 10_000;

// The key that nobody knew yet, and when it was pressed. Whoever has gone on since has no use for it.
let held: { key: string; at: number } | undefined;
addEventListener('pointerdown', () => {
  held = undefined;
});

export function useKeys(keys: Keys): void {
  const current = useRef(keys);
  useEffect(() => {
    current.current = keys;
  });
  // Whatever is seen has its keys.
  useLayoutEffect(() => {
    const pressed = (e: KeyboardEvent) => {
      if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey) return;
      // The component library passes keys of a field on to what it points at in a list.
      if (writing(e.target) || writing(document.activeElement)) return;
      if (e.key.length === 1 && stored(keysSetting) === 'off') return;
      const act = current.current[e.key];
      held = !act && e.key.length === 1 ? { key: e.key, at: performance.now() } : undefined;
      if (!act) return;
      e.preventDefault();
      act();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}

/** As useKeys, of a part that comes behind others: a key that was pressed for it just before is not lost. */
export function useLateKeys(keys: Keys): void {
  useKeys(keys);
  const first = useRef(keys);
  useEffect(() => {
    const act = held && performance.now() - held.at < heldFor ? first.current[held.key] : undefined;
    if (!act || writing(document.activeElement)) return;
    held = undefined;
    act();
  }, []);
}
