import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLog, MAX_ANNOTATIONS } from '../../../src/action/log.ts';
import { PROGRESS_EVERY_MS } from '../../../src/action/progress.ts';
import { forLog } from '../../../src/core/text.ts';
import { commandsIn, NASTY_KEYS } from './support.ts';

/** What really reaches the runner, through @actions/core. */
let output = '';

beforeEach(() => {
  output = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A clock that tests set, in milliseconds. */
function clock() {
  let at = 1_000_000;
  return {
    now: () => at,
    pass(ms: number) {
      at += ms;
    },
  };
}

describe('groups', () => {
  it('close each other, and are closed at the end', () => {
    const log = createLog(() => 0);
    log.phase('one');
    log.say('in one');
    log.phase('two');
    log.end();
    log.end();
    expect(output.trim().split('\n')).toEqual([
      '::group::one',
      'in one',
      '::endgroup::',
      '::group::two',
      '::endgroup::',
    ]);
  });

  it('are closed before an error, which would not be seen in one', () => {
    const log = createLog(() => 0);
    log.phase('one');
    log.error('broken', 'code');
    log.end();
    expect(commandsIn(output)).toEqual(['group', 'endgroup', 'error']);
  });
});

describe('progress', () => {
  it('is silent on short work', () => {
    const { now, pass } = clock();
    const log = createLog(now);
    log.phase('short');
    for (let i = 0; i < 100; i++) {
      pass((PROGRESS_EVERY_MS - 1) / 100);
      log.progress(i, 100, 'keys');
    }
    expect(output).toBe('::group::short\n');
  });

  it('shows count, rate and time left, once in a while', () => {
    const { now, pass } = clock();
    const log = createLog(now);
    log.phase('long');
    output = '';
    for (let i = 1; i <= 100; i++) {
      pass(PROGRESS_EVERY_MS / 10);
      log.progress(i * 1200, 240_000, 'keys restored');
    }
    const lines = output.trim().split('\n');
    expect(lines).toHaveLength(10);
    expect(lines[0]).toBe('12,000 of 240,000 keys restored (5%), 2,400 a second, about 1 min 35 s left');
  });

  it('without a total, and with little done', () => {
    const { now, pass } = clock();
    const log = createLog(now);
    log.phase('long');
    output = '';
    pass(10_000);
    log.progress(5, undefined, 'versions listed');
    pass(10_000);
    log.progress(0, 10, 'keys');
    expect(output).toBe('5 versions listed, 0.5 a second\n0 of 10 keys (0%), 0.0 a second\n');
  });

  it('measures each phase from its own start', () => {
    const { now, pass } = clock();
    const log = createLog(now);
    log.phase('one');
    pass(60_000);
    log.phase('two');
    output = '';
    pass(PROGRESS_EVERY_MS);
    log.progress(50, 100, 'keys');
    expect(output).toBe('50 of 100 keys (50%), 10 a second, about 5.0 s left\n');
  });
});

describe('annotations', () => {
  it('never more than the runner records; the last says how many more there are; all are in the log', () => {
    const log = createLog(() => 0);
    for (let i = 1; i <= 25; i++) log.error(`problem ${i}`, `code ${i}`);
    log.end();
    const lines = output.split('\n').filter((line) => line.startsWith('::error'));
    expect(lines).toHaveLength(MAX_ANNOTATIONS);
    expect(lines.at(-1)).toBe('::error title=code 10::problem 10%0A… and 15 more, see the log of this step.');
    for (let i = 1; i <= 25; i++) expect(output).toContain(`problem ${i}`);
  });

  it('exactly as many as fit are all annotations', () => {
    const log = createLog(() => 0);
    for (let i = 1; i <= MAX_ANNOTATIONS; i++) log.warning(`w${i}`);
    log.end();
    expect(commandsIn(output)).toEqual(Array(MAX_ANNOTATIONS).fill('warning'));
    expect(output).not.toContain('more');
  });

  it('errors and warnings are counted apart', () => {
    const log = createLog(() => 0);
    for (let i = 0; i < 9; i++) log.error('e');
    log.warning('w');
    log.end();
    expect(commandsIn(output).filter((name) => name === 'warning')).toHaveLength(1);
  });

  it('are cut to what the runner takes', () => {
    const log = createLog(() => 0);
    log.error('x'.repeat(10_000));
    expect(output.length).toBeLessThan(4_200);
  });
});

describe('text from outside', () => {
  const allowed = new Set(['group', 'endgroup', 'error', 'warning', 'debug']);

  it.each(NASTY_KEYS.map((key) => [JSON.stringify(key).slice(0, 60), key] as const))('%s is no command', (_, key) => {
    const log = createLog(() => 0);
    // Escaped as it should be, and forgotten to.
    for (const text of [forLog(key), key, `${key}\n${key}`]) {
      log.phase(text);
      log.say(text);
      log.say(`key ${text}`);
      log.debug(text);
      for (let i = 0; i < MAX_ANNOTATIONS + 2; i++) {
        log.warning(text, text);
        log.error(text, text);
      }
    }
    log.end();
    const found = commandsIn(output);
    expect(found.filter((name) => !allowed.has(name))).toEqual([]);
    expect(found.filter((name) => name === 'error')).toHaveLength(MAX_ANNOTATIONS);
    expect(found.filter((name) => name === 'group')).toHaveLength(3);
  });
});
