import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { it } from 'node:test';
import fc from 'fast-check';
import { createLineIndex } from '../../src/catalog/line-index.ts';

it('createLineIndex gives the line of every offset', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('\n', 'a', '\r\n', 'ü')), (parts) => {
      const bytes = Buffer.from(parts.join(''));
      const { lineAt } = createLineIndex(bytes);
      for (let offset = 0; offset <= bytes.length; offset += 1)
        assert.equal(lineAt(offset), bytes.toString('latin1', 0, offset).split('\n').length);
    }),
  );
});
