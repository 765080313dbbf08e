// Keeps what fails in one part of the page from taking the rest with it.
import { Component, type ReactNode } from 'react';
import { Button } from './Button';

interface Props {
  children: ReactNode;
}

export class Guarded extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <section className="message" role="alert">
        <h2>This can’t be shown</h2>
        <p>The page may be older than the service. What you search for stands in the address, and stays.</p>
        <Button className="button" onPress={() => location.reload()}>
          Load the page anew
        </Button>
      </section>
    );
  }
}
