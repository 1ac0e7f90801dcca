import { describe, expect, test } from 'vitest';
import { ACTIONS_BOT, READ_ONLY_TOKEN } from '../../support/fake-github.ts';
import { aGitHub, opened } from './opened.ts';

/** What the stand-in answers is what GitHub documents: https://docs.github.com/en/rest/issues/comments */
describe('the fake GitHub has comments', () => {
  test('they are written, listed, changed and deleted', async () => {
    const fake = await aGitHub();
    fake.repository.addIssue({ pullRequest: true });
    const { github } = opened(fake);
    const made = await github.request('POST /issues/{number}/comments', { number: 1, body: 'a' });
    expect(made).toMatchObject({ body: 'a', user: ACTIONS_BOT, html_url: expect.stringContaining('#issuecomment-') });
    const [comment] = fake.repository.comments;
    await github.request('PATCH /issues/comments/{id}', { id: comment?.id, body: 'b' });
    expect(await github.request('GET /issues/{number}/comments', { number: 1 })).toMatchObject([{ body: 'b' }]);
    await github.request('DELETE /issues/comments/{id}', { id: comment?.id });
    expect(fake.repository.comments).toEqual([]);
    await expect(github.request('GET /issues/comments/{id}', { id: comment?.id })).rejects.toThrow('Not Found');
  });

  test('they come in pages, oldest first', async () => {
    const fake = await aGitHub();
    fake.repository.addIssue();
    for (let i = 0; i < 250; i++) fake.repository.addComment(1, { body: String(i) });
    const pages: (readonly unknown[])[] = [];
    for await (const page of opened(fake).github.pages('GET /issues/{number}/comments', { number: 1 }, 10)) {
      pages.push(page);
    }
    expect(pages.map((page) => page.length)).toEqual([100, 100, 50]);
    expect(pages.flat()).toMatchObject(Array.from({ length: 250 }, (_, i) => ({ body: String(i) })));
  });

  test('one can be folded away', async () => {
    const fake = await aGitHub();
    fake.repository.addIssue();
    const { nodeId } = fake.repository.addComment(1);
    const { github } = opened(fake);
    const query =
      'mutation ($subjectId: ID!) { minimizeComment(input: { subjectId: $subjectId, classifier: OUTDATED }) { clientMutationId } }';
    await github.graphql(query, { subjectId: nodeId });
    expect(
      await github.graphql('query ($id: ID!) { node(id: $id) { ... on IssueComment { isMinimized } } }', {
        id: nodeId,
      }),
    ).toMatchObject({ node: { isMinimized: true } });
    await expect(github.graphql(query, { subjectId: 'IC_0' })).rejects.toThrow('Could not resolve');
  });

  test('a token that may only read writes none, and one too long is refused', async () => {
    const fake = await aGitHub();
    fake.repository.addIssue();
    const write = (token: string | undefined, body: string) =>
      opened(fake, token === undefined ? {} : { token }).github.request('POST /issues/{number}/comments', {
        number: 1,
        body,
      });
    await expect(write(READ_ONLY_TOKEN, 'a')).rejects.toThrow('Resource not accessible by integration');
    await expect(write(undefined, 'x'.repeat(65_537))).rejects.toThrow('Body is too long');
    await expect(write(undefined, '\u{1f600}'.repeat(65_536))).resolves.toMatchObject({ user: ACTIONS_BOT });
  });
});
