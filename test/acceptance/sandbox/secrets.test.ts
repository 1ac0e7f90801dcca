import { onSandbox, seed } from '../support/sandbox.ts';

/** That no secret of the environment gets out is checked after every run, see support/invariants.ts. */
const SECRETS = {
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjEXAMPLETOKEN//////////wEaCXVzLWVhc3QtMSJ',
};
const UNDELETE = { operation: 'undelete', 'whole-bucket': 'true' };

onSandbox('secrets stay where they are', (test) => {
  test('in a run that works', async ({ bucket, act, expect, requests }) => {
    seed(bucket, 'a', 'A x');
    const run = await act(UNDELETE, { env: { ...SECRETS, RUNNER_DEBUG: '1' } });
    expect(run.outputs.status).toBe('success');
    expect(requests()[0]?.headers['x-amz-security-token']).toBe(SECRETS.AWS_SESSION_TOKEN);
  });

  for (const code of ['SignatureDoesNotMatch', 'ExpiredToken', 'InvalidToken', 'AccessDenied']) {
    test(`when S3 says ${code}`, async ({ bucket, act, expect, fault }) => {
      seed(bucket, 'a', 'A x');
      fault({ respond: { status: code === 'ExpiredToken' ? 400 : 403, code } });
      const run = await act(UNDELETE, { env: SECRETS });
      expect(run.outputs.status).toBe('failed');
      expect(run.stdout).toContain(code === 'AccessDenied' ? 's3:GetBucketVersioning' : code);
    });
  }

  test('when there is no server', async ({ act, expect }) => {
    const run = await act({ ...UNDELETE, 'endpoint-url': 'http://127.0.0.1:9' }, { env: SECRETS, unreachable: true });
    expect(run.code).toBe(1);
    expect(run.report().error?.code).toBe('endpoint-unreachable');
  });

  test('a password in the endpoint is refused, and not shown', async ({ act, expect }) => {
    const run = await act({ ...UNDELETE, 'endpoint-url': 'https://me:hunter2@s3.example.com' });
    expect(run.code).toBe(1);
    expect(`${run.stdout}${run.stderr}${run.summary}`).not.toContain('hunter2');
    expect(run.stdout).toContain('input "endpoint-url"');
  });

  test('without credentials the mend is told', async ({ act, expect }) => {
    const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };
    const run = await act(UNDELETE, { env: none, unreachable: true });
    expect(run.code).toBe(1);
    expect(run.report().error).toMatchObject({ hint: expect.stringContaining('configure-aws-credentials') });
  });
});
