import { describe, expect, it } from 'vitest';
import type { PlannedKey } from '../../../src/core/plan.ts';
import { countOutcome, countPlanned, type Tally } from '../../../src/core/report.ts';
import type { DownloadRequest, RestoreRequest } from '../../../src/core/request.ts';
import { expectTamed, html, render, summaryOf, text, unbalanced } from './summary-support.ts';
import { downloadOf, failure, key, NASTY_KEYS, NOW, resultOf } from './support.ts';

/** Summaries of runs with several buckets, with copies that go elsewhere, with archives; and of downloads. */

const MANIFEST: RestoreRequest['manifest'] = {
  location: { file: '/home/runner/space/rows.csv' },
  given: 'rows.csv',
  format: 'auto',
};
const ANY_BUCKET = { prefix: '', include: [], exclude: [] };
const BY_ROWS: Partial<RestoreRequest> = {
  operation: 'rollback',
  manifest: MANIFEST,
  scope: ANY_BUCKET,
  target: { kind: 'rows' },
};
const QUARANTINE: Partial<RestoreRequest> = {
  operation: 'rollback',
  target: { kind: 'time', at: NOW },
  destination: { bucket: 'quarantine', prefix: 'old/' },
};

type Copies = Partial<PlannedKey> & Pick<PlannedKey, 'bucket' | 'key' | 'steps'>;

/** A planned key that is carried out. */
function copied(tally: Tally, line: Copies, outcome: Parameters<typeof countOutcome>[3] = { kind: 'restored' }): void {
  const whole: PlannedKey = {
    from: { versionId: 'current-id', deleteMarker: false, etag: 'e' },
    to: { versionId: 'old-id' },
    ...line,
  };
  tally.totals.keysExamined += 1;
  tally.totals.entriesExamined += 2;
  countPlanned(tally, whole, '');
  tally.samples.push(whole);
  if (outcome.kind === 'restored') for (const step of whole.steps) tally.steps[step.do] += 1;
  countOutcome(tally, whole.bucket, whole.key, outcome, '');
}

const copy = (versionId: string, more: object = {}) => ({ do: 'copy-version', versionId, ...more }) as const;
const from = (bucket: string, key: string) => ({ source: { bucket, key } });

describe('a manifest of two buckets', () => {
  const summary = summaryOf(BY_ROWS, (tally) => {
    copied(tally, { bucket: 'site-eu', key: 'a.html', steps: [copy('v1')] });
    copied(tally, { bucket: 'site-us', key: 'a.html', steps: [copy('v1'), copy('v2'), copy('v3')] });
    copied(tally, { bucket: 'site-us', key: 'b.html', steps: [copy('v4', { multipart: 6e9 })] });
    copied(tally, { bucket: 'site-us', key: 'c.html', steps: [copy('v5')] }, failure('AccessDenied', 'no'));
    copied(tally, { bucket: 'site-eu', key: 'd.html', steps: [copy('v6')] }, { kind: 'conflict', found: 'newer' });
  });
  const shown = text(summary);

  it('says which manifest, and whose buckets', () => {
    expect(shown).toMatch(/^ ?⚠️ 3 of 5 keys restored in the buckets of manifest rows\.csv: 1 failed, 1 conflict/);
    expect(shown).toContain('Manifest rows.csv Buckets those that the manifest names Keys those of the manifest ');
    expect(shown).toContain('Back to the versions that the rows name');
  });

  it('names the bucket beside each key', () => {
    expect(shown).toContain(
      'Bucket Key Before Back to Plan site-eu a.html current-id old-id copy that version on top ',
    );
    expect(shown).toContain('Bucket Key Code Message site-us c.html AccessDenied no');
    expect(shown).toContain('Bucket Key Found site-eu d.html newer');
  });

  it('several versions of a key are one plan, and large ones go in parts', () => {
    expect(shown).toContain('copy 3 versions on top, oldest first ');
    expect(shown).toContain('copy that version on top, in parts ');
  });

  it('with a bucket, no bucket beside the keys', () => {
    const one = text(
      summaryOf(
        { ...BY_ROWS, scope: { ...ANY_BUCKET, bucket: 'site-eu', prefix: 'a' }, target: { kind: 'time', at: NOW } },
        (tally) => copied(tally, { bucket: 'site-eu', key: 'a.html', steps: [copy('v1')] }),
      ),
    );
    expect(one).toMatch(/✅ 1 key restored in site-eu under a, manifest rows\.csv/);
    expect(one).toContain(
      'Bucket site-eu Keys those of the manifest that begin with a Back to the state at 2026-11-22 14:00:00 UTC; where a row names a version, that one',
    );
    expect(one).not.toContain('Bucket Key');
  });

  it('without a row to act on', () => {
    expect(text(summaryOf(BY_ROWS, () => {}))).toMatch(/⚠️ No row to act on in manifest rows\.csv/);
  });

  it('a format that was said', () => {
    const manifest = { ...MANIFEST, format: 'inventory' } as const;
    expect(text(summaryOf({ ...BY_ROWS, manifest }, () => {}))).toContain('Manifest rows.csv (inventory)');
  });
});

