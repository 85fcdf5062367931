/** The id of the request's X-Ray trace. Lambda sets it anew for each request, where it traces: `Root=1-…;Parent=…;Sampled=1`. */
export function traceId(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return /(?:^|;)Root=(1-[\da-f]{8}-[\da-f]{24})(?:;|$)/.exec(env['_X_AMZN_TRACE_ID'] ?? '')?.[1];
}
