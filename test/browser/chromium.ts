import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * A real browser, driven over the DevTools protocol with what Node has: a WebSocket. Chromium is no dependency: where there is
 * none, the tests that want one say so and are skipped. https://chromedevtools.github.io/devtools-protocol/
 */

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
];

/** `CHROMIUM` names it, where it is not in its usual place. */
export function findChromium(): string | undefined {
  return [process.env.CHROMIUM ?? '', ...PLACES].find((path) => path !== '' && existsSync(path));
}

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-port=0',
];

type Json = Readonly<Record<string, unknown>>;

export interface Tab {
  /** What an expression is, in the page; promises are waited for. Throws what it throws. */
  evaluate<T>(expression: string): Promise<T>;
  /** As from the keyboard: `Enter`, `ArrowDown`, `Tab`, `a`. */
  press(key: string, shift?: boolean): Promise<void>;
  /** A click with the mouse in the middle of an element. */
  click(selector: string): Promise<void>;
  /** Types into what has the focus. */
  type(text: string): Promise<void>;
  command(method: string, params?: Json): Promise<Json>;
  /** The page's URL does not count; everything else that it asked for does. */
  readonly requests: readonly string[];
  /** Errors and warnings of the console, exceptions, and what its policy forbade. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export interface TabOptions {
  readonly width?: number;
  readonly height?: number;
  readonly mobile?: boolean;
  readonly dark?: boolean;
}

export interface Browser {
  /** Open a file, and wait until it is loaded. */
  open(file: string, options?: TabOptions): Promise<Tab>;
  close(): Promise<void>;
}

/** @throws where it does not start */
export async function startChromium(path: string): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), 's3-rollback-chromium-'));
  const child = spawn(path, [...FLAGS, `--user-data-dir=${folder}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((done) => child.on('close', () => done()));
  const connection = await connect(await endpointOf(child));
  return {
    open: (file, options) => openTab(connection, file, options),
    async close() {
      await connection.send('Browser.close').catch(() => {});
      connection.close();
      await ended;
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function endpointOf(child: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    let said = '';
    child.stderr?.on('data', (data: Buffer) => {
      said += data;
      const [, url] = /DevTools listening on (ws:\S+)/.exec(said) ?? [];
      if (url !== undefined) found(url);
    });
    child.on('error', failed);
    child.on('close', (code) => failed(new Error(`Chromium ended with ${code}: ${said}`)));
  });
}

interface Connection {
  send(method: string, params?: Json, sessionId?: string): Promise<Json>;
  listen(sessionId: string, on: (method: string, params: Json) => void): void;
  close(): void;
}

async function connect(url: string): Promise<Connection> {
  const socket = new WebSocket(url);
  const waiting = new Map<number, { done: (result: Json) => void; failed: (error: Error) => void }>();
  const listeners = new Map<string, (method: string, params: Json) => void>();
  let last = 0;
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as {
      id?: number;
      method?: string;
      sessionId?: string;
      params?: Json;
      result?: Json;
      error?: { message: string };
    };
    if (message.method !== undefined) listeners.get(message.sessionId ?? '')?.(message.method, message.params ?? {});
    const asked = waiting.get(message.id ?? -1);
    waiting.delete(message.id ?? -1);
    if (message.error !== undefined) asked?.failed(new Error(message.error.message));
    else asked?.done(message.result ?? {});
  });
  socket.addEventListener('close', () => {
    for (const { failed } of waiting.values()) failed(new Error('Chromium is gone'));
  });
  await new Promise<void>((open, failed) => {
    socket.addEventListener('open', () => open());
    socket.addEventListener('error', () => failed(new Error(`no connection to ${url}`)));
  });
  return {
    send(method, params = {}, sessionId) {
      const id = ++last;
      socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }));
      return new Promise((done, failed) => waiting.set(id, { done, failed }));
    },
    listen: (sessionId, on) => void listeners.set(sessionId, on),
    close: () => socket.close(),
  };
}

async function openTab(connection: Connection, file: string, options: TabOptions = {}): Promise<Tab> {
  const { width = 1280, height = 900, mobile = false, dark = false } = options;
  const url = pathToFileURL(file).href;
  const { targetId } = await connection.send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await connection.send('Target.attachToTarget', { targetId, flatten: true });
  const session = String(sessionId);
  const command = (method: string, params?: Json) => connection.send(method, params, session);
  const requests: string[] = [];
  const complaints: string[] = [];
  const loaded = new Promise<void>((done) => {
    connection.listen(session, (method, params) => {
      if (method === 'Page.loadEventFired') done();
      if (method === 'Network.requestWillBeSent') {
        const { request } = params as { request: { url: string } };
        if (request.url !== url) requests.push(request.url);
      }
      if (method === 'Log.entryAdded' || method === 'Runtime.exceptionThrown') complaints.push(JSON.stringify(params));
      if (method === 'Runtime.consoleAPICalled' || method === 'Audits.issueAdded')
        complaints.push(JSON.stringify(params));
      // Nobody is there to answer it.
      if (method === 'Page.javascriptDialogOpening') {
        complaints.push(JSON.stringify(params));
        void command('Page.handleJavaScriptDialog', { accept: false });
      }
    });
  });
  for (const domain of ['Page', 'Network', 'Log', 'Runtime', 'Audits']) await command(`${domain}.enable`);
  await command('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile });
  const features = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }];
  await command('Emulation.setEmulatedMedia', { features });
  await command('Page.navigate', { url });
  await loaded;

  async function evaluate<T>(expression: string): Promise<T> {
    const answer = await command('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    const { result, exceptionDetails } = answer as { result: { value: T }; exceptionDetails?: Json };
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }
  /** What it does is drawn in the next frame, and seen in the one after. */
  const settled = () =>
    evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))');

  return {
    requests,
    complaints,
    command,
    evaluate,
    async press(key, shift = false) {
      const text = key === 'Enter' ? '\r' : key.length === 1 ? key : undefined;
      const code = CODES[key];
      const common = {
        key,
        ...(shift && { modifiers: 8 }),
        ...(code !== undefined && { windowsVirtualKeyCode: code }),
      };
      await command('Input.dispatchKeyEvent', { type: 'keyDown', ...common, ...(text !== undefined && { text }) });
      await command('Input.dispatchKeyEvent', { type: 'keyUp', ...common });
      await settled();
    },
    async click(selector) {
      const { x, y } = await evaluate<{ x: number; y: number }>(
        `(() => { const e = document.querySelector(${JSON.stringify(selector)}); e.scrollIntoView({ block: 'center' });
          const r = e.getBoundingClientRect(); return { x: r.x + r.width / 2, y: r.y + r.height / 2 }; })()`,
      );
      const at = { x, y, button: 'left', clickCount: 1 };
      await command('Input.dispatchMouseEvent', { type: 'mousePressed', ...at });
      await command('Input.dispatchMouseEvent', { type: 'mouseReleased', ...at });
      await settled();
    },
    async type(text) {
      await command('Input.insertText', { text });
      await settled();
    },
    async close() {
      await connection.send('Target.closeTarget', { targetId });
    },
  };
}

/** https://developer.mozilla.org/en-US/docs/Web/API/KeyboardEvent/keyCode */
const CODES: Readonly<Record<string, number>> = {
  Tab: 9,
  Enter: 13,
  Escape: 27,
  ' ': 32,
  PageUp: 33,
  PageDown: 34,
  End: 35,
  Home: 36,
  ArrowUp: 38,
  ArrowDown: 40,
};
