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

/** A part that doesn't hold up what stands beside it: it is loaded once the page is painted first. */
export const behind = <P extends object>(load: () => Promise<ComponentType<P>>) =>
  lazy(async () => {
    await painted();
    return { default: await load() };
  });
