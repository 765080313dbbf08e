// What the service tells the page when it is opened, see web.go.
export interface Opened {
  zone: string;
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

export const may = (scope: 'read' | 'write' | 'operate' | 'embargo'): boolean => opened.scopes.includes(scope);

/** Whether what is under an embargo is shown to who has logged in. */
export const seesEmbargoes = opened.embargoes && may('embargo');
