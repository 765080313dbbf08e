// How the stages do: what waits for each, for how long, and how fast it goes.
import { useQuery } from '@tanstack/react-query';
import { type Group, operatorKeys, type Stage, stages, stagesEvery, turnedOff } from '../api/operator';
import { Failed, reasonOf } from '../ui/Failed';
import { Link } from '../ui/Link';
import { Time } from '../ui/Time';
import { number, plural } from '../ui/words';
import { Spark } from './Spark';
import { duration, rate } from './units';

/** From this age on of the oldest message, a stage is behind: copy is to be searchable within a second. */
const behindFrom = 10;

interface Verdict {
  word: string;
  tone: 'calm' | 'warn' | 'bad';
}

function verdictOf(g: Group): Verdict {
  if (g.lost) return { word: `${plural(g.lost, 'message')} deleted unread`, tone: 'bad' };
  if (g.beyond) return { word: 'The topic was made anew', tone: 'bad' };
  if (g.members.length === 0) return { word: g.state === 'Dead' ? 'Never ran' : 'Nobody runs', tone: 'bad' };
  if (g.unread_partitions > 0) return { word: `${plural(g.unread_partitions, 'partition')} unread`, tone: 'warn' };
  if (g.state !== 'Stable') return { word: 'Sharing out', tone: 'warn' };
  if ((g.oldest_age_seconds ?? 0) >= behindFrom)
    return { word: `${duration(g.oldest_age_seconds ?? 0)} behind`, tone: 'warn' };
  return { word: 'Keeps up', tone: 'calm' };
}

const worst = { calm: 0, warn: 1, bad: 2 };

export function Stages() {
  const asked = useQuery({
    queryKey: operatorKeys.stages,
    queryFn: ({ signal }) => stages(signal),
    refetchInterval: stagesEvery,
  });
  const { data } = asked;
  if (!data)
    return reasonOf(asked) ? (
      <Failed asked={asked} missing={turnedOff} />
    ) : (
      <p className="part-wait">Looking at the stages</p>
    );
  const troubled = data.stages.flatMap((s) => s.groups.filter((g) => verdictOf(g).tone !== 'calm'));
  return (
    <>
      <Failed asked={asked} missing={turnedOff} />
      {data.problem && (
        <p className="trouble" role="alert">
          The last look failed: {data.problem}
        </p>
      )}
      <p className="part-say" aria-live="polite">
        <b>
          {troubled.length === 0
            ? 'All stages keep up.'
            : `${plural(troubled.length, 'reader')} of a topic in trouble.`}
        </b>{' '}
        Looked at <Time at={data.at} form="clock" />, every {number(data.every_seconds)} s. Rates are of the last{' '}
        {duration(data.window_seconds)}.
      </p>
      <ol className="flow">
        {data.stages.map((s) => (
          <StageCard key={s.service} stage={s} />
        ))}
      </ol>
    </>
  );
}

function StageCard({ stage: s }: { stage: Stage }) {
  const tone = s.groups
    .map(verdictOf)
    .reduce<Verdict['tone']>((t, v) => (worst[v.tone] > worst[t] ? v.tone : t), 'calm');
  const open = s.dead_letters.reduce((n, d) => n + d.open, 0);
  const fresh = s.dead_letters.reduce((n, d) => n + (d.in_window ?? 0), 0);
  return (
    <li className={`stage ${tone}`}>
      <h2>{s.service}</h2>
      {s.groups.map((g) => (
        <Reads key={g.group} group={g} />
      ))}
      {s.writes.map((w) => (
        <div key={w.topic} className="measure">
          <h3>
            writes <span className="topic">{w.topic}</span>
          </h3>
          <Spark points={(w.history ?? []).map((p) => ({ at: p.at, value: p.per_second }))} />
          <p className="measure-say">
            <span className="number">{rate(w.per_second)}</span>
            <span>{plural(w.messages, 'message')} kept</span>
          </p>
        </div>
      ))}
      <p className={open > 0 ? 'stage-dead bad' : 'stage-dead'}>
        {open === 0 ? (
          'No dead letter is open'
        ) : (
          <Link
            to={{
              part: 'letters',
              state: null,
              dead: s.dead_letters.length === 1 ? s.dead_letters[0]?.topic : null,
              stage: null,
            }}
          >
            {plural(open, 'dead letter')} open
          </Link>
        )}
        {fresh > 0 && `, ${number(fresh)} of them new`}
      </p>
    </li>
  );
}

function Reads({ group: g }: { group: Group }) {
  const v = verdictOf(g);
  const history = g.history ?? [];
  return (
    <div className="measure">
      <h3>
        reads <span className="topic">{g.topic}</span>
      </h3>
      <p className={`verdict ${v.tone}`}>{v.word}</p>
      <Spark
        points={history.map((p) => ({ at: p.at, value: p.lag }))}
        least={10}
        tone={v.tone === 'calm' ? 'calm' : 'bad'}
      />
      <dl className="facts">
        <div>
          <dt>Waiting</dt>
          <dd className="number">{number(g.lag)}</dd>
        </div>
        <div>
          <dt>Oldest</dt>
          <dd className="number">{g.oldest_age_seconds === undefined ? '–' : duration(g.oldest_age_seconds)}</dd>
        </div>
        <div>
          <dt>Done</dt>
          <dd className="number">{rate(g.per_second)}</dd>
        </div>
        <div>
          <dt>Members</dt>
          <dd className="number">
            {number(g.members.length)}
            {g.more_members && '+'}
          </dd>
        </div>
      </dl>
      {g.members.length > 0 && (
        <details className="members">
          <summary>{g.group}</summary>
          <ul>
            {g.members.map((m, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: members have no name of their own
              <li key={i}>
                {m.client} at {m.host}: {plural(m.partitions, 'partition')}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
