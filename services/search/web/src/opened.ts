// What the service tells the page when it is opened, see web.go.
import { heardTime } from './ui/serviceClock';

export interface Opened {
  zone: string;
  /** When it was opened, by the service's clock. */
  now?: string;
  live: boolean;
  /** Editors may correct by this service. */
  overrides: boolean;
  /** Operators may work by it. */
  operator: boolean;
  /** What is under an embargo is shown to those who may see it. */
  embargoes: boolean;
  name?: string;
  leave: boolean;
  scopes: string[];
}

function read(): Opened {
  const unknown: Opened = {
    zone: 'UTC',
    live: true,
    overrides: false,
    operator: false,
    embargoes: false,
    leave: false,
    scopes: ['read'],
  };
  try {
    const told: unknown = JSON.parse(document.documentElement.dataset.opened ?? '');
    return { ...unknown, ...(told as Partial<Opened>), scopes: (told as Partial<Opened>).scopes ?? unknown.scopes };
  } catch {
    return unknown; // the development server tells nothing
  }
}

export const opened = read();

// What the browser kept of a page is of then.
const [loaded] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
if (loaded && loaded.transferSize !== 0) {
  // performance.timeOrigin isn't by the reader's clock where the machine slept, or that was set.
  const at = (time: number) => Date.now() - (performance.now() - time);
  heardTime(opened.now, { sent: at(loaded.requestStart), came: at(loaded.responseStart) });
}

export const may = (scope: 'read' | 'write' | 'operate' | 'embargo'): boolean => opened.scopes.includes(scope);

/** Whether what is under an embargo is shown to who has logged in. */
export const seesEmbargoes = opened.embargoes && may('embargo');
