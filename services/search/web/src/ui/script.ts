// How a text is set and read aloud: by its own language, whatever the page's is.

export interface Script {
  lang: string | undefined;
  dir: 'ltr' | 'rtl' | 'auto';
}

const rightToLeft = new Set(['Adlm', 'Arab', 'Hebr', 'Mand', 'Nkoo', 'Rohg', 'Samr', 'Syrc', 'Thaa', 'Yezi']);

// No language, several, none that is known.
const untold = new Set(['', 'und', 'mul', 'mis', 'zxx']);

const known = new Map<string, Script>();

/** Attributes of a text in a language; by its first letter where that isn't known. */
export function scriptOf(language: string | undefined): Script {
  const tag = language ?? '';
  let script = known.get(tag);
  if (!script) {
    script = untold.has(tag) ? { lang: undefined, dir: 'auto' } : of(tag);
    known.set(tag, script);
  }
  return script;
}

function of(tag: string): Script {
  try {
    const { script } = new Intl.Locale(tag).maximize();
    if (script === undefined) return { lang: tag, dir: 'auto' };
    return { lang: tag, dir: rightToLeft.has(script) ? 'rtl' : 'ltr' };
  } catch {
    return { lang: undefined, dir: 'auto' };
  }
}
