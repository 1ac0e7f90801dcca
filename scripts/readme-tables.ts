import { readFileSync, writeFileSync } from 'node:fs';
import { INPUTS, type InputSpec, OUTPUTS } from '../src/action/registry.ts';

/**
 * Writes the tables of inputs and outputs into README.md, between their markers, from the one registry.
 * `node scripts/readme-tables.ts` writes, `--check` only looks, and fails where the two differ.
 */

const README = new URL('../README.md', import.meta.url);

/** README.md with its tables as the registry has them. @throws Error where a marker is missing */
export function withTables(readme: string): string {
  return between(between(readme, 'inputs', inputTables()), 'outputs', outputTable());
}

function between(text: string, marker: string, content: string): string {
  const pattern = new RegExp(`(<!-- ${marker} -->\n)[\\s\\S]*?(<!-- /${marker} -->)`);
  if (!pattern.test(text)) throw new Error(`README.md has no <!-- ${marker} --> … <!-- /${marker} -->`);
  return text.replace(pattern, (_, open: string, close: string) => `${open}\n${content}\n\n${close}`);
}

function inputTables(): string {
  const groups = new Map<string, InputSpec[]>();
  for (const input of INPUTS) groups.set(input.group, [...(groups.get(input.group) ?? []), input]);
  return [...groups]
    .map(([group, inputs]) =>
      [`### ${group}`, '', '| Input | Default | |', '| --- | --- | --- |', ...inputs.map(inputRow)].join('\n'),
    )
    .join('\n\n');
}

function inputRow({ name, required, default: byDefault, description }: InputSpec): string {
  const value = required === true ? '**required**' : byDefault === undefined ? '' : `\`${byDefault}\``;
  return `| \`${name}\` | ${value} | ${cell(description)} |`;
}

function outputTable(): string {
  return [
    '| Output | |',
    '| --- | --- |',
    ...OUTPUTS.map(({ name, description }) => `| \`${name}\` | ${cell(description)} |`),
  ].join('\n');
}

function cell(markdown: string): string {
  return markdown.replaceAll('|', '\\|');
}

if (import.meta.main) {
  const found = readFileSync(README, 'utf8');
  const wanted = withTables(found);
  if (found === wanted) {
    process.exitCode = 0;
  } else if (process.argv.includes('--check')) {
    process.stderr.write(
      'The tables of README.md are not those of src/action/registry.ts: run node scripts/readme-tables.ts\n',
    );
    process.exitCode = 1;
  } else {
    writeFileSync(README, wanted);
  }
}
