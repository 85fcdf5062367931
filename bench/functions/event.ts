/** Requests as an HTTP API of API Gateway hands them to a function (payload 2.0), and what it gets besides. */
import type { Context } from 'aws-lambda';

export interface SentRequest {
  readonly method: string;
  readonly path: `/${string}`;
  /** `name=value`; none: a first visit. */
  readonly cookie?: string | undefined;
  /** JSON. */
  readonly body?: string | undefined;
}

export interface Answer {
  readonly statusCode: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
}

export type Handler = (event: object, context: object) => Promise<Answer>;

/** The headers of a browser behind API Gateway. */
const HEADERS = {
  accept: 'application/json, text/plain, */*',
  'accept-encoding': 'gzip, deflate, br, zstd',
  'accept-language': 'en-GB,en;q=0.9,de;q=0.8',
  'content-length': '0',
  host: 'abcdefghij.execute-api.eu-central-1.amazonaws.com',
  'sec-ch-ua': '"Chromium";v="148", "Not)A;Brand";v="24"',
  'sec-ch-ua-mobile': '?0',
  'sec-ch-ua-platform': '"Linux"',
  'sec-fetch-dest': 'empty',
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'same-origin',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36',
  'x-amzn-trace-id': 'Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e',
  'x-forwarded-for': '205.255.255.176',
  'x-forwarded-port': '443',
  'x-forwarded-proto': 'https',
} as const;

const HOST = HEADERS.host;

/** A new one for each call: functions may change what they get. */
export function eventOf({ method, path, cookie, body }: SentRequest): object {
  const sent = body !== undefined && {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  };
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    ...(cookie !== undefined && { cookies: [cookie] }),
    headers: { ...HEADERS, ...sent },
    requestContext: {
      accountId: '123456789012',
      apiId: 'abcdefghij',
      domainName: HOST,
      domainPrefix: 'abcdefghij',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '205.255.255.176', userAgent: HEADERS['user-agent'] },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey: '$default',
      stage: '$default',
      time: '24/Nov/2026:19:00:00 +0000',
      timeEpoch: 1_795_546_800_000,
    },
    ...(body !== undefined && { body }),
    isBase64Encoded: false,
  };
}

/** @param remainingMs what the function's timeout leaves it */
export function contextOf(remainingMs = 10_000): Partial<Context> {
  const end = Date.now() + remainingMs;
  return {
    functionName: 'http',
    awsRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
    getRemainingTimeInMillis: () => end - Date.now(),
  };
}
