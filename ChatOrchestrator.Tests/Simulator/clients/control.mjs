// What the three scripts share: the control API, and a failure that names what was expected.
import assert from 'node:assert/strict';

export const simulator = process.argv[2];
assert.ok(simulator, 'usage: node <script> <simulator url>');

export async function control(method, path, body) {
  const response = await fetch(simulator + '/simulator' + path, {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** Sends as a user and waits for the bot's next message. */
export async function ask(botId, userId, text) {
  const sent = await control('POST', '/telegram/messages', { bot_id: botId, user_id: userId, text });
  const messages = await control('GET', `/telegram/messages?botId=${botId}&chatId=${userId}&after=${sent.message_id}&waitMs=10000`);
  const answer = messages.find(message => message.from.is_bot);
  assert.ok(answer, `no answer to ${text}`);
  return answer;
}

/** Waits for a condition with a deadline. */
export async function until(what, check, milliseconds = 10000) {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const value = await check();
    if (value) {
      return value;
    }
    assert.ok(Date.now() < deadline, 'timed out: ' + what);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
