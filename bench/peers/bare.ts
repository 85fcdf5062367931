/** The floor of a service: Middy, its router, and the calls of the AWS SDK that a route needs. */
import middy from '@middy/core';
import httpRouter from '@middy/http-router';
import { countVisit, destroy, type Event, put, regenerate, type Result, show } from './raw.ts';

export const handler = middy<Event, Result>().handler(
  httpRouter<Event, Result>([
    { method: 'GET', path: '/session', handler: show },
    { method: 'POST', path: '/session/visits', handler: countVisit },
    {
      method: 'PUT',
      path: '/session/data/{key}',
      handler: (event: Event) => put(event, event.pathParameters?.['key'] ?? ''),
    },
    { method: 'DELETE', path: '/session', handler: destroy },
    { method: 'POST', path: '/session/regenerate', handler: regenerate },
  ]),
);
