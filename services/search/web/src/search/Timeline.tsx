// When the articles of a search are from; what is brushed becomes its period.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type BrushBehavior, brushX, type D3BrushEvent } from 'd3-brush';
import { scaleLinear, scaleTime } from 'd3-scale';
import { select } from 'd3-selection';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Button, Disclosure, DisclosurePanel } from 'react-aria-components';
import { go, useAddress } from '../address';
import { chosen, histogram, keys } from '../api/search';
import { opened } from '../opened';
import { Failed } from '../ui/Failed';
import { number, plural } from '../ui/words';
import './timeline.css';

const height = 72;
const foot = 18;
const buckets = 90;

function useWidth(): [(at: HTMLElement | null) => void, number] {
  const [at, setAt] = useState<HTMLElement | null>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (!at) return undefined;
    setWidth(at.clientWidth);
    const observer = new ResizeObserver(() => setWidth(at.clientWidth));
    observer.observe(at);
    return () => observer.disconnect();
  }, [at]);
  return [setAt, width];
}

/** A bound of the search as a time; a day begins, and as the upper bound ends, in the reader's zone. */
function bound(value: string | null, upper: boolean): Date | undefined {
  if (!value) return undefined;
  const t = new Date(value.length === 10 ? `${value}T00:00` : value);
  if (Number.isNaN(t.getTime())) return undefined;
  if (upper && value.length === 10) t.setDate(t.getDate() + 1);
  return t;
}

const nameOf: Record<string, Intl.DateTimeFormat> = {
  minute: new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' }),
  hour: new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' }),
  month: new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric' }),
  year: new Intl.DateTimeFormat('en-GB', { year: 'numeric' }),
};
const dayOf = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });

