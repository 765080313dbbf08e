// Keeps what fails in one part of the page from taking the rest with it.
import { Component, type ReactNode } from 'react';
import { Button } from './Button';

interface Props {
  children: ReactNode;
  /** What stands there instead; without it, what can be done. */
  instead?: ReactNode;
}

export class Guarded extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    if (this.props.instead !== undefined) return this.props.instead;
    return (
      <section className="message" role="alert">
        <h2>This can’t be shown</h2>
        <p>The page may be older than the service. What you search for stands in the address, and stays.</p>
        <Anew button />
      </section>
    );
  }
}

/** Loads the page anew. */
export const Anew = ({ button = false }: { button?: boolean }) => (
  <Button className={button ? 'button' : 'quiet'} onPress={() => location.reload()}>
    Load the page anew
  </Button>
);
