import { forHtml } from '../core/text.ts';

/** Markup. Text becomes part of it only through `html`, which makes it harmless. */
export interface Html {
  readonly markup: string;
}

type Value = Html | string | number | readonly Html[];

/** A template whose values are text, unless they are markup already. Good for elements and double-quoted attributes. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  const markup = strings.reduce((text, string, i) => text + markupOf(values[i - 1] ?? '') + string);
  return { markup };
}

function markupOf(value: Value): string {
  if (typeof value === 'string') return forHtml(value);
  if (typeof value === 'number') return String(value);
  return 'markup' in value ? value.markup : value.map(({ markup }) => markup).join('\n');
}

/** Markup that was made elsewhere, its text through core/text.ts. */
export function trusted(markup: string): Html {
  return { markup };
}

export const NOTHING: Html = { markup: '' };
