// The operator's view. Loaded on demand: readers never pay for it.
import { useEffect } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { go, useAddress } from '../address';
import { may } from '../opened';
import { Letters } from './Letters';
import { Sources } from './Sources';
import { Stages } from './Stages';
import './operator.css';

const parts = [
  { id: 'stages', label: 'Stages', Part: Stages },
  { id: 'sources', label: 'Sources', Part: Sources },
  { id: 'letters', label: 'Dead letters', Part: Letters },
];

export default function Operator() {
  const address = useAddress();
  useEffect(() => {
    document.title = 'Operator’s view – Copytaster';
  }, []);
  if (!may('operate')) {
    return (
      <main id="main" className="operator" tabIndex={-1}>
        <section className="message">
          <h2>Not for everybody</h2>
          <p>Operators see here how the stages do. It takes a key, or a role, with the scope “operate”.</p>
        </section>
      </main>
    );
  }
  const part = address.get('part') ?? 'stages';
  return (
    <main id="main" className="operator" tabIndex={-1}>
      <Tabs
        className="parts"
        selectedKey={parts.some((p) => p.id === part) ? part : 'stages'}
        onSelectionChange={(id) => go({ part: id === 'stages' ? null : String(id), letter: null })}
      >
        <TabList className="parts-list" aria-label="Operator’s view">
          {parts.map((p) => (
            <Tab key={p.id} id={p.id} className="part">
              {p.label}
            </Tab>
          ))}
        </TabList>
        {parts.map(({ id, Part }) => (
          <TabPanel key={id} id={id} className="part-panel">
            <Part />
          </TabPanel>
        ))}
      </Tabs>
    </main>
  );
}
