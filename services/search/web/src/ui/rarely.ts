import { useEffect, useRef, useState } from 'react';

/** A value that follows another, at most once in so many milliseconds. */
export function useRarely<T>(value: T, every: number): T {
  const [followed, follow] = useState(value);
  const last = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    if (Object.is(value, followed)) return undefined;
    const wait = Math.max(0, last.current + every - performance.now());
    const timer = setTimeout(() => {
      last.current = performance.now();
      follow(value);
    }, wait);
    return () => clearTimeout(timer);
  }, [value, followed, every]);
  return followed;
}
