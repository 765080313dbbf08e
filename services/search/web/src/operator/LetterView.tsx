// One dead letter, whole.
import { useQuery } from '@tanstack/react-query';
import { letter, operatorKeys, type WholeLetter } from '../api/operator';
import { Failed } from '../ui/Failed';
import { CloseIcon } from '../ui/icons';
import { Link } from '../ui/Link';
import { Time } from '../ui/Time';
import { number, plural } from '../ui/words';
import { Redrive } from './Redrive';

export function LetterView({ place }: { place: string }) {
  const asked = useQuery({
    queryKey: operatorKeys.letter(place),
    queryFn: ({ signal }) => letter(place, signal),
  });
  const { data } = asked;
  return (
    <aside className="letter-pane" aria-label="Dead letter">
      <div className="letters-bar">
        {data?.whole && <Redrive letters={[place]} handled={data.handled !== undefined} />}
        <span className="grow" />
        <Link className="button plain icon" to={{ letter: null }} aria-label="Close the letter">
          <CloseIcon />
        </Link>
      </div>
      <Failed asked={asked} missing={{ title: 'This letter isn’t there', text: 'Kafka no longer keeps it.' }} />
      {data && <Whole letter={data} />}
    </aside>
  );
}

function Whole({ letter: l }: { letter: WholeLetter }) {
  const facts: [string, React.ReactNode][] = [
    ['Refused', <Time key="at" at={l.at} />],
    ['By', l.stage],
    ['Attempts', l.attempts === undefined ? undefined : number(l.attempts)],
    [
      'From',
      l.origin &&
        `${l.origin.topic}${l.origin.partition === undefined ? '' : `/${l.origin.partition}@${l.origin.offset}`}`,
    ],
    ['Source', l.source],
    ['Agency', l.agency],
    [
      'Article',
      l.uri && (
        <Link key="uri" fresh to={{ uri: l.uri }}>
          {l.uri}
        </Link>
      ),
    ],
    ['Address', l.url],
    ['Size', plural(l.bytes, 'byte')],
    ['Letter', l.letter],
  ];
  return (
    <div className="letter-whole">
      <h2 dir="auto">{l.headline ?? l.letter}</h2>
      <p className="trouble">{l.reason}</p>
      {l.handled && (
        <p className="letter-handled">
          {l.handled.done === 'redriven' ? 'Sent back' : 'Discarded'} by {l.handled.by}, <Time at={l.handled.at} />
          {l.handled.times !== undefined && l.handled.times > 1 && ` (${number(l.handled.times)} times)`}
          {l.handled.why && `: ${l.handled.why}`}
        </p>
      )}
      <dl className="letter-facts">
        {facts
          .filter(([, value]) => value !== undefined && value !== '')
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {l.text !== undefined && (
        <>
          <h3>Text</h3>
          <pre className="letter-text" dir="auto">
            {l.text}
            {l.text_cut && '…'}
          </pre>
        </>
      )}
      {l.hex !== undefined && (
        <>
          <h3>Bytes</h3>
          <pre className="letter-text">{l.hex.replace(/(.{2})/g, '$1 ')}</pre>
        </>
      )}
      {l.headers.length > 0 && (
        <>
          <h3>Headers</h3>
          <dl className="letter-facts">
            {l.headers.map((h, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a name may stand there twice
              <div key={i}>
                <dt>{h.name}</dt>
                <dd>
                  {h.value}
                  {h.cut && '…'}
                </dd>
              </div>
            ))}
            {l.more_headers && <div>and more</div>}
          </dl>
        </>
      )}
    </div>
  );
}
