// A webhook of Meta's: the handshake, and the bodies whose signature holds.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';

export async function listen(verifyToken, isSigned) {
  const bodies = [];
  const server = createServer(async (request, response) => {
    const query = new URL(request.url, 'http://x').searchParams;
    if (request.method === 'GET') {
      response.statusCode = query.get('hub.mode') === 'subscribe' && query.get('hub.verify_token') === verifyToken ? 200 : 403;
      response.end(query.get('hub.challenge'));
      return;
    }
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const raw = Buffer.concat(chunks);
    assert.ok(isSigned(raw, request.headers['x-hub-signature-256']), 'the signature holds');
    bodies.push(JSON.parse(raw));
    response.end();
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return { bodies, url: `http://127.0.0.1:${server.address().port}/webhook`, close: () => server.close() };
}
