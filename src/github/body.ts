import { type Kind, markerRoom, writeMarker } from './marker.ts';
import { GitHubError } from './trouble.ts';

/** What a caller makes of the room it gets. */
export interface Rendering {
  /** Markdown; text from outside in it is escaped already. */
  readonly body: string;
  /** What the next run gets back; within `MEMORY_BYTES` of UTF-8. */
  readonly memory: string;
}

/** `room`: the most characters of the body. Called again with less of it where that was too much. */
export type Render = (previous: string | undefined, room: number) => Rendering;

/**
 * The most characters of an issue or a comment. GitHub counts characters, we count UTF-16 units, which are never fewer.
 * https://github.com/PyGithub/PyGithub/issues/1906
 */
const MOST = 65_536;

/**
 * Renders, and gives the whole text, marker first, to `send`; once more with half the room where that was too long for us, or
 * for GitHub.
 */
export async function sendBody<T>(
  about: { readonly kind: Kind; readonly key: string; readonly previous: string | undefined },
  render: Render,
  send: (text: string) => Promise<T>,
): Promise<T> {
  const room = MOST - markerRoom(about.kind, about.key) - 1;
  const compose = (most: number) => {
    const { body, memory } = render(about.previous, most);
    return `${writeMarker(about.kind, about.key, memory)}\n${body}`;
  };
  const text = compose(room);
  if (text.length <= MOST) {
    try {
      return await send(text);
    } catch (error) {
      if (!isTooLong(error)) throw error;
    }
  }
  return send(compose(Math.floor(room / 2)));
}

function isTooLong(error: unknown): boolean {
  return error instanceof GitHubError && error.trouble.status === 422 && /\btoo long\b/i.test(error.trouble.message);
}

/** GitHub's pages end lines with \r\n; that is no change. */
export function sameText(a: string, b: string): boolean {
  return a.replace(/\r\n/g, '\n') === b.replace(/\r\n/g, '\n');
}
