/** The floor without a framework: a plain function and the calls of the AWS SDK that a route needs. */
import { countVisit, destroy, type Event, put, regenerate, type Result, show } from './raw.ts';

const DATA = 'PUT /session/data/';

export async function handler(event: Event): Promise<Result> {
  const request = `${event.requestContext.http.method} ${event.rawPath}`;
  if (request === 'GET /session') return show(event);
  if (request === 'POST /session/visits') return countVisit(event);
  if (request.startsWith(DATA)) return put(event, request.slice(DATA.length));
  if (request === 'DELETE /session') return destroy(event);
  if (request === 'POST /session/regenerate') return regenerate(event);
  return { statusCode: 404 };
}
