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
      if (!act) return;
      e.preventDefault();
      act();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}
