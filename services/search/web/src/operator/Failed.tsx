// What stands where something could not be asked for.
import { ApiError } from '../api/client';

export function Failed({ error, old = false }: { error: Error; old?: boolean }) {
  const off = error instanceof ApiError && error.problem.status === 404;
  return (
    <section className="message" role="alert">
      <h2>{off ? 'Turned off here' : error instanceof ApiError ? error.problem.title : 'Something failed'}</h2>
      <p>{off ? 'This service isn’t told to look at the stages: set search-operator.' : error.message}</p>
      {old && <p>What stands below is what was seen last.</p>}
    </section>
  );
}