describe('copies that go elsewhere', () => {
  const line = (key: string, ...steps: PlannedKey['steps']): Copies => ({
    bucket: 'quarantine',
    key: `old/${key}`,
    from: null,
    steps,
  });
  const fill = (tally: Tally) => {
    copied(tally, line('site/a', copy('v1', from('my-site', 'site/a'))));
    copied(
      tally,
      line(
        'site/b',
        copy('v1', from('my-site', 'site/b')),
        { do: 'add-delete-marker' },
        copy('v3', from('my-site', 'site/b')),
      ),
    );
    copied(tally, line('site/c', copy('v1', from('my-site', 'site/c'))), failure('AccessDenied', 'no'));
  };

  it('are copies, from there to here, over what was there', () => {
    const shown = text(summaryOf(QUARANTINE, fill));
    expect(shown).toMatch(/⚠️ 2 of 3 keys copied from my-site under site\/ to quarantine under old\/: 1 failed/);
    expect(shown).toContain('Planned Copied Unchanged');
    expect(shown).toMatch(
      /Version the state at .* Method copy: nothing changes where the versions come from Copies go to quarantine under old\//,
    );
    expect(shown).toContain('Key There before Version Plan site/a nothing old-id copy to old/site/a in quarantine ');
    expect(shown).toContain('copy 2 versions and 1 delete marker to old/site/b in quarantine, oldest first');
    expect(shown).toContain('Key of the copy Code Message old/site/c AccessDenied');
  });

  it('are taken back there', () => {
    expect(text(summaryOf(QUARANTINE, fill))).toMatch(
      /3 versions copied to quarantine under old\/: each copy is taken away by its version id. Nothing was changed where they came from\./,
    );
  });

  it('cost what requests do not tell', () => {
    expect(text(summaryOf(QUARANTINE, fill))).toContain('Not in the estimate: transfer between regions');
  });

  it.each<[words: string, destination: NonNullable<RestoreRequest['destination']>, line: Copies]>([
    [
      'copy to quarantine',
      { bucket: 'quarantine', prefix: '' },
      { bucket: 'quarantine', key: 'site/a', steps: [copy('v', from('my-site', 'site/a'))] },
    ],
    [
      'copy to old/site/a',
      { prefix: 'old/' },
      { bucket: 'my-site', key: 'old/site/a', steps: [copy('v', from('my-site', 'site/a'))] },
    ],
    [
      'add a delete marker to old/site/a',
      { prefix: 'old/' },
      { bucket: 'my-site', key: 'old/site/a', steps: [{ do: 'add-delete-marker' }] },
    ],
  ])('%s', (words, destination, planned) => {
    const shown = text(summaryOf({ ...QUARANTINE, destination }, (tally) => copied(tally, planned)));
    expect(shown).toContain(`site/a current-id old-id ${words} `);
  });

  it('a history rebuilt from several buckets under a prefix, each in its own', () => {
    const shown = text(
      summaryOf({ ...BY_ROWS, destination: { prefix: 'old/' } }, (tally) =>
        copied(tally, { bucket: 'site-eu', key: 'old/a', from: null, steps: [copy('v', from('site-eu', 'a'))] }),
      ),
    );
    expect(shown).toContain('copied from the buckets of manifest rows.csv to the bucket that each is in under old/');
    expect(shown).toContain('Bucket Key There before Version Plan site-eu a nothing old-id copy to old/a ');
  });

  it.each<[verdict: string, over: Partial<RestoreRequest>, totals: Partial<Tally['totals']>]>([
    ['✅ Nothing to copy from my-site under site/ to quarantine under old/', {}, { unchanged: 1 }],
    ['📝 Dry run: 1 key would be copied from my-site', { dryRun: true }, { planned: 1 }],
    ['✅ Dry run: nothing to copy from my-site', { dryRun: true }, { unchanged: 1 }],
  ])('%s', (words, over, totals) => {
    const shown = text(
      summaryOf({ ...QUARANTINE, ...over }, (tally) => Object.assign(tally.totals, { keysExamined: 1 }, totals)),
    );
    expect(shown).toContain(words);
  });
});

