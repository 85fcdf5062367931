/** The stub in a process of its own, so that its time is not its clients'. Its parent sends the items and gets the port. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { stubServer, type StubItem } from './stub.ts';

const [items] = (await once(process, 'message')) as [readonly StubItem[]];
const server = stubServer(items);
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.on('disconnect', () => process.exit());
process.send?.((server.address() as AddressInfo).port);