// What stands at the axis, by how long the time between two marks is.
const ticksOf = [
  { from: 300 * 86_400_000, format: new Intl.DateTimeFormat('en-GB', { year: 'numeric' }) },
  { from: 27 * 86_400_000, format: new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric' }) },
  { from: 86_400_000, format: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' }) },
  { from: 0, format: new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit' }) },
];

/** Half of what a mark at the axis is wide, in pixels: what would stand out is left away. */
const halfTick = 30;

export default function Timeline() {
  const address = useAddress();
  // All of the search's time, so that what is left out can be seen, too.
  const search = useMemo(() => {
    const s = chosen(address);
    for (const name of ['from', 'to', 'day']) s.delete(name);
    return s;
  }, [address]);
  const asked = useQuery({
    queryKey: keys.histogram(search),
    queryFn: ({ signal }) => histogram(search, buckets, opened.zone, signal),
    placeholderData: keepPreviousData,
  });
  const { data } = asked;
  const [place, width] = useWidth();
  const brush = useRef<SVGGElement>(null);
  const behaviour = useRef<BrushBehavior<unknown>>(null);

  const bars = data?.buckets ?? [];
  const begin = bars[0]?.from;
  const end = bars.at(-1)?.to;
  const x = useMemo(
    () =>
      scaleTime()
        .domain([new Date(begin ?? 0), new Date(end ?? 1)])
        .range([0, width]),
    [begin, end, width],
  );
  const y = scaleLinear()
    .domain([0, Math.max(1, ...bars.map((b) => b.count))])
    .range([0, height - 4]);
  const from = bound(address.get('from'), false);
  const to = bound(address.get('to'), true);

  useEffect(() => {
    const at = brush.current;
    if (!at || width === 0 || !begin) return undefined;
    const b = brushX<unknown>()
      .extent([
        [0, 0],
        [width, height],
      ])
      .on('end', (e: D3BrushEvent<unknown>) => {
        if (!e.sourceEvent) return; // it follows the address
        const s = e.selection as [number, number] | null;
        if (!s) go({ from: null, to: null });
        else
          go({
            from: x.invert(s[0]).toISOString().replace(/\.\d+/, ''),
            to: x.invert(s[1]).toISOString().replace(/\.\d+/, ''),
            day: null,
          });
      });
    behaviour.current = b;
    select(at).call(b);
    return () => {
      b.on('end', null);
    };
  }, [x, width, begin]);

  const low = from && width > 0 ? Math.max(0, x(from)) : undefined;
  const high = to && width > 0 ? Math.min(width, x(to)) : undefined;
  useEffect(() => {
    const at = brush.current;
    const b = behaviour.current;
    if (!at || !b || width === 0 || !begin) return;
    const selection =
      low === undefined && high === undefined
        ? null
        : ([low ?? 0, Math.max(high ?? width, (low ?? 0) + 2)] as [number, number]);
    select(at).call(b.move, selection);
  }, [low, high, width, begin]);

  const chosenBar = (b: { from: string; to: string }) =>
    (from === undefined || new Date(b.to) > from) && (to === undefined || new Date(b.from) < to);
  const label = (iso: string) => (nameOf[data?.interval ?? ''] ?? dayOf).format(new Date(iso));
  const all = width > 0 && begin ? x.ticks(Math.max(2, Math.floor(width / 110))) : [];
  const ticks = all.filter((t) => x(t) > halfTick && x(t) < width - halfTick);
  const apart = (all[1]?.getTime() ?? 0) - (all[0]?.getTime() ?? 0);
  // A day is an hour shorter when clocks are set.
  const tick = (ticksOf.find((t) => apart >= t.from * 0.95) ?? { format: dayOf }).format;

  return (
    <section className="timeline" aria-label="Timeline">
      <Failed asked={asked} />
      <div ref={place} className="timeline-plot">
        {width > 0 && begin && (
          <svg width={width} height={height + foot} aria-hidden="true">
            {bars.map((b) => {
              const left = x(new Date(b.from));
              const h = b.count === 0 ? 0 : Math.max(2, y(b.count));
              return (
                <rect
                  key={b.from}
                  className={chosenBar(b) ? 'timeline-bar in' : 'timeline-bar'}
                  x={left}
                  y={height - h}
                  width={Math.max(1, x(new Date(b.to)) - left - 1)}
                  height={h}
                />
              );
            })}
            <line x1={0} x2={width} y1={height + 0.5} y2={height + 0.5} className="timeline-axis" />
            {ticks.map((t) => (
              <text key={t.getTime()} x={x(t)} y={height + 14} className="timeline-tick">
                {tick.format(t)}
              </text>
            ))}
            <g ref={brush} className="timeline-brush" />
          </svg>
        )}
      </div>
      <div className="timeline-foot">
        {data && (
          <span>
            {data.buckets.length > 0 ? `By the ${data.interval}. Drag to choose a period.` : 'Nothing to show.'}
          </span>
        )}
        {(from || to) && (
          <Button className="quiet" onPress={() => go({ from: null, to: null })}>
            All of the time
          </Button>
        )}
        <Disclosure className="timeline-table">
          <Button slot="trigger" className="quiet">
            As a table
          </Button>
          <DisclosurePanel>
            <div className="scroll" tabIndex={-1}>
              <table>
                <thead>
                  <tr>
                    <th scope="col">From</th>
                    <th scope="col">Articles</th>
                  </tr>
                </thead>
                <tbody>
                  {bars
                    .filter((b) => b.count > 0)
                    .map((b) => (
                      <tr key={b.from}>
                        <td>
                          <Button
                            className="quiet"
                            aria-label={`${label(b.from)}: ${plural(b.count, 'article')}, show only these`}
                            onPress={() => go({ from: b.from, to: b.to, day: null })}
                          >
                            {label(b.from)}
                          </Button>
                        </td>
                        <td className="number">{number(b.count)}</td>
                      </tr>
                    ))}
                </tbody>
              </table>
            </div>
          </DisclosurePanel>
        </Disclosure>
      </div>
    </section>
  );
}
