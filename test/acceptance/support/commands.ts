/** What the runner would take for a command in a step's output, by both of its grammars. */
export interface Command {
  readonly grammar: '::' | '##[';
  readonly name: string;
  readonly title: string;
  readonly message: string;
}

/**
 * As the runner reads it: `::name key=value::message` at the start of a line, white space before it allowed, and
 * `##[name]message` anywhere in a line.
 * https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
export function commandsOf(output: string): Command[] {
  return output.split(/\r\n|[\n\r]/).flatMap((line) => [...newForm(line.trimStart()), ...oldForm(line)]);
}

export function annotationsOf(output: string, name: 'error' | 'warning'): Command[] {
  return commandsOf(output).filter((command) => command.name === name);
}

function newForm(line: string): Command[] {
  const end = line.indexOf('::', 2);
  if (!line.startsWith('::') || end === -1) return [];
  const [name = '', ...rest] = line.slice(2, end).split(' ');
  const title = /(?:^|,)title=([^,]*)/.exec(rest.join(' '))?.[1] ?? '';
  return [{ grammar: '::', name, title: decoded(title), message: decoded(line.slice(end + 2)) }];
}

function oldForm(line: string): Command[] {
  const start = line.indexOf('##[');
  const end = line.indexOf(']', start);
  if (start === -1 || end === -1) return [];
  return [{ grammar: '##[', name: line.slice(start + 3, end), title: '', message: line.slice(end + 1) }];
}

function decoded(text: string): string {
  const escapes: Record<string, string> = { '%0D': '\r', '%0A': '\n', '%3A': ':', '%2C': ',', '%25': '%' };
  return text.replace(/%(?:0D|0A|3A|2C|25)/g, (found) => escapes[found] ?? found);
}
