// Times in the reader's own zone, with all of it on demand.
import { useRef } from 'react';
import { useDay } from './day';
import { useServiceSecond } from './second';
import { now as time } from './serviceClock';

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
export function dayHeading(iso: string | undefined, now = new Date(time())): string {
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
  const now = new Date(time());
  const date = sameDay(t, now) ? '' : (t.getFullYear() === now.getFullYear() ? short : dated).format(t);
  const text = form === 'clock' || date === '' ? clock.format(t) : `${date}, ${clock.format(t)}`;
  return (
    <time dateTime={at} title={full.format(t)}>
      {text}
    </time>
  );
}

/** How long it is until then: 5:06, 2:10:05, 3 d 2:10:05. */
export function remaining(seconds: number): string {
  const s = Math.max(0, Math.ceil(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(s / 3600) % 24;
  const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  if (s >= 86_400) return `${Math.floor(s / 86_400)} d ${hours}:${rest}`;
  return s >= 3600 ? `${hours}:${rest}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

/** That copy is under embargo by the service's clock, and for how long still; once that is over before the reader's eyes, when it ended. */
export function Embargo({ until }: { until: string | undefined }) {
  const end = new Date(until ?? '').getTime() / 1000;
  const now = useServiceSecond();
  const ran = useRef(false);
  if (now === undefined || Number.isNaN(end)) return null;
  if (now < end) ran.current = true;
  if (!ran.current) return null; // it was over before
  return now < end ? (
    <span className="embargo">
      Embargo <span aria-hidden="true">{remaining(end - now)}</span>
      <span className="unseen">
        until <Time at={until} />
      </span>
    </span>
  ) : (
    <span className="embargo over">
      Embargo ended <Time at={until} />
    </span>
  );
}
