// How an embargo is said, in UTC, which everybody reads alike.
import type { Article } from '../api/client';
import { endOf } from './ahead';

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });
const exact = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZone: 'UTC',
});
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });

/** Until when, as seen at a second since 1970: 14:00 UTC, on another day 1 December 2026, 14:00 UTC. */
export function untilUTC(end: number, now: number): string {
  const at = new Date(end * 1000);
  const time = (end % 60 === 0 ? clock : exact).format(at);
  const day = date.format(at);
  return day === date.format(new Date(now * 1000)) ? `${time} UTC` : `${day}, ${time} UTC`;
}

/** What stands over whatever is copied of an article before its time. */
export function warning(a: Article): string {
  const at = new Date(endOf(a) * 1000);
  return `EMBARGO – not for publication before ${date.format(at)}, ${exact.format(at)} UTC`;
}

const head = new Set(['kicker', 'headline', 'standfirst', 'byline', 'dateline']);
const hidden = new Set(['note', 'boilerplate', 'residue', 'unknown']);

/** The article as text: the warning, then what readers see of it. */
export function plainText(a: Article): string {
  const said = (a.segments ?? []).filter((s) => !hidden.has(s.kind));
  const texts = [...said.filter((s) => head.has(s.kind)), ...said.filter((s) => !head.has(s.kind))].map((s) => s.text);
  return [warning(a), ...texts].join('\n\n');
}
