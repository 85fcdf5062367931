const NAME = 'Server-Timing';

/** The answer, as Lambda's caller gets it, with a header `Server-Timing`. */
export function withServerTiming<Answer>(answer: Answer, value: string): Answer {
  if (typeof answer !== 'object' || answer === null || !('statusCode' in answer)) return answer;
  const { headers, multiValueHeaders } = answer as { readonly headers?: object; readonly multiValueHeaders?: object };
  // A load balancer with multi-value headers reads no others.
  return headers === undefined && multiValueHeaders !== undefined
    ? { ...answer, multiValueHeaders: { ...multiValueHeaders, [NAME]: [value] } }
    : { ...answer, headers: { ...headers, [NAME]: value } };
}
