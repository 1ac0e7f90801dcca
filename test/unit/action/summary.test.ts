import { describe, expect, it } from 'vitest';
import { parseInputs } from '../../../src/action/inputs.ts';
import { renderRefusal } from '../../../src/action/summary.ts';
import { MAX_SUMMARY_BYTES } from '../../../src/action/summary-file.ts';
import { SKIP_WORDS } from '../../../src/action/summary-words.ts';
import type { PlannedKey } from '../../../src/core/plan.ts';
import type { Tally } from '../../../src/core/report.ts';
import type { RestoreRequest } from '../../../src/core/request.ts';
import type { SkipReason } from '../../../src/core/target.ts';
import { expectTamed, html, render, summaryOf, text, unbalanced } from './summary-support.ts';
import { failure, key, NASTY_KEYS, NOW, requestOf, resultOf } from './support.ts';

const restored =
  (n: number, folder = 'site/') =>
  (tally: Tally) => {
    for (let i = 0; i < n; i++) key(tally, `${folder}${i}.html`, { kind: 'restored' });
  };

describe('the verdict comes first', () => {
  const error = { code: 'bucket-not-found', message: 'bucket "my-site" does not exist', hint: 'Check the name' };
  it.each<[verdict: string, over: Partial<RestoreRequest>, fill: (tally: Tally) => void, error?: typeof error]>([
    ['✅ 2,500 keys restored in my-site under site/', {}, restored(2500)],
    [
      '✅ 1 key restored in my-site',
      { scope: { bucket: 'my-site', prefix: '', include: [], exclude: [] } },
      restored(1),
    ],
    [
      '✅ 1 key restored in my-site, key site/0.html',
      { scope: { bucket: 'my-site', key: 'site/0.html', prefix: '', include: [], exclude: [] } },
      restored(1),
    ],
    [
      '✅ Nothing to do in my-site under site/',
      {},
      (tally) => {
        tally.totals.keysExamined = 5;
        tally.totals.unchanged = 5;
      },
    ],
    ['⚠️ No key found in my-site under site/', {}, () => {}],
    [
      '📝 Dry run: 3 keys would be restored in my-site under site/',
      { dryRun: true },
      (t) =>
        ['a', 'b', 'c'].forEach((k) => {
          key(t, k);
        }),
    ],
    [
      '✅ Dry run: nothing to do in my-site under site/',
      { dryRun: true },
      (tally) => {
        tally.totals.keysExamined = 5;
        tally.totals.unchanged = 5;
      },
    ],
    [
      '⚠️ 2 of 4 keys restored in my-site under site/: 1 failed, 1 conflict',
      {},
      (tally) => {
        restored(2)(tally);
        key(tally, 'site/x', failure('A', 'b'));
        key(tally, 'site/y', { kind: 'conflict', found: 'z' });
      },
    ],
    ['❌ No key restored in my-site under site/: 1 failed', {}, (tally) => key(tally, 'site/x', failure('A', 'b'))],
    ['❌ Refused: nothing was changed in my-site under site/', {}, () => {}, error],
    ['❌ Dry run refused: nothing was changed in my-site under site/', { dryRun: true }, () => {}, error],
    [
      '❌ Stopped: 1 of 2 keys restored in my-site under site/',
      {},
      (tally) => {
        restored(1)(tally);
        key(tally, 'site/x', { kind: 'skipped', reason: 'not-attempted' });
      },
      error,
    ],
    [
      '⚠️ Cancelled: 1 of 2 keys restored in my-site under site/',
      {},
      (tally) => {
        restored(1)(tally);
        key(tally, 'site/x', { kind: 'skipped', reason: 'not-attempted' });
      },
      { ...error, code: 'cancelled' },
    ],
  ])('%s', (verdict, over, fill, stopped) => {
    const [first] = summaryOf(over, fill, stopped).split('\n');
    expect(text(first ?? '').trim()).toBe(verdict);
  });
});

