// The query language and the keys, on demand.
import { Button, Dialog, Heading, Modal, ModalOverlay, Switch } from 'react-aria-components';
import { seesEmbargoes } from '../opened';
import { CloseIcon } from '../ui/icons';
import { keysSetting } from '../ui/keys';
import { useStored } from '../ui/useStored';
import { fields, syntax } from './language';
import './help.css';

const pressed: readonly (readonly [string, string])[] = [
  ['/', 'to the query box'],
  ['j k', 'next, previous article'],
  ['o', 'open the article, and go to its text'],
  ['Esc', 'close the article'],
  ['n', 'show what is new'],
  ['p', 'pause what comes in, and go on'],
  ['f', 'filters'],
  ['t', 'timeline'],
  ['m', 'map'],
  ['s', 'save this search'],
  ...(seesEmbargoes ? ([['e', 'what is under an embargo, and back to the articles']] as const) : []),
  ['?', 'this help'],
];

export function Help({ open, close }: { open: boolean; close: () => void }) {
  const [keys, setKeys] = useStored(keysSetting, 'on');
  return (
    <ModalOverlay className="veil" isOpen={open} onOpenChange={(o) => !o && close()} isDismissable>
      <Modal className="modal">
        <Dialog className="help">
          <div className="help-head">
            <Heading slot="title">How to search</Heading>
            <Button className="button plain icon" slot="close" aria-label="Close">
              <CloseIcon />
            </Button>
          </div>
          <dl className="syntax">
            {syntax.map(([write, means]) => (
              <div key={write}>
                <dt>
                  <code>{write}</code>
                </dt>
                <dd>{means}</dd>
              </div>
            ))}
          </dl>
          <h3>Fields</h3>
          <dl className="syntax fields">
            {fields.map((f) => (
              <div key={f.name}>
                <dt>
                  <code>{f.example}</code>
                </dt>
                <dd>{f.finds}</dd>
              </div>
            ))}
          </dl>
          <h3>Keys</h3>
          <dl className="syntax keys">
            {pressed.map(([key, does]) => (
              <div key={key}>
                <dt>
                  {key.split(' ').map((k) => (
                    <kbd key={k}>{k}</kbd>
                  ))}
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
          <Switch className="switch" isSelected={keys === 'on'} onChange={(on) => setKeys(on ? 'on' : 'off')}>
            <span className="switch-track" />
            Single keys do something
          </Switch>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
