import { nameIn } from '../middleware/http-response.ts';

const NAME = 'Server-Timing';

type Headers = Readonly<Record<string, string | readonly string[]>>;

/** The answer, as Lambda's caller gets it, with a header `Server-Timing`; after what a handler itself says in one. */
export function withServerTiming<Answer>(answer: Answer, value: string): Answer {
  if (typeof answer !== 'object' || answer === null || !('statusCode' in answer)) return answer;
  const { headers, multiValueHeaders } = answer as { readonly headers?: Headers; readonly multiValueHeaders?: Headers };
  // A load balancer with multi-value headers reads no others.
  if (headers === undefined && multiValueHeaders !== undefined) {
    const name = nameIn(multiValueHeaders, NAME);
    return {
      ...answer,
      multiValueHeaders: { ...multiValueHeaders, [name]: [multiValueHeaders[name] ?? [], value].flat() },
    };
  }
  // In whichever case it stands there: twice, one of the two might be lost on the way.
  const name = nameIn(headers ?? {}, NAME);
  const all = [headers?.[name] ?? [], value].flat().join(', ');
  return { ...answer, headers: { ...headers, [name]: all } };
}