describe('what it holds', () => {
  it('counts, what was asked, prefixes, first keys, requests, files, how to take it back', () => {
    const summary = summaryOf({}, (tally) => {
      restored(1500, 'site/img/')(tally);
      restored(1000, 'site/css/')(tally);
    });
    expect(text(summary)).toMatch(/Planned Restored Unchanged Skipped Conflicts Failed 2,500 2,500 0 0 0 0/);
    expect(text(summary)).toMatch(
      /Examined 2,500 keys, 5,000 versions and delete markers Started 2026-11-22 14:00:00 UTC, took 12 s/,
    );
    expect(text(summary)).toMatch(/By prefix Prefix Planned .* site\/img\/ 1,500 1,500 site\/css\/ 1,000 1,000 /);
    expect(text(summary)).toContain('Keys of the plan (showing 20 of 2,500)');
    expect(text(summary)).toContain('site/img/0.html deleted version-id remove the delete marker');
    expect(text(summary)).toMatch(
      /To take it back operation: undo with this journal-file: \/tmp\/run\/\S+ .* 2,500 delete markers removed: each key gets a new one/,
    );
    expect(text(summary)).toMatch(/Requests: 3, estimated under \$0\.0001 .*LIST 2 under \$0\.0001 DELETE 1 free/);
    expect(text(summary)).toContain('/tmp/run/plan.jsonl, digest sha256:0123456789ab…');
    expect(text(summary)).not.toMatch(/To carry it out|Failures|Skipped [^C]|Worth knowing/);
  });

  it('a dry run: how to carry it out, nothing to take back, no columns of what did not happen', () => {
    const summary = text(
      summaryOf({ dryRun: true }, (tally) => {
        key(tally, 'site/a/x');
        key(tally, 'site/b/x');
        tally.steps['remove-delete-marker'] = 2;
      }),
    );
    expect(summary).toMatch(
      /To carry it out Exactly this plan: operation: apply with this plan-file .* and plan-digest sha256:[0-9a-f]{64}/,
    );
    expect(summary).toContain('Run the same step without dry-run: true.');
    expect(summary).toMatch(/By prefix Prefix Planned site\/a\/ 1 site\/b\/ 1/);
    expect(summary).not.toContain('To take it back');
  });

  it('why it was refused, and the mend, before anything else', () => {
    const summary = text(
      summaryOf({}, () => {}, { code: 'no-versioning', message: 'versioning is off', hint: 'Turn it on' }),
    );
    expect(summary).toMatch(/site\/ Why versioning is off\. What to do Turn it on\. Code no-versioning Planned/);
  });

  it('every reason to skip, in plain words', () => {
    const reasons = Object.keys(SKIP_WORDS) as SkipReason[];
    const summary = summaryOf({}, (tally) => {
      for (const reason of reasons) key(tally, reason, { kind: 'skipped', reason });
    });
    for (const reason of reasons) expect(summary).toContain(`<code>${reason}</code></td><td align="right">1</td>`);
  });

  it('failures by code with the mend, then keys; conflicts with what was found', () => {
    const summary = text(
      summaryOf({}, (tally) => {
        for (let i = 0; i < 150; i++) key(tally, `site/f${i}`, failure('AccessDenied', 'not allowed', 'Grant it'));
        key(tally, 'site/g', failure('SlowDown', 'slow', ''));
        key(tally, 'site/c', { kind: 'conflict', found: 'a newer version' });
      }),
    );
    expect(summary).toMatch(/AccessDenied 150 not allowed\. Grant it\. SlowDown 1 slow\./);
    expect(summary).toContain('Failed keys (showing 100 of 151)');
    expect(summary).toContain('site/c a newer version');
  });

  it('every way to take back what was done, and what cannot be', () => {
    const summary = text(
      summaryOf(
        { operation: 'rollback', target: { kind: 'time', at: NOW }, method: 'delete', maxDeletes: 9 },
        (tally) => {
          restored(1)(tally);
          Object.assign(tally.steps, { 'copy-version': 2, 'add-delete-marker': 1, 'delete-version': 3 });
        },
      ),
    );
    expect(summary).toMatch(
      /1 delete marker removed.*2 versions copied on top.*1 delete marker added.*3 versions deleted for good: these cannot come back/,
    );
    expect(summary).toContain('/tmp/run/journal.jsonl');
    expect(summary).toContain('(at most 9 versions)');
  });

  it.each<[words: string, target: RestoreRequest['target']]>([
    ['the state at 2026-11-22 14:00:00 UTC', { kind: 'time', at: NOW }],
    ['the newest version', { kind: 'versions-back', count: 0 }],
    ['2 versions back', { kind: 'versions-back', count: 2 }],
    ['version abc', { kind: 'version', versionId: 'abc' }],
    ['the newest version, if deleted at 2026-11-22 14:00:00 UTC or later', { kind: 'undelete', after: NOW }],
    ['the newest version, if deleted at 2026-11-22 14:00:00 UTC or earlier', { kind: 'undelete', before: NOW }],
    [
      'the newest version, if deleted from 2026-11-22 14:00:00 UTC to 2026-11-22 14:00:01 UTC',
      { kind: 'undelete', after: NOW, before: NOW + 1000 },
    ],
  ])('back to: %s', (words, target) => {
    expect(text(summaryOf({ operation: 'rollback', target }, restored(1)))).toContain(`Back to ${words} `);
  });

  it('more prefixes than are shown', () => {
    const some = text(
      summaryOf({}, (tally) =>
        [...Array(30).keys()].forEach((i) => {
          restored(1, `site/${i}/`)(tally);
        }),
      ),
    );
    expect(some).toMatch(/By prefix \(showing 20 of 30\).*all others 10 10 /);
    const many = text(
      summaryOf({}, (tally) =>
        [...Array(600).keys()].forEach((i) => {
          restored(1, `site/${i}/`)(tally);
        }),
      ),
    );
    expect(many).toMatch(/By prefix \(showing 20 of more than 500\).*all others 580 580 /);
  });

  it('globs, as many as fit', () => {
    const include = [...Array(30).keys()].map((i) => `site/${i}/**`);
    const summary = text(summaryOf({ scope: { bucket: 'b', prefix: '', include, exclude: ['tmp/**'] } }, restored(1)));
    expect(summary).toMatch(/Only site\/0\/\*\*, .*\(showing 20 of 30\) Except tmp\/\*\*/);
  });

  it('what each step does, in words', () => {
    const lines: [words: string, steps: PlannedKey['steps']][] = [
      [
        'remove 2 delete markers',
        [
          { do: 'remove-delete-marker', versionId: 'a' },
          { do: 'remove-delete-marker', versionId: 'b' },
        ],
      ],
      ['copy that version on top', [{ do: 'copy-version', versionId: 'a' }]],
      [
        'delete 1 newer version for good, remove the delete marker',
        [
          { do: 'delete-version', versionId: 'a' },
          { do: 'remove-delete-marker', versionId: 'b' },
        ],
      ],
      ['add a delete marker', [{ do: 'add-delete-marker' }]],
    ];
    const summary = text(
      summaryOf({}, (tally) => {
        for (const [words, steps] of lines) {
          key(tally, words);
          const sample = tally.samples.pop();
          if (sample !== undefined) tally.samples.push({ ...sample, steps });
        }
      }),
    );
    for (const [words] of lines) expect(summary).toContain(`version-id ${words} `);
  });
});

