import { applyTheme, type Theme, themes } from './theme';
import { useStored } from './useStored';

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useStored('theme', 'system');
  return [
    themes.find((t) => t === theme) ?? 'system',
    (to) => {
      setTheme(to);
      applyTheme(to);
    },
  ];
}
