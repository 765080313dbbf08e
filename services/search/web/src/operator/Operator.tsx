// The operator's view. Loaded on demand: readers never pay for it.
import { may } from '../opened';

export default function Operator() {
  return (
    <main id="main" className="operator" tabIndex={-1}>
      <section className="message">
        <h2>{may('operate') ? 'Nothing to show yet' : 'Not for everybody'}</h2>
        <p>{may('operate') ? 'What the stages do will stand here.' : 'Operators see here how the stages do.'}</p>
      </section>
    </main>
  );
}
