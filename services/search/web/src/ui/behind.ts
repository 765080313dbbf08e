// What is loaded behind the list.
import { type ComponentType, lazy } from 'react';

/** The longest that something waits for what is to be painted before it, in milliseconds: a page that isn't looked at paints nothing. */
const longest = 500;

/** Resolves once the browser has painted what is there now. */
export function painted(): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, longest);
    requestAnimationFrame(() => setTimeout(done));
  });
}

let loading = 0;

/** Whether a part of the page is still on its way. */
export const partsAreLoading = (): boolean => loading > 0;

/** A part that doesn't hold up what stands beside it: it is loaded once that is painted. */
export const behind = <P extends object>(load: () => Promise<ComponentType<P>>) =>
  lazy(async () => {
    loading++;
    try {
      await painted();
      return { default: await load() };
    } finally {
      loading--;
    }
  });
