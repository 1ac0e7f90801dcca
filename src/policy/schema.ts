import * as z from 'zod';
import { EVENT_KINDS } from '../core/event.ts';
import { quoted } from './problems.ts';
import {
  between,
  bucketGlob,
  type Check,
  DURATION,
  durationMs,
  keyGlob,
  lineOfText,
  principalGlob,
  sourceIp,
} from './values.ts';
import { notOneOf, unexpected, wrongVersion } from './words.ts';

/** The policy as it is written. policy.schema.json is made of it: run `node scripts/policy-schema.ts` after a change. */

function checked(schema: z.ZodString, check: Check) {
  return schema.superRefine((value, context) => {
    const message = check(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}

function text(mend: string, check: Check) {
  return checked(z.string({ error: unexpected('a text', mend) }), check);
}

const DURATION_MEND = 'Write a whole number and s, m, h or d: 30s, 10m, 2h';

/** In the file `30s`, `10m`, `2h`, `1d`; read as ms. */
function duration(check: Check) {
  const error = ({ input }: { readonly input?: unknown }) =>
    typeof input === 'number'
      ? `${input} has no unit. ${DURATION_MEND}.`
      : unexpected('a duration', DURATION_MEND)({ input });
  const schema = z.string({ error }).regex(DURATION, { error: ({ input }) => noDuration(input) });
  return checked(schema, check).transform(durationMs);
}

function noDuration(input: unknown): string {
  return `${quoted(String(input))} is no duration. ${DURATION_MEND}.`;
}

function wholeNumber() {
  const range = `a whole number from 1 to ${MOST.toLocaleString('en')}`;
  const error = ({ input }: { readonly input?: unknown }) =>
    typeof input === 'number'
      ? `${input} is not ${range}. Write one.`
      : unexpected(range, 'Write one in digits, without quotes')({ input });
  return z.int({ error }).min(1, { error }).max(MOST, { error });
}

/** More than one run ever sees. */
const MOST = 1_000_000;

/** One, or a list of them; read as a list. `mend`: for an empty list, where that makes no sense. */
function listOf<T extends string>(item: z.ZodType<T, string>, mend?: string) {
  const list = z.array(item);
  const some = mend === undefined ? list : list.min(1, { error: () => `is an empty list. ${mend}.` });
  return z.union([item, some]).transform((value) => (Array.isArray(value) ? value : [value]));
}

const GLOB_MEND = 'Write a glob, or a list of globs';

const wantedBy = z
  .strictObject(
    {
      principals: listOf(text(GLOB_MEND, principalGlob))
        .prefault([])
        .meta({
          description:
            'Globs for who did it, as the events name it: AWS:AROA…:session-name for a role. * stands for anything. ' +
            'EventBridge tells only the account id. One, or a list.',
        }),
      'source-ips': listOf(text('Write an address, or a block of addresses, in quotes', sourceIp)).prefault([]).meta({
        description:
          'IPv4 and IPv6 addresses, or blocks such as 10.0.0.0/8, from which the requests came. One, or a list.',
      }),
    },
    { error: unexpected('a set of fields', 'Write principals: or source-ips: below it, indented') },
  )
  .meta({ description: 'What these do is wanted, and left alone. One match, in either list, is enough.' });

const onlyIf = z
  .strictObject(
    {
      'at-least': wholeNumber().meta({ description: 'So many events at least.' }),
      // Amazon SQS keeps no message for longer:
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
      within: duration(between('1s', '14d')).meta({
        description: 'Within so long: a whole number and s, m, h or d. 1s to 14d.',
      }),
    },
    { error: unexpected('a set of fields', 'Write only-if: { at-least: 20, within: 10m }') },
  )
  .meta({
    description: 'Act only on a burst: at least so many unwanted events of this rule, within so long, in one run.',
  });

const name = checked(
  z
    .string({ error: unexpected('a text', 'Give every rule a name of its own') })
    .min(1, { error: () => 'is empty. Give every rule a name.' })
    .max(100, { error: () => 'has more than 100 characters. Shorten it.' }),
  lineOfText,
).meta({ description: 'What the rule is called in messages and reports. Every rule has a name of its own.' });

const rule = z
  .strictObject(
    {
      name,
      bucket: text('Name the bucket', bucketGlob).meta({
        description: 'The bucket, or a glob for the names of several.',
      }),
      keys: listOf(text(GLOB_MEND, keyGlob), 'Leave it out for all keys').prefault(['**']).meta({
        description: 'Globs, tested against the whole key. ** goes through slashes, * does not. One, or a list.',
      }),
      'except-keys': listOf(text(GLOB_MEND, keyGlob))
        .prefault([])
        .meta({ description: 'Globs for keys that this rule has nothing to do with. One, or a list.' }),
      on: listOf(z.enum(EVENT_KINDS, { error: notOneOf(EVENT_KINDS) }), 'Leave it out for delete-marker')
        .prefault(['delete-marker'])
        .meta({
          description:
            'delete-marker: somebody deleted the key. lifecycle-delete-marker: a lifecycle rule did. overwrite: ' +
            'something was written over it. One, or a list.',
        }),
      'wanted-by': wantedBy.optional(),
      'only-if': onlyIf.optional(),
      // A message cannot be put off for longer:
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
      'hold-off': duration(between('0s', '12h')).prefault('0s').meta({
        description: 'Events younger than this are left for the next run: a whole number and s, m, h or d. 0s to 12h.',
      }),
      // biome-ignore lint/suspicious/noThenProperty: the field's name in the file.
      then: z
        .enum(['restore', 'report'], { error: notOneOf(['restore', 'report']) })
        .prefault('restore')
        .meta({ description: 'restore: undo what is unwanted. report: tell of it, and leave it alone.' }),
      'max-restores-per-key': wholeNumber().optional().meta({
        description:
          'A key with more unwanted events than this in one run is not restored but reported: somebody keeps deleting it.',
      }),
    },
    { error: unexpected('a rule', 'Write - name: and below it bucket:, indented') },
  )
  .meta({ description: 'Which events it is about, and what is done then.' });

export const policySchema = z.strictObject(
  {
    version: z
      .literal(1, { error: ({ input }) => wrongVersion(input) })
      .meta({ description: 'The version of this format: 1.' }),
    rules: z
      .array(rule, { error: unexpected('a list of rules', 'Begin each rule with a hyphen and its name') })
      .min(1, { error: () => 'is an empty list. Write a rule, or remove the file for the default.' })
      .meta({ description: 'The first rule that matches an event decides. No match: the key is left alone.' }),
  },
  { error: unexpected('a policy', 'Begin the file with version: 1, and rules: below') },
);

export type PolicyFile = z.output<typeof policySchema>;

/** The names of the fields, by the field that they are in. */
export const FIELDS = {
  policy: Object.keys(policySchema.shape),
  rule: Object.keys(rule.shape),
  'wanted-by': Object.keys(wantedBy.shape),
  'only-if': Object.keys(onlyIf.shape),
} as const;
