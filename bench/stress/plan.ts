/** What each visitor does, one request after the other: `Traffic` played out, the same for the same seed. */
import { sampleData } from '../capacity/sample.ts';
import { type RequestKind, requestsOfVisit, type Traffic } from '../traffic/traffic.ts';
import { type Random, randomOf } from './random.ts';

export interface PlannedRequest {
  readonly kind: RequestKind;
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly path: string;
  /** JSON. */
  readonly body?: string;
}

export interface Visit {
  readonly first: PlannedRequest;
  readonly login?: PlannedRequest;
  /** Of each page the requests that it sends at the same moment. */
  readonly pages: readonly (readonly PlannedRequest[])[];
  readonly logout?: PlannedRequest;
}

/** The session's only key, until it counts visits or knows its user. */
const KEY = 'cart';

export const BOT: PlannedRequest = { kind: 'bot', method: 'GET', path: '/' };

const READ: PlannedRequest = { kind: 'read-only', method: 'GET', path: '/session' };
const CHANGE: PlannedRequest = { kind: 'change', method: 'POST', path: '/session/visits' };
const LOGOUT: PlannedRequest = { kind: 'logout', method: 'POST', path: '/logout' };

export interface PlanOptions {
  readonly traffic: Traffic;
  readonly seed: number;
  /** Makes users of this run others than those of another one, whose records would have grown. */
  readonly run: string;
}

/** @param number of the visit in its run, from 0 on */
export function visitOf({ traffic, seed, run }: PlanOptions, number: number): Visit {
  const random = randomOf(seed, number);
  const offset = randomOf(seed, -1)();
  const logins = [countOf(number, traffic.logins, offset), countOf(number + 1, traffic.logins, offset)] as const;
  const hasLogin = logins[1] > logins[0];
  const hasLogout = countOf(logins[1], traffic.logouts, offset) > countOf(logins[0], traffic.logouts, offset);
  const login: PlannedRequest = {
    kind: 'login',
    method: 'POST',
    path: '/login',
    body: JSON.stringify({ user: `stress-${run}-${number}` }),
  };
  return {
    first: {
      kind: 'first write',
      method: 'PUT',
      path: `/session/data/${KEY}`,
      body: cartOfSize(traffic.size),
    },
    ...(hasLogin && { login }),
    pages: Array.from({ length: traffic.pages }, () => pageOf(traffic, random)),
    ...(hasLogout && { logout: LOGOUT }),
  };
}

/**
 * How many of the first so many have something that a share of all has: evenly spread and not drawn, since a run has few
 * logins, and chance would make it cost something else than its traffic.
 */
function countOf(number: number, share: number, offset: number): number {
  return Math.floor(number * share + offset);
}

const carts = new Map<number, string>();

/** The same for every visitor: that of which the planner knows what it takes in the table, also compressed. */
function cartOfSize(bytes: number): string {
  const cart = carts.get(bytes) ?? JSON.stringify(sampleData(bytes)[KEY]);
  carts.set(bytes, cart);
  return cart;
}

function pageOf({ parallel, readOnly }: Traffic, random: Random): PlannedRequest[] {
  return Array.from({ length: parallel }, () => (random() < readOnly ? READ : CHANGE));
}

/** Requests a second of each kind. */
export function requestsPerSecond(traffic: Traffic, visitors: number): Record<RequestKind, number> {
  const { bot, login, logout, change, ...others } = requestsOfVisit(traffic);
  return {
    bot: bot * visitors,
    'first write': others['first write'] * visitors,
    'read-only': others['read-only'] * visitors,
    change: change * visitors,
    login: login * visitors,
    logout: logout * visitors,
  };
}

export function totalOf(counts: Readonly<Record<RequestKind, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