describe('what GitHub drops when it is too large', () => {
  /** As bad as it gets: every list full, every text long and made of what takes most bytes. */
  const request = requestOf();
  const worst = resultOf(request, (tally) => {
    for (let i = 0; i < 1500; i++) {
      const name = `site/${i}/${'\u0001"&@'.repeat(250)}`;
      key(
        tally,
        name,
        i % 2 === 0
          ? failure(`Code${i}${'\u0001'.repeat(90)}`, '\u0001@'.repeat(2000))
          : { kind: 'conflict', found: '\u0001@'.repeat(2000) },
      );
    }
    for (let i = 0; i < 3; i++) tally.notes.add(`${i}${'\u0001@'.repeat(1000)}`);
  });

  it('is within the limit, and says what it does not show', () => {
    const summary = render(request, worst);
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(MAX_SUMMARY_BYTES);
    expect(text(summary)).toMatch(/Failed keys \(showing \d+ of 750\)/);
  });

  it.each([500_000, 300_000, 150_000, 100_000, 20_000, 2_000, 500, 100, 10])(
    '%i bytes: fits, balanced, honest',
    (maxBytes) => {
      const summary = render(request, worst, maxBytes);
      expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(maxBytes);
      if (summary === '') return;
      expect(summary).toContain('750 failed');
      expect(unbalanced(html(summary))).toEqual([]);
      if (summary.includes('Failures')) expect(summary).toMatch(/showing \d+ of 750/);
    },
  );

  it('degrades step by step', () => {
    const sizes = [MAX_SUMMARY_BYTES, 250_000, 120_000, 2_000, 300].map((max) =>
      Buffer.byteLength(render(request, worst, max)),
    );
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(new Set(sizes).size).toBe(5);
  });
});

