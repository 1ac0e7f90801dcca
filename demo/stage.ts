import type { Bucket, Sandbox } from '../sandbox/index.ts';
import { renderMarkdown, type Summary } from './page.ts';
import { type Check, checkNeighbours, checkScope, is, type Photograph, photograph, standingOf } from './prove.ts';
import { runStep, type StepRun } from './runner.ts';
import type { Published } from './site.ts';
import { summaryText } from './summary-text.ts';
import { bad, bold, count, dim, good, grouped, heading, say, seconds, WIDTH, wrap } from './terminal.ts';
import { type Visits, visit } from './visitor.ts';

/** What all demos have in common: acts that are judged, visits to the site, and an end. */

export interface StageOptions {
  readonly sandbox: Sandbox;
  /** What is photographed before and after each act. */
  readonly bucket: Bucket;
  /** The runner's temp folder. */
  readonly temp: string;
  /** Of every step; what an act adds is shown. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

export type Judge = (run: StepRun, before: Photograph, after: Photograph) => readonly Check[];

export class Stage {
  readonly summaries: Summary[] = [];
  readonly #options: StageOptions;
  readonly #started = performance.now();
  readonly #wrong: string[] = [];

  constructor(options: StageOptions) {
    this.#options = options;
  }

  /** One step of a workflow: run it, show what it did, and judge. */
  async act(title: string, inputs: Readonly<Record<string, string>>, judge: Judge): Promise<StepRun> {
    const { sandbox, bucket } = this.#options;
    heading(title);
    for (const [name, value] of Object.entries(inputs)) say(dim(`${name}: ${value.replace('.000Z', 'Z')}`));
    say();

    const before = photograph(bucket);
    sandbox.requests.clear();
    const run = await this.run(inputs);
    const requests = sandbox.requests.all();
    const after = photograph(bucket);

    for (const line of summaryText(renderMarkdown(run.summary), WIDTH - 4)) say(`${dim('│')} ${line}`.trimEnd());
    this.summaries.push({ title: title.slice(3), markdown: run.summary });
    say();
    const kinds = Map.groupBy(requests, ({ operation }) => operation);
    const words = [...kinds].sort(([, a], [, b]) => b.length - a.length).map(([kind, all]) => `${kind} ${all.length}`);
    const cost = `${seconds(run.milliseconds)}, ${count(requests.length, 'request')}`;
    for (const line of wrap(words.length === 0 ? cost : `${cost}: ${words.join(', ')}`, WIDTH - 2)) say(bold(line));

    const checks = [
      is('exit code', run.code, 0),
      ...judge(run, before, after),
      checkNeighbours(before, after),
      checkScope(requests),
    ];
    if (!this.check(title, checks)) for (const line of run.log.split('\n')) say(dim(line));
    return run;
  }

  /** The same step, and nothing said of it. What its events set off has reached the queues. */
  async run(inputs: Readonly<Record<string, string>>): Promise<StepRun> {
    const { sandbox, temp, env = {} } = this.#options;
    const run = await runStep({ ...this.#options.inputs, ...inputs }, { endpoint: sandbox.endpoint, temp, env });
    await sandbox.events.settled();
    return run;
  }

  /** Show what is as it should be, and remember what is not. */
  check(title: string, checks: readonly Check[]): boolean {
    for (const { ok, says } of checks) {
      const [first = '', ...more] = wrap(says, WIDTH - 4);
      say(`${ok ? good('✓') : bad('✗')} ${first}`);
      for (const line of more) say(`  ${line}`);
    }
    const failed = checks.filter(({ ok }) => !ok);
    this.#wrong.push(...failed.map(({ says }) => `${title}: ${says}`));
    return failed.length === 0;
  }

  /** What became of the site, and what somebody who opens some of its pages gets. */
  async showVisit(site: ReadonlyMap<string, Published>, visits?: Visits): Promise<void> {
    const { sandbox, bucket } = this.#options;
    const { right, wrong: broken, missing, extra } = standingOf(bucket, site);
    const all = site.size;
    const colour = right === all && extra === 0 ? good : bad;
    say();
    say(
      `${bold('What visitors see')}  ${colour(`${grouped(right)} of ${count(all, 'object')} as published`)}` +
        `, ${grouped(broken)} overwritten, ${grouped(missing)} missing, ${grouped(extra)} too many`,
    );
    for (const line of await visit(`${sandbox.endpoint}/${bucket.name}`, site, visits)) say(line);
  }

  /** The last word, and the exit code. */
  conclude(): void {
    const took = seconds(performance.now() - this.#started);
    const wrong = this.#wrong;
    heading(wrong.length === 0 ? good(`✓ All as it should be, ${took}`) : bad(`✗ Not as it should be, ${took}`));
    for (const line of wrong) say(`${bad('✗')} ${line}`);
    process.exitCode = wrong.length === 0 ? 0 : 1;
  }
}
