// Small pictures of numbers over time. What they say stands beside them in words.

interface Point {
  at: string;
  value: number | undefined;
}

const width = 160;
const height = 36;

/** A line over a filled ground, its scale from 0 to the most that there is, or to `least` if that is more. */
export function Spark({
  points,
  least = 1,
  tone = 'calm',
}: {
  points: readonly Point[];
  least?: number;
  tone?: 'calm' | 'bad';
}) {
  const known = points.flatMap((p) => (p.value === undefined ? [] : [{ t: Date.parse(p.at), v: p.value }]));
  const first = known[0]?.t ?? 0;
  const span = Math.max(1, (known.at(-1)?.t ?? 1) - first);
  const most = Math.max(least, ...known.map((p) => p.v));
  const at = (p: { t: number; v: number }) =>
    `${(((p.t - first) / span) * width).toFixed(1)},${(height - 1 - (p.v / most) * (height - 3)).toFixed(1)}`;
  const line = known.map(at).join(' ');
  return (
    <svg className={`spark ${tone}`} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      {known.length > 1 && <polygon className="spark-ground" points={`0,${height} ${line} ${width},${height}`} />}
      {known.length > 1 && <polyline className="spark-line" points={line} vectorEffect="non-scaling-stroke" />}
      <line
        className="spark-axis"
        x1="0"
        x2={width}
        y1={height - 0.5}
        y2={height - 0.5}
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}

const hour = 3_600_000;

/** A bar for each of the last hours. */
export function HourBars({
  hours,
  until,
  count = 24,
}: {
  hours: readonly { from: string; count: number }[];
  until: string;
  count?: number;
}) {
  const end = Math.floor(Date.parse(until) / hour) * hour;
  const most = Math.max(1, ...hours.map((h) => h.count));
  const step = width / count;
  return (
    <svg className="spark calm" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      {hours.map((h) => {
        const ago = Math.round((end - Date.parse(h.from)) / hour);
        if (ago < 0 || ago >= count) return null;
        const tall = Math.max(2, (h.count / most) * (height - 2));
        return (
          <rect
            key={h.from}
            className="spark-bar"
            x={(count - 1 - ago) * step}
            width={step - 1}
            y={height - tall}
            height={tall}
          />
        );
      })}
      <line
        className="spark-axis"
        x1="0"
        x2={width}
        y1={height - 0.5}
        y2={height - 0.5}
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
