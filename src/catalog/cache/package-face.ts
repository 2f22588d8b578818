import { Buffer } from 'node:buffer';
import { type OncePer, oncePer } from '../../base/once-per.ts';
import { foldedField, readDeprecations, textField } from '../blob-fields.ts';
import { isJsonObject } from '../raw-json.ts';
import type { Blob, CatalogPackage } from '../types.ts';
import { escapeHtml, formatText, joinFields } from './format-go.ts';

/** What a package shows of itself. */
export interface PackageFace {
  readonly description: string;
  readonly icon: PackageIcon | null;
}

export interface PackageIcon {
  /** Base64 as Go writes it; null where the icon has none. */
  readonly data: string | null;
  readonly mediaType: string;
}

export function readFace({ packages: [head] }: CatalogPackage): PackageFace {
  return head === undefined ? NO_FACE : readBlobFace(head);
}

const NO_FACE: PackageFace = { description: '', icon: null };

/** What an `olm.package` blob says of its package. */
export const readBlobFace: OncePer<Blob, PackageFace> = oncePer(({ value }) => {
  const icon = foldedField(value, 'icon');
  return {
    description: textField(value, 'description'),
    icon: isJsonObject(icon)
      ? {
          data: readBase64(textOrNull(icon, 'base64data')),
          mediaType: textOrNull(icon, 'mediatype') ?? '',
        }
      : null,
  };
});

function textOrNull(value: Parameters<typeof foldedField>[0], key: string): string | null {
  const field = foldedField(value, key);
  return typeof field === 'string' ? field : null;
}

// Go decodes it and encodes it again: line breaks go, and bits that no byte holds.
function readBase64(text: string | null): string | null {
  return text === null ? null : Buffer.from(text, 'base64').toString('base64');
}

/** The message with which a package deprecates itself, a channel or a bundle; null for none. */
export function findDeprecation(
  pkg: CatalogPackage,
  schema: 'olm.package' | 'olm.channel' | 'olm.bundle',
  name: string,
): string | null {
  for (const blob of pkg.deprecations)
    for (const entry of readDeprecations(blob))
      if (entry.schema === schema && entry.name === name) return entry.message;
  return null;
}

export function formatDeprecation(message: string | null): string | null {
  return message === null ? null : escapeHtml(joinFields([['message', formatText(message)]]));
}
