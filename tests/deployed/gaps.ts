/** What the local AWS does not do of what the service's stack asks of AWS. README and docs name them too. */

interface Gap {
  readonly missing: string;
  readonly instead: string;
}

const TEMPLATE = 'checked in the packaged template';

export const GAPS = {
  cookies: {
    missing: 'events of the HTTP API have no `cookies` array, only the header',
    instead: 'the function is invoked with an event as AWS sends it',
  },
  options: {
    missing: 'OPTIONS is refused to an API that leaves CORS to its function',
    instead: 'emulator.py hands it over, as AWS does',
  },
  hosts: {
    missing: 'under the host name of the API, paths such as /health and /login are taken for its own',
    instead: 'requests name the API in the path',
  },
  timeToLive: { missing: "a table's TTL stays off", instead: TEMPLATE },
  encryption: { missing: "a table's encryption is not set", instead: TEMPLATE },
  backups: { missing: "a table's point-in-time recovery is not set", instead: TEMPLATE },
  throttling: { missing: 'nothing is throttled, neither the API nor the table', instead: TEMPLATE },
  autoscaling: {
    missing: 'no autoscaling: emulator.py makes it accept such resources',
    instead: 'the template of such a stage is checked, and not deployed here',
  },
  alarms: { missing: 'no alarms on formulas of metrics: emulator.py makes it accept them', instead: TEMPLATE },
  windows: {
    missing: "no tumbling windows of a stream: emulator.py adds the shard's id to the event, and asks for the state",
    instead: TEMPLATE,
  },
  stream: { missing: 'a failed batch is tried again as a whole, each second', instead: TEMPLATE },
  partiql: {
    missing: 'asks for the action BatchExecuteStatement where AWS asks for PartiQLDelete',
    instead: '`purge` gets that one as well before it is invoked',
  },
  leadingKeys: {
    missing: 'ignores the condition dynamodb:LeadingKeys of a policy',
    instead: 'it is compared with the packaged template',
  },
  hardware: { missing: "functions run on this machine's processor, with all of its memory", instead: TEMPLATE },
} as const satisfies Record<string, Gap>;

export function printGaps(): void {
  const lines = Object.values(GAPS).map(({ missing, instead }) => `- ${missing}: ${instead}`);
  console.log(`What this local AWS does not do, and what is done instead:\n${lines.join('\n')}\n`);
}
