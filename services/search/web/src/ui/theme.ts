// Light, dark, or as the system has it; kept in this browser.
import { stored } from './stored';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

export function applyTheme(theme: string | null = stored('theme')): void {
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}
