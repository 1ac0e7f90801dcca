import { type Answer, type Call, type Place, refuse, type Token } from './fake-github-rest.ts';

/** The few questions of GraphQL that we ask: who am I, is this comment folded away, fold it away. */
export function answerGraphql({ repository }: Place, token: Token, call: Call): Answer {
  if (call.method !== 'POST') return refuse(404, 'Not Found');
  const { query = '', variables = {} } = call.body as { query?: string; variables?: Record<string, unknown> };
  const commentOf = (id: unknown) => repository.comments.find((one) => one.nodeId === id);

  if (/\bviewer\b/.test(query)) return data({ viewer: { login: token.account.login } });

  if (/\bminimizeComment\b/.test(query)) {
    const input = { ...variables, ...(variables.input as Record<string, unknown> | undefined) };
    const comment = commentOf(input.subjectId ?? input.id ?? input.nodeId);
    if (comment === undefined) return error('NOT_FOUND', 'Could not resolve to a node with the global id.');
    const onPullRequest = repository.issue(comment.issue)?.pullRequest === true;
    if (token.issues !== 'write' && !(onPullRequest && token.pullRequests === 'write')) {
      return error('FORBIDDEN', 'Resource not accessible by integration');
    }
    const classifier = String(input.classifier ?? 'OUTDATED');
    comment.minimized = classifier.toLowerCase();
    return data({ minimizeComment: { minimizedComment: { isMinimized: true, minimizedReason: comment.minimized } } });
  }

  if (/\bnodes?\s*\(/.test(query)) {
    const shown = (id: unknown) => {
      const comment = commentOf(id);
      return comment === undefined ? null : { id, isMinimized: comment.minimized !== undefined, body: comment.body };
    };
    if (Array.isArray(variables.ids)) return data({ nodes: variables.ids.map(shown) });
    return data({ node: shown(variables.id) });
  }
  return error('undefinedField', 'The fake GitHub does not know this query');
}

const data = (found: unknown): Answer => ({ status: 200, body: { data: found } });

const error = (type: string, message: string): Answer => ({
  status: 200,
  body: { data: null, errors: [{ type, message }] },
});
