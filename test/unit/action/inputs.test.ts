import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RefusedInputs } from '../../../src/action/inputs.ts';
import { type Inputs, parse, problemsOf, ROLLBACK, UNDELETE } from './inputs-support.ts';
import { NOW } from './support.ts';

describe('what is asked for', () => {
  it('undelete of a prefix, all else by default', () => {
    const { request, connection, warnings } = parse(UNDELETE);
    expect(request).toMatchObject({
      operation: 'undelete',
      scope: { bucket: 'my-bucket', prefix: 'site/', include: [], exclude: [] },
      target: { kind: 'undelete' },
      method: 'copy',
      dryRun: false,
      verify: true,
      failOn: 'failures',
    });
    expect(request.scope).not.toHaveProperty('key');
    expect(request).not.toHaveProperty('maxChanges');
    expect(connection).toEqual({
      strictRegionFor: 'my-bucket',
      region: 'eu-central-1',
      isAws: true,
      forcePathStyle: false,
      concurrency: 32,
      batchSize: 1000,
      bypassGovernanceRetention: false,
      asksIdentity: true,
    });
    expect(warnings).toEqual([]);
  });

  it('the defaults of action.yml, given as the runner gives them, change nothing', () => {
    const defaults = {
      'whole-bucket': 'false',
      method: 'copy',
      'dry-run': 'false',
      verify: 'true',
      'fail-on': 'failures',
      concurrency: '32',
      'batch-size': '1000',
      'bypass-governance-retention': 'false',
      'manifest-format': 'auto',
      archived: 'skip',
      'restore-days': '7',
      'restore-tier': 'Standard',
      'version-id': '',
      key: '',
    };
    const { planFile, journalFile, reportFile, ...rest } = parse({ ...UNDELETE, ...defaults }).request;
    expect(rest).toEqual(
      (({ planFile: _p, journalFile: _j, reportFile: _r, ...plain }) => plain)(parse(UNDELETE).request),
    );
  });

  it.each<[name: string, inputs: Inputs, target: object]>([
    ['to-time, RFC 3339', { 'to-time': '2026-11-22T15:00:00+02:00' }, { kind: 'time', at: NOW - 3_600_000 }],
    ['to-time, Unix seconds', { 'to-time': String(NOW / 1000 - 60) }, { kind: 'time', at: NOW - 60_000 }],
    ['to-time, ago', { 'to-time': ' 15m ago ' }, { kind: 'time', at: NOW - 900_000 }],
    ['versions-back', { 'to-time': '', 'versions-back': '1' }, { kind: 'versions-back', count: 1 }],
    ['versions-back 0', { 'to-time': '', 'versions-back': '0' }, { kind: 'versions-back', count: 0 }],
    [
      'version-id with key',
      { 'to-time': '', prefix: '', key: 'a', 'version-id': 'null' },
      { kind: 'version', versionId: 'null' },
    ],
  ])('rollback: %s', (_, inputs, target) => {
    expect(parse({ ...ROLLBACK, ...inputs }).request.target).toEqual(target);
  });

  it('undelete in a window', () => {
    const { request } = parse({ ...UNDELETE, 'deleted-after': '2h ago', 'deleted-before': '1h ago' });
    expect(request.target).toEqual({ kind: 'undelete', after: NOW - 7_200_000, before: NOW - 3_600_000 });
  });

  it('method delete with its limit, and what goes with it', () => {
    const { request, connection } = parse({
      ...ROLLBACK,
      method: 'delete',
      'max-deletes': '500',
      'bypass-governance-retention': 'true',
    });
    expect(request).toMatchObject({ method: 'delete', maxDeletes: 500 });
    expect(connection.bypassGovernanceRetention).toBe(true);
  });

  it('key and prefix to the letter, white space and all, with a warning', () => {
    const { request, warnings } = parse({ ...UNDELETE, prefix: '', key: ' a b\n' });
    expect(request.scope).toMatchObject({ key: ' a b\n', prefix: '' });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('|-');
    expect(parse({ ...UNDELETE, prefix: '/site' }).warnings[0]).toContain('begins with "/"');
  });

  it('globs, one a line', () => {
    const { request, warnings } = parse({
      ...UNDELETE,
      include: '\n **/*.html \n\nsite/{a,b}/**\r\n',
      exclude: '!x\n/y',
    });
    expect(request.scope).toMatchObject({ include: ['**/*.html', 'site/{a,b}/**'], exclude: ['!x', '/y'] });
    expect(warnings.join('\n')).toMatch(/"!" is taken to the letter[\s\S]*begins with "\/"/);
  });

  it('the whole bucket, when it is said', () => {
    expect(parse({ ...UNDELETE, prefix: '', 'whole-bucket': 'true' }).request.scope).toMatchObject({ prefix: '' });
  });

  it.each(['true', 'True', 'TRUE'])('booleans as YAML has them: %s', (value) => {
    expect(parse({ ...UNDELETE, 'dry-run': value }).request.dryRun).toBe(true);
  });

  it('max-changes 0 refuses any change', () => {
    expect(parse({ ...UNDELETE, 'max-changes': '0' }).request.maxChanges).toBe(0);
  });
});

