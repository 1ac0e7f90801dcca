/**
 * Benchmarks, side by side in one run: `npm run bench`, or some of them by name, `npm run bench -- cpu copies`.
 * `--long` adds the long ones. They print, and never judge a time. See README.md.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { bot } from './bot.ts';
import { copies } from './copies.ts';
import { cpuPerEntry } from './cpu.ts';
import { histories } from './history.ts';
import { journal } from './journal.ts';
import { listings } from './listing.ts';
import { manifest } from './manifest.ts';
import { memory } from './memory.ts';
import { RemoteSandbox } from './sandbox.ts';
import { seconds } from './table.ts';
import { undeletes } from './undelete.ts';

const { values, positionals } = parseArgs({
  options: { long: { type: 'boolean', default: false } },
  allowPositionals: true,
});

const BENCHES: Readonly<Record<string, (sandbox: RemoteSandbox) => Promise<void>>> = {
  cpu: cpuPerEntry,
  undelete: undeletes,
  copies,
  journal,
  listing: listings,
  manifest,
  history: () => histories(values.long),
  memory: (sandbox) => memory(sandbox, values.long),
  bot: () => bot(values.long),
};

const unknown = positionals.filter((name) => !(name in BENCHES));
if (unknown.length > 0)
  throw new Error(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);

const begin = performance.now();
const [processor] = cpus();
console.log(`Node ${process.version}, ${cpus().length} × ${processor?.model ?? 'unknown processor'}`);
for (const [name, bench] of Object.entries(BENCHES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  // A fresh one each time: what it remembers of one must not slow down the next.
  const sandbox = await RemoteSandbox.start();
  try {
    await bench(sandbox);
  } finally {
    sandbox.stop();
  }
}
console.log(`\nTook ${seconds(performance.now() - begin)}.`);
