import { cleanLine } from './clean-line.ts';

const TEXT: unique symbol = Symbol('HTML');

/** A piece of HTML. Only the template `html` makes one, and it escapes every text that it is given. */
export interface Html {
  readonly [TEXT]: string;
}

type Value = string | number | Html | readonly Html[];

/** HTML whose values are text, wherever they stand: between tags, or in an attribute between double quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  const text = strings.map((part, i) => {
    const value = values[i];
    return value === undefined ? part : part + formatValue(value);
  });
  return { [TEXT]: text.join('') };
}

/** The text of a whole document. */
export function formatHtml(document: Html): string {
  return document[TEXT];
}

/** Text that no reader of HTML takes for markup. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function formatValue(value: Value): string {
  if (typeof value === 'string') return escapeHtml(cleanLine(value));
  if (typeof value === 'number') return `${value}`;
  return TEXT in value ? value[TEXT] : value.map((own) => own[TEXT]).join('');
}