describe('text from outside', () => {
  /** A run in which the text is everywhere where text from outside may be. */
  function everywhere(word: string): string {
    const request = requestOf({
      operation: 'rollback',
      target: { kind: 'version', versionId: word },
      scope: { bucket: word, prefix: word, include: [word], exclude: [word] },
      planFile: word,
      journalFile: word,
      reportFile: word,
    });
    const fill = (tally: Tally) => {
      key(tally, `a/${word}/`, failure(word, word, word));
      key(tally, `b/${word}/`, { kind: 'conflict', found: word });
      key(tally, word, { kind: 'restored' });
      tally.notes.add(word);
    };
    return render(request, resultOf(request, fill, { code: word, message: word, hint: word }));
  }

  it.each(NASTY_KEYS.map((word) => [JSON.stringify(word).slice(0, 60), word] as const))('%s', (_, word) => {
    expectTamed(everywhere, word);
  });
});

describe('inputs that were refused', () => {
  const refusal = (inputs: Record<string, string>) => {
    try {
      parseInputs(inputs, NOW);
    } catch (error) {
      return renderRefusal(error, MAX_SUMMARY_BYTES);
    }
    return '';
  };

  it('a row for each problem, with its mend', () => {
    const summary = text(
      refusal({ INPUT_OPERATION: 'undelet', INPUT_BUCKET: 's3://my-bucket', INPUT_KEY: 'a', AWS_REGION: 'x' }),
    );
    expect(summary).toMatch(/^ ?❌ Refused: nothing was changed/);
    expect(summary).toMatch(
      /operation "undelet" is not known\. Use one of: undelete, rollback, recover, apply, undo, guard, history, download\. Did you mean undelete\?/,
    );
    expect(summary).toMatch(/bucket "s3:\/\/my-bucket" is a URL/);
  });

  it.each(NASTY_KEYS.map((word) => [JSON.stringify(word).slice(0, 60), word] as const))('with %s', (_, word) => {
    const page = html(
      refusal({ INPUT_OPERATION: word, INPUT_BUCKET: word, 'INPUT_TO-TIME': word, INPUT_REGION: word }),
    );
    expect(unbalanced(page)).toEqual([]);
    expect(page).not.toMatch(/<(a|img|h1|script|strong|em|s|input)\b/);
  });

  it('an error of another kind', () => {
    expect(text(renderRefusal(new Error('boom'), MAX_SUMMARY_BYTES))).toContain('Why boom.');
    expect(renderRefusal(new Error('boom'), 10)).toBe('');
  });
});
