/** What the local AWS does not do of what the service asks of AWS, and what is done instead. docs/local-aws.md has it too. */

export interface Gap {
  readonly missing: string;
  readonly instead: string;
}

const TEMPLATE = 'The packaged template is checked.';

export const GAPS: readonly Gap[] = [
  {
    missing: 'Events of an HTTP API have no array of cookies, only the header.',
    instead: 'The function is also invoked with an event as AWS sends it.',
  },
  {
    missing: 'Under the host name of an API, it takes paths such as /health and /login for its own.',
    instead: 'Requests name the API in their path.',
  },
  {
    missing: 'It refuses OPTIONS to an API that leaves CORS to its function.',
    instead: 'emulator.py hands it to the function, as AWS does.',
  },
  { missing: "A table's TTL, encryption and backups stay off.", instead: TEMPLATE },
  { missing: 'Nothing is throttled: neither the API, nor the table, nor a function.', instead: TEMPLATE },
  {
    missing: 'It refuses alarms on several metrics, and autoscaling.',
    instead: 'emulator.py has it accept them and do nothing. The packaged template is checked.',
  },
  {
    missing: "Streams have no tumbling windows, so the event has no shard's id.",
    instead: 'emulator.py adds it, and takes an answer without a state for a failure.',
  },
  {
    missing: 'What a PartiQL statement deletes is not in the stream.',
    instead: 'emulator.py puts it there.',
  },
  {
    missing: 'A batch of the stream that fails is tried again every second, as a whole, until its records are too old.',
    instead: "That is tested on DynamoDB Local's stream.",
  },
  {
    missing:
      'PartiQL needs the action dynamodb:BatchExecuteStatement, which AWS does not have, for dynamodb:PartiQLDelete.',
    instead: 'The role of purge gets that one too before it is invoked, and loses it afterwards.',
  },
  {
    missing: 'The condition dynamodb:LeadingKeys of a policy is not looked at.',
    instead: 'It is compared with the packaged template.',
  },
  {
    missing: "Functions run on this machine's processor and the project's Node.js, with all of its memory.",
    instead: 'Their configuration is compared with the packaged template.',
  },
];

export function printGaps(): void {
  const lines = GAPS.map(({ missing, instead }) => `- ${missing} ${instead}`);
  console.log(`What this local AWS does not do, and what is done instead:\n${lines.join('\n')}\n`);
}