describe('files', () => {
  it('by default in one folder of the run in the temp folder of the runner', () => {
    const { planFile, journalFile, reportFile } = parse(UNDELETE).request;
    const folder = /^\/runner\/temp\/s3-rollback-[0-9a-f-]+/.exec(planFile)?.[0];
    expect([planFile, journalFile, reportFile]).toEqual(
      ['plan.jsonl', 'journal.jsonl', 'report.json'].map((name) => `${folder}/${name}`),
    );
    expect(parse(UNDELETE).request.planFile).not.toBe(planFile);
  });

  it('given ones from the workspace', () => {
    const { request } = parse({ ...UNDELETE, 'plan-file': 'out/p.jsonl', 'journal-file': '/var/j.jsonl' });
    expect(request).toMatchObject({ planFile: resolve('/home/runner/space/out/p.jsonl'), journalFile: '/var/j.jsonl' });
  });
});

describe('connection', () => {
  it.each<[name: string, inputs: Inputs, env: Inputs, expected: object]>([
    ['region: the input wins', { region: 'us-west-2' }, {}, { region: 'us-west-2' }],
    [
      'region: AWS_DEFAULT_REGION last',
      {},
      { AWS_REGION: '', AWS_DEFAULT_REGION: 'sa-east-1' },
      { region: 'sa-east-1' },
    ],
    [
      'region: us-east-1 with an endpoint',
      { 'endpoint-url': 'http://localhost:9000' },
      { AWS_REGION: '' },
      { region: 'us-east-1', endpointUrl: 'http://localhost:9000/', forcePathStyle: true },
    ],
    [
      'endpoint from AWS_ENDPOINT_URL_S3',
      {},
      { AWS_ENDPOINT_URL: 'http://general', AWS_ENDPOINT_URL_S3: 'http://s3' },
      { endpointUrl: 'http://s3/', forcePathStyle: true, isAws: false },
    ],
    ['endpoint from AWS_ENDPOINT_URL', {}, { AWS_ENDPOINT_URL: 'http://general' }, { endpointUrl: 'http://general/' }],
    [
      'endpoints of the environment ignored',
      {},
      { AWS_ENDPOINT_URL: 'http://general', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      { forcePathStyle: false },
    ],
    [
      'an endpoint of AWS itself',
      { 'endpoint-url': 'https://s3.dualstack.eu-central-1.amazonaws.com' },
      {},
      { forcePathStyle: false, isAws: true },
    ],
    ['path style, said', { 'force-path-style': 'true' }, {}, { forcePathStyle: true }],
    [
      'no path style, said',
      { 'force-path-style': 'false', 'endpoint-url': 'http://s3' },
      {},
      { forcePathStyle: false },
    ],
    ['owner', { 'expected-bucket-owner': '012345678901' }, {}, { expectedBucketOwner: '012345678901' }],
    ['limits', { concurrency: '256', 'batch-size': '1' }, {}, { concurrency: 256, batchSize: 1 }],
  ])('%s', (_, inputs, env, expected) => {
    expect(parse({ ...UNDELETE, ...inputs }, env).connection).toMatchObject(expected);
  });
});

describe('bad input: the input is named, and the mend', () => {
  it.each<[name: string, inputs: Inputs, input: string, mend: RegExp, env?: Inputs]>([
    [
      'no operation',
      { ...UNDELETE, operation: '' },
      'operation',
      /undelete, rollback, recover, apply, undo, guard, history, download/,
    ],
    [
      'unknown operation',
      { ...UNDELETE, operation: 'restore-all' },
      'operation',
      /undelete, rollback, recover, apply, undo, guard, history, download/,
    ],
    ['operation mistyped', { ...UNDELETE, operation: 'undelet' }, 'operation', /Did you mean undelete\?/],
    ['no bucket', { ...UNDELETE, bucket: ' ' }, 'bucket', /Give the name/],
    ['bucket as URL', { ...UNDELETE, bucket: 's3://my-bucket/site/' }, 'bucket', /bucket: my-bucket without s3:\/\//],
    ['bucket as ARN', { ...UNDELETE, bucket: 'arn:aws:s3:::my-bucket' }, 'bucket', /name of the bucket itself/],
    ['bucket with a space', { ...UNDELETE, bucket: 'my bucket' }, 'bucket', /3 to 63/],
    ['bucket with a slash', { ...UNDELETE, bucket: 'my-bucket/site' }, 'bucket', /no slash/],
    ['bucket as an address', { ...UNDELETE, bucket: '10.0.0.1' }, 'bucket', /3 to 63/],
    ['bucket too short', { ...UNDELETE, bucket: 'ab' }, 'bucket', /3 to 63/],
    ['no scope', { ...UNDELETE, prefix: '' }, 'prefix', /whole-bucket: true/],
    ['key and prefix', { ...UNDELETE, key: 'a' }, 'prefix', /one of the two/],
    ['prefix and whole bucket', { ...UNDELETE, 'whole-bucket': 'true' }, 'whole-bucket', /Leave out prefix/],
    [
      'key and whole bucket',
      { ...UNDELETE, prefix: '', key: 'a', 'whole-bucket': 'true' },
      'whole-bucket',
      /Leave out key/,
    ],
    ['whole-bucket: yes', { ...UNDELETE, 'whole-bucket': 'yes' }, 'whole-bucket', /true or whole-bucket: false/],
    ['key over 1,024 bytes', { ...UNDELETE, prefix: '', key: 'é'.repeat(513) }, 'key', /Check key/],
    ['prefix over 1,024 bytes', { ...UNDELETE, prefix: 'x'.repeat(1025) }, 'prefix', /Check prefix/],
    ['key and include', { ...UNDELETE, prefix: '', key: 'a', include: '**' }, 'include', /Leave out include/],
    ['key and exclude', { ...UNDELETE, prefix: '', key: 'a', exclude: '**' }, 'exclude', /Leave out exclude/],
    ['glob too long', { ...UNDELETE, include: 'x'.repeat(65_537) }, 'include', /this line of include/],
    ['undelete to a time', { ...UNDELETE, 'to-time': '15m ago' }, 'to-time', /operation: rollback/],
    ['undelete to a version', { ...UNDELETE, 'version-id': 'x' }, 'version-id', /operation: rollback/],
    ['undelete versions back', { ...UNDELETE, 'versions-back': '1' }, 'versions-back', /operation: rollback/],
    ['undelete by deleting', { ...UNDELETE, method: 'delete' }, 'method', /Leave out method/],
    ['undelete with max-deletes', { ...UNDELETE, 'max-deletes': '1' }, 'max-deletes', /operation: rollback/],
    [
      'window upside down',
      { ...UNDELETE, 'deleted-after': '1h ago', 'deleted-before': '2h ago' },
      'deleted-after',
      /Exchange/,
    ],
    ['rollback in a window', { ...ROLLBACK, 'deleted-after': '1h ago' }, 'deleted-after', /operation: undelete/],
    ['rollback before a time', { ...ROLLBACK, 'deleted-before': '1h ago' }, 'deleted-before', /operation: undelete/],
    ['rollback to nothing', { ...ROLLBACK, 'to-time': '' }, 'to-time', /to-time, versions-back, or version-id/],
    ['two targets', { ...ROLLBACK, 'versions-back': '1' }, 'versions-back', /exactly one of/],
    ['time without a zone', { ...ROLLBACK, 'to-time': '2026-11-22T13:00:00' }, 'to-time', /2026-11-22T14:00:00Z/],
    ['time in the future', { ...ROLLBACK, 'to-time': '2026-11-22T14:00:01Z' }, 'to-time', /Write/],
    ['time that is none', { ...ROLLBACK, 'to-time': 'yesterday' }, 'to-time', /15m ago/],
    ['deletion in the future', { ...UNDELETE, 'deleted-before': '2027-01-01T00:00:00Z' }, 'deleted-before', /Write/],
    ['version-id without key', { ...ROLLBACK, 'to-time': '', 'version-id': 'x' }, 'version-id', /Give key/],
    [
      'version-id malformed',
      { ...ROLLBACK, 'to-time': '', prefix: '', key: 'a', 'version-id': 'two words' },
      'version-id',
      /listing of the versions/,
    ],
    ['versions-back negative', { ...ROLLBACK, 'to-time': '', 'versions-back': '-1' }, 'versions-back', /0 or more/],
    ['versions-back 1e3', { ...ROLLBACK, 'to-time': '', 'versions-back': '1e3' }, 'versions-back', /in digits/],
    ['unknown method', { ...ROLLBACK, method: 'move' }, 'method', /copy, delete/],
    ['method delete without limit', { ...ROLLBACK, method: 'delete' }, 'max-deletes', /Set max-deletes/],
    ['limit without method delete', { ...ROLLBACK, 'max-deletes': '5' }, 'max-deletes', /method: delete/],
    ['max-deletes -1', { ...ROLLBACK, method: 'delete', 'max-deletes': '-1' }, 'max-deletes', /0 or more/],
    [
      'retention bypassed for nothing',
      { ...ROLLBACK, 'bypass-governance-retention': 'true' },
      'bypass-governance-retention',
      /method: delete/,
    ],
    ['dry-run: maybe', { ...UNDELETE, 'dry-run': 'maybe' }, 'dry-run', /dry-run: true/],
    ['verify: 1', { ...UNDELETE, verify: '1' }, 'verify', /verify: true/],
    ['max-changes: many', { ...UNDELETE, 'max-changes': 'many' }, 'max-changes', /in digits/],
    ['fail-on: failure', { ...UNDELETE, 'fail-on': 'failure' }, 'fail-on', /Did you mean failures\?/],
    ['concurrency 0', { ...UNDELETE, concurrency: '0' }, 'concurrency', /1 to 256/],
    ['concurrency 257', { ...UNDELETE, concurrency: '257' }, 'concurrency', /1 to 256/],
    ['batch-size 1001', { ...UNDELETE, 'batch-size': '1001' }, 'batch-size', /1 to 1000/],
    ['batch-size 1.0', { ...UNDELETE, 'batch-size': '1.0' }, 'batch-size', /in digits/],
    ['owner malformed', { ...UNDELETE, 'expected-bucket-owner': '12345' }, 'expected-bucket-owner', /12 digits/],
    ['no region', UNDELETE, 'region', /eu-central-1/, { AWS_REGION: '' }],
    ['region malformed', { ...UNDELETE, region: 'eu central' }, 'region', /eu-central-1/],
    ['region malformed in the environment', UNDELETE, 'region', /eu-central-1/, { AWS_REGION: 'x/y' }],
    ['endpoint without scheme', { ...UNDELETE, 'endpoint-url': 'localhost:9000' }, 'endpoint-url', /https:\/\//],
    ['endpoint with a password', { ...UNDELETE, 'endpoint-url': 'http://a:b@s3' }, 'endpoint-url', /environment/],
    ['endpoint with a query', { ...UNDELETE, 'endpoint-url': 'http://s3/?x=y' }, 'endpoint-url', /Leave out/],
    ['path style: maybe', { ...UNDELETE, 'force-path-style': 'maybe' }, 'force-path-style', /force-path-style: true/],
    ['plan-file is a folder', { ...UNDELETE, 'plan-file': 'out/' }, 'plan-file', /path of a file/],
    ['one file for two', { ...UNDELETE, 'plan-file': 'x', 'journal-file': './x' }, 'journal-file', /different/],
  ])('%s', (_, inputs, input, mend, env) => {
    const problems = problemsOf(inputs, env);
    expect(problems.map((p) => p.input)).toEqual([input]);
    expect(problems[0]?.mend).toMatch(mend);
  });

  it('all problems at once', () => {
    const problems = problemsOf({ operation: 'x', bucket: '', concurrency: 'a', 'dry-run': 'b' }, { AWS_REGION: '' });
    expect(problems.map((p) => p.input).sort()).toEqual(
      ['bucket', 'concurrency', 'dry-run', 'operation', 'prefix', 'region'].sort(),
    );
  });

  it('does not repeat a password', () => {
    const problems = problemsOf({ ...UNDELETE, 'endpoint-url': 'http://user:hunter2@s3' });
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  it('echoes a value on one line, not as a command', () => {
    const [problem] = problemsOf({ ...ROLLBACK, method: 'x\n::error::y##[z]' });
    expect(problem?.problem).toBe('"x\\n::error::y##\\[z]" is not known');
  });
});

describe('inputs that this action does not have', () => {
  it('are told with a refusal too: one of them may be the input that is missing', () => {
    const { prefix: _, ...rest } = UNDELETE;
    let thrown: unknown;
    try {
      parse({ ...rest, perfix: 'site/' });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(RefusedInputs);
    expect(thrown).toMatchObject({
      problems: [{ input: 'prefix' }],
      warnings: ['input "perfix" is not an input of this action and was ignored. Did you mean "prefix"?'],
    });
  });

  it('warn, with what may have been meant', () => {
    const { warnings } = parse({ ...UNDELETE, perfix: 'x', 'dry run': 'true', zzz: 'z', empty: '' });
    expect(warnings).toEqual([
      'input "dry_run" is not an input of this action and was ignored. Did you mean "dry-run"?',
      'input "perfix" is not an input of this action and was ignored. Did you mean "prefix"?',
      'input "zzz" is not an input of this action and was ignored.',
    ]);
  });
});

describe('inputs of later versions', () => {
  it.each([['engine', 'batch-operations']])(
    '%s: %s is refused, for the run would do something else than was asked',
    (name, value) => {
      expect(problemsOf({ ...UNDELETE, [name]: value })).toEqual([
        { input: name, problem: expect.stringContaining('not in this version'), mend: `Leave out ${name}.` },
      ]);
    },
  );

  it('are accepted where they ask for what is done anyway', () => {
    const defaults = {
      engine: 'local',
      'report-to': 'summary, pr-comment',
      'github-token': 'x',
      'max-messages': '10000',
      'max-plan-age': '24h',
    };
    expect(parse({ ...UNDELETE, ...defaults }).warnings).toEqual([]);
  });
});
