import { lazy, Suspense } from 'react';
import { useAddress } from './address';
import { Header } from './Header';
import { SearchView } from './search/SearchView';
import './app.css';

const Operator = lazy(() => import('./operator/Operator'));

export function App() {
  const address = useAddress();
  const operator = address.get('view') === 'operator';
  return (
    <div className="page">
      <a className="skip" href="#main">
        To the articles
      </a>
      <Header />
      {operator ? (
        <Suspense fallback={<main id="main" className="operator" aria-busy="true" />}>
          <Operator />
        </Suspense>
      ) : (
        <SearchView />
      )}
    </div>
  );
}
