import { brotliCompressSync, constants } from 'node:zlib';
import { expect, it } from 'vitest';
import { MAX_TEXT_BYTES, compress, decompress } from '../../src/cache/codec.ts';

it('Text comes back as it was, and is smaller in between', () => {
  const text = 'Grüße, 日本語. '.repeat(100);
  const compressed = compress(Buffer.from(text));
  expect(compressed.length).toBeLessThan(Buffer.byteLength(text) / 10);
  expect(decompress(compressed)).toBe(text);
});

it('Nothing unfolds to more than 16 MiB, however small it is', () => {
  const zeros = (bytes: number) =>
    brotliCompressSync(Buffer.alloc(bytes), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
  expect(decompress(zeros(MAX_TEXT_BYTES))).toHaveLength(16 * 1024 * 1024);
  expect(() => decompress(zeros(MAX_TEXT_BYTES + 1))).toThrow('16777216 bytes');
});
