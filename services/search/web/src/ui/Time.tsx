// Times in the reader's own zone, with all of it on demand.
import { useSyncExternalStore } from 'react';
import { useDay } from './day';

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const short = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const dated = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' });

const sameDay = (a: Date, b: Date): boolean => a.toDateString() === b.toDateString();

/** Whether two times are of one day, as readers see days. */
export const ofOneDay = (a: string | undefined, b: string | undefined): boolean =>
  sameDay(new Date(a ?? ''), new Date(b ?? ''));

/** The day of a time, as a heading. */
export function dayHeading(iso: string | undefined, now = new Date()): string {
  const t = new Date(iso ?? '');
  if (Number.isNaN(t.getTime())) return 'Without a date';
  if (sameDay(t, now)) return `Today, ${weekday.format(t)}`;
  if (sameDay(t, new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1)))
    return `Yesterday, ${weekday.format(t)}`;
  return weekday.format(t);
}

export function Time({ at, form = 'long' }: { at: string | undefined; form?: 'clock' | 'long' }) {
  useDay();
  const t = new Date(at ?? '');
  if (!at || Number.isNaN(t.getTime())) return null;
  const now = new Date();
  const date = sameDay(t, now) ? '' : (t.getFullYear() === now.getFullYear() ? short : dated).format(t);
  const text = form === 'clock' || date === '' ? clock.format(t) : `${date}, ${clock.format(t)}`;
  return (
    <time dateTime={at} title={full.format(t)}>
      {text}
    </time>
  );
}

let tick = Math.floor(Date.now() / 1000);
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

// One clock for all countdowns, which stands still when there is none.
function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  timer ??= setInterval(() => {
    tick = Math.floor(Date.now() / 1000);
    for (const l of listeners) l();
  }, 1000);
  return () => {
    listeners.delete(tell);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The seconds since 1970. */
export const useSecond = (): number => useSyncExternalStore(subscribe, () => tick);

/** How long it is until then: 3 d 4 h, 4 h 5 min, 5:06. */
export function remaining(seconds: number): string {
  const s = Math.max(0, seconds);
  if (s >= 86_400) return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
  if (s >= 3600) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}

/** That copy is under embargo, and for how long still; nothing when that is over. */
export function Embargo({ until }: { until: string | undefined }) {
  const end = new Date(until ?? '').getTime() / 1000;
  if (Number.isNaN(end) || end * 1000 <= Date.now()) return null;
  return <Running until={until ?? ''} end={end} />;
}

function Running({ until, end }: { until: string; end: number }) {
  const now = useSecond();
  if (now >= end) return null;
  return (
    <span className="embargo">
      Embargo <span aria-hidden="true">{remaining(Math.ceil(end - now))}</span>
      <span className="unseen">
        until <Time at={until} />
      </span>
    </span>
  );
}
