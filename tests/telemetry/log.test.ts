import { describe, expect, it } from 'vitest';
import { traceId } from '../../src/config/trace-id.ts';
import { createLog, type LogOptions } from '../../src/telemetry/log.ts';

function logging(options: LogOptions = {}) {
  const lines: string[] = [];
  return { lines, log: createLog({ ...options, write: (line) => lines.push(line) }) };
}

describe('The log', () => {
  it('has a line of JSON for each entry, with what is known of the request', () => {
    const { lines, log } = logging({ context: () => ({ requestId: 'r-1', traceId: undefined }) });
    log({ level: 'WARN', message: 'Slow.', code: 'SLOW' });
    expect(lines).toEqual(['{"level":"WARN","message":"Slow.","requestId":"r-1","code":"SLOW"}']);
  });

  it.each([
    ['DEBUG', ['DEBUG', 'INFO', 'WARN', 'ERROR']],
    ['INFO', ['INFO', 'WARN', 'ERROR']],
    ['WARN', ['WARN', 'ERROR']],
    ['ERROR', ['ERROR']],
  ] as const)('drops what is below %s', (level, kept) => {
    const { lines, log } = logging({ level });
    for (const each of ['DEBUG', 'INFO', 'WARN', 'ERROR']) log({ level: each, message: 'x' });
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(kept);
  });

  it('takes an entry without a level for information, and keeps levels that it does not know', () => {
    const { lines, log } = logging();
    log({ message: 'a' });
    log({ level: 'FATAL', message: 'b' });
    expect(lines).toEqual(['{"level":"INFO","message":"a"}', '{"level":"FATAL","message":"b"}']);
  });

  it('says that a message is left out', () => {
    const { lines, log } = logging();
    log({ level: 'ERROR', error: 'TypeError', message: undefined });
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'ERROR',
      message: 'The message of this error is left out, because it may quote a value.',
      error: 'TypeError',
    });
  });

  it('is text for people, with the stack and the cause below', () => {
    const { lines, log } = logging({ format: 'text' });
    const cause = { error: 'TimeoutError', message: 'No answer.' };
    log({ level: 'WARN', message: 'Down.', code: 'DOWN', count: 2, none: undefined, stack: ['at a', 'at b'], cause });
    expect(lines).toEqual(['WARN  Down. code=DOWN count=2\n    at a\n    at b\n  cause No answer. error=TimeoutError']);
  });

  it('fails nobody, where an entry can not be written', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const { lines, log } = logging();
    log({ level: 'ERROR', message: 'a', circular });
    const broken = createLog({
      write: () => {
        throw new Error('The pipe is closed.');
      },
    });
    broken({ level: 'ERROR', message: 'a' });
    expect(lines).toEqual([]);
  });
});

describe("The trace's id", () => {
  const ROOT = '1-5759e988-bd862e3fe1be46a994272793';

  it.each([`Root=${ROOT};Parent=53995c3f42cd8ad8;Sampled=1`, `Self=1;Root=${ROOT}`])('is the root of %s', (header) => {
    expect(traceId({ _X_AMZN_TRACE_ID: header })).toBe(ROOT);
  });

  it.each([undefined, '', 'Root=rubbish', `NoRoot=${ROOT}`])('is none of %s', (header) => {
    expect(traceId(header === undefined ? {} : { _X_AMZN_TRACE_ID: header })).toBeUndefined();
  });
});
