/**
 * What visitors do, described by a few numbers that the stress test plays and the planner counts on.
 *
 * A visit: a first write begins the session and stores its data; then, of some, a login; then pages, each of which sends
 * its requests at the same moment; then, of some of those who logged in, a logout. Bots come without a cookie and store
 * nothing.
 */
import * as v from 'valibot';

/** Requests to DynamoDB and units depend on which of these a request is. */
export type RequestKind = 'bot' | 'first write' | 'read-only' | 'change' | 'login' | 'logout';

/** A number in bounds; what is allowed is what the message says. */
const number = (least: number, most: number) => {
  const says = `a number from ${least} to ${most}`;
  return v.pipe(v.number(says), v.minValue(least, says), v.maxValue(most, says));
};
const whole = (least: number, most: number) => {
  const says = `a whole number from ${least} to ${most.toLocaleString('en-US')}`;
  return v.pipe(v.number(says), v.integer(says), v.minValue(least, says), v.maxValue(most, says));
};
const share = number(0, 1);

export const TrafficSchema = v.strictObject({
  /** Bytes of a session's data, as JSON. */
  size: v.optional(whole(20, 100_000), 300),
  /** Share of the requests of pages that only read; the others read and change. */
  readOnly: v.optional(share, 0.8),
  /** Pages of a visit, after its first write. */
  pages: v.optional(whole(1, 1000), 10),
  /** Requests that a page sends at the same moment. */
  parallel: v.optional(whole(1, 20), 1),
  /** Share of the visits with a login. */
  logins: v.optional(share, 0.1),
  /** Share of the visits with a login that end with a logout. */
  logouts: v.optional(share, 0.5),
  /** Share of all requests that are bots'. Less than 1. */
  bots: v.optional(number(0, 0.99), 0.2),
});

export type Traffic = v.InferOutput<typeof TrafficSchema>;

/** Requests of each kind that come with one visit, bots' in proportion included. */
export function requestsOfVisit({
  readOnly,
  pages,
  parallel,
  logins,
  logouts,
  bots,
}: Traffic): Record<RequestKind, number> {
  const ofPages = pages * parallel;
  const people = 1 + logins + logins * logouts + ofPages;
  return {
    bot: (people * bots) / (1 - bots),
    'first write': 1,
    'read-only': ofPages * readOnly,
    change: ofPages * (1 - readOnly),
    login: logins,
    logout: logins * logouts,
  };
}