describe('archives', () => {
  const over: Partial<RestoreRequest> = {
    operation: 'rollback',
    target: { kind: 'time', at: NOW },
    archived: { days: 7, tier: 'Bulk' },
    preserve: { objectLock: true, annotations: true },
  };
  const wait = (tally: Tally) => {
    key(tally, 'site/x', { kind: 'skipped', reason: 'restore-requested' });
    key(tally, 'site/y', { kind: 'skipped', reason: 'restore-in-progress' });
    tally.totals.planned = 0;
  };

  it('all that is to be done waits', () => {
    const shown = text(summaryOf(over, wait));
    expect(shown).toMatch(/⏳ 2 keys wait for the archive in my-site under site\//);
    expect(shown).toContain('Archived requested from the archive (Bulk, for 7 days)');
    expect(shown).toContain('Copies also keep Object Lock retention and legal hold, annotations');
    expect(shown).toContain('restore-requested 1 Requested from the archive now.');
    expect(shown).toMatch(/Not in the estimate: the retrieval from the archive \(Bulk\), and the restored copies/);
  });

  it('a part waits', () => {
    const shown = text(
      summaryOf(over, (tally) => {
        wait(tally);
        key(tally, 'site/a', { kind: 'restored' });
      }),
    );
    expect(shown).toMatch(/⏳ 1 key restored in my-site under site\/: 2 keys wait for the archive/);
  });

  it('nothing to do, and yet not all is well', () => {
    const shown = text(
      summaryOf({}, (tally) => {
        key(tally, 'site/x', { kind: 'skipped', reason: 'archived' });
        tally.totals.planned = 0;
      }),
    );
    expect(shown).toMatch(/✅ Nothing to do in my-site under site\/: 1 key skipped/);
  });
});

describe('a download', () => {
  function downloaded(
    over: Partial<DownloadRequest>,
    fill: (tally: Tally) => void,
    error?: Parameters<typeof resultOf>[2],
  ) {
    const request = downloadOf(over);
    const result = resultOf(
      request,
      (tally) => {
        fill(tally);
        tally.samples.length = 0;
        Object.assign(tally.steps, { 'remove-delete-marker': 0 });
      },
      error,
    );
    return render(request, result);
  }

  it('says what was fetched, and where to', () => {
    const shown = text(
      downloaded({}, (tally) => {
        key(tally, 'site/a', { kind: 'restored' });
        key(tally, 'site/b', { kind: 'skipped', reason: 'archived' });
        key(tally, 'site/c', failure('checksum-mismatch', 'the bytes are not those that were stored'));
      }),
    );
    expect(shown).toMatch(
      /⚠️ 1 of 3 keys fetched from my-site under site\/ into \/home\/runner\/space\/restored: 1 failed/,
    );
    expect(shown).toContain('Planned Fetched Unchanged');
    expect(shown).toMatch(/Back to|Version the state at/);
    expect(shown).toContain('Into /home/runner/space/restored');
    expect(shown).toContain('Fetched /home/runner/space/restored Plan /tmp/run/plan.jsonl');
    expect(shown).not.toMatch(/Method|To take it back|Journal/);
    expect(shown).toContain('Not in the estimate: what S3 charges for the data');
  });

  it.each<[verdict: string, over: Partial<DownloadRequest>, fill: (tally: Tally) => void, code?: string]>([
    ['✅ 1 key fetched from my-site under site/ into', {}, (t) => key(t, 'site/a', { kind: 'restored' })],
    ['📝 Dry run: 1 key would be fetched from my-site', { dryRun: true }, (t) => key(t, 'site/a')],
    ['⚠️ No key found in my-site under site/', {}, () => {}],
    ['❌ Refused: nothing was fetched from my-site', {}, () => {}, 'bucket-not-found'],
    ['⚠️ Cancelled: 0 of 1 key fetched from my-site', {}, (t) => key(t, 'site/a'), 'cancelled'],
    ['❌ No key fetched from my-site', {}, (t) => key(t, 'site/a', failure('x', 'y'))],
  ])('%s', (words, over, fill, code) => {
    const error = code === undefined ? undefined : { code, message: 'm', hint: 'h' };
    expect(text(downloaded(over, fill, error))).toContain(words);
  });

  it('a file that is there is not replaced', () => {
    const shown = text(
      downloaded({}, (tally) => key(tally, 'site/a', { kind: 'conflict', found: 'a different file is there already' })),
    );
    expect(shown).toContain('nothing was replaced. Fetch into an empty folder. ');
  });

  it('names the files that are not called as their keys', () => {
    const request = downloadOf();
    const result = resultOf(request, (tally) => key(tally, 'site/a', { kind: 'restored' }));
    const renamed = NASTY_KEYS.map((word) => ({ bucket: 'my-site', key: word, path: `x/${word}` }));
    const page = html(render(request, { ...result, report: { ...result.report, renamed } }));
    expect(unbalanced(page)).toEqual([]);
    expect(page).not.toMatch(/<(a|img|h1|script|strong|em|s|input)\b/);
    const many = [...Array(150).keys()].map((i) => ({ bucket: 'my-site', key: `a:${i}`, path: `a_${i}` }));
    const shown = text(render(request, { ...result, report: { ...result.report, renamed: many } }));
    expect(shown).toMatch(/Renamed: keys whose file is called otherwise \(showing 100 of 150\) Key File a:0 a_0 /);
  });
});

describe('text from outside', () => {
  const words = NASTY_KEYS.map((word) => [JSON.stringify(word).slice(0, 60), word] as const);

  it.each(words)('in a manifest, in buckets and in a destination: %s', (_, word) => {
    const everywhere = (text: string) =>
      [undefined, { prefix: text }, { bucket: text, prefix: text }]
        .map((destination) =>
          summaryOf(
            {
              ...BY_ROWS,
              manifest: { location: { bucket: text, key: text }, given: text, format: 'auto' },
              scope: { prefix: text, include: [], exclude: [] },
              ...(destination !== undefined && { destination }),
            },
            (tally) => {
              copied(tally, { bucket: text, key: `${text}a`, steps: [copy(text, from(text, text))] });
              copied(tally, { bucket: text, key: `${text}b`, steps: [copy(text)] }, failure(text, text, text));
              copied(tally, { bucket: text, key: `${text}c`, steps: [copy(text)] }, { kind: 'conflict', found: text });
            },
          ),
        )
        .join('\n\n');
    expectTamed(everywhere, word);
  });

  it.each(words)('in a download: %s', (_, word) => {
    const everywhere = (text: string) => {
      const request = downloadOf({ directory: text, scope: { bucket: text, prefix: text, include: [], exclude: [] } });
      const result = resultOf(request, (tally) => key(tally, text, { kind: 'restored' }));
      const renamed = [{ bucket: text, key: text, path: text }];
      return render(request, { ...result, report: { ...result.report, renamed } });
    };
    expectTamed(everywhere, word);
  });
});

describe('keys that go back to not being there', () => {
  const TO_TIME: Partial<RestoreRequest> = { operation: 'rollback', target: { kind: 'time', at: NOW } };
  const hidden = (tally: Tally) =>
    copied(tally, {
      bucket: 'my-site',
      key: 'site/new',
      to: { versionId: null },
      steps: [{ do: 'add-delete-marker' }],
    });
  const back = (tally: Tally) => copied(tally, { bucket: 'my-site', key: 'site/old', steps: [copy('v1')] });
  const title = (run: Partial<RestoreRequest>, ...fill: ((tally: Tally) => void)[]) =>
    text(
      summaryOf({ ...TO_TIME, ...run }, (tally) => {
        for (const one of fill) one(tally);
      }),
    ).split('\n')[0];

  it('are not called restored', () => {
    expect(title({}, hidden)).toContain('1 key deleted again');
    expect(title({}, hidden, back)).toContain('1 key restored and 1 deleted again');
    expect(title({}, back)).toContain('1 key restored');
  });

  it('nor in a dry run', () => {
    expect(title({ dryRun: true }, hidden)).toContain('Dry run: 1 key would be deleted, for it was not there then,');
    expect(title({ dryRun: true }, hidden, back)).toContain('1 key would be restored, and 1 key would be deleted');
  });
});

describe('a dry run that would only ask an archive', () => {
  it('says so', () => {
    const archived = { days: 7, tier: 'Standard' } as const;
    const summary = summaryOf(
      { operation: 'rollback', dryRun: true, archived, target: { kind: 'time', at: NOW } },
      (tally) => {
        tally.totals.keysExamined += 1;
        countOutcome(tally, 'my-site', 'site/a', { kind: 'skipped', reason: 'archived' }, '');
      },
    );
    expect(text(summary)).toContain('Dry run: versions of 1 key would be requested from the archive');
  });
});
