// The OpenAI client: plain, streaming, moderation, models, and how it maps errors.
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { control, simulator } from './control.mjs';

const client = new OpenAI({ baseURL: simulator + '/v1', apiKey: 'sk-test', maxRetries: 0, timeout: 5000 });
const messages = content => [{ role: 'system', content: 'You are terse.' }, { role: 'user', content }];
const chat = (content, extra) => client.chat.completions.create({ model: 'gpt-4o-mini', messages: messages(content), ...extra });

const plain = await chat('the marmot sleeps');
assert.match(plain.choices[0].message.content, /the marmot sleeps/);
assert.equal(plain.choices[0].finish_reason, 'stop');
assert.equal(plain.usage.total_tokens, plain.usage.prompt_tokens + plain.usage.completion_tokens);
assert.equal((await chat('the marmot sleeps')).choices[0].message.content, plain.choices[0].message.content);
assert.ok((await chat('a long one, please')).choices[0].message.content.length > 10000);

let text = '';
let chunks = 0;
let usage = null;
for await (const chunk of await chat('markdown please', { stream: true, stream_options: { include_usage: true } })) {
  text += chunk.choices[0]?.delta?.content ?? '';
  usage = chunk.usage ?? usage;
  chunks++;
}
assert.match(text, /```js\n/);
assert.ok(chunks > 10);
assert.ok(usage.completion_tokens > 50);

assert.equal((await client.moderations.create({ input: 'a kind word' })).results[0].flagged, false);
assert.equal((await client.moderations.create({ input: 'this is !violence' })).results[0].categories.violence, true);
assert.ok((await client.models.list()).data.some(model => model.id === 'gpt-4o-mini'));

const rejects = (promise, type, check) => assert.rejects(promise, error => {
  assert.ok(error instanceof type, `expected ${type.name}, got ${error}`);
  return check?.(error) ?? true;
});
await rejects(chat('!429 retry_after=4'), OpenAI.RateLimitError, error => error.headers.get('retry-after') === '4' && error.code === 'rate_limit_exceeded');
await rejects(chat('!503'), OpenAI.InternalServerError, error => error.status === 503);
await rejects(client.chat.completions.create({ model: 'gpt-4o-mini', messages: [] }), OpenAI.BadRequestError, error => error.param === 'messages');
await rejects(client.chat.completions.create({ model: 'm', messages: messages('!hang') }, { timeout: 200 }), OpenAI.APIConnectionTimeoutError);
await assert.rejects(async () => {
  for await (const chunk of await chat('!break after=2 and then nothing comes any more', { stream: true })) {
    assert.equal(chunk.choices[0].finish_reason, null);
  }
});
const retrying = new OpenAI({ baseURL: simulator + '/v1', apiKey: 'sk-test', maxRetries: 2 });
assert.ok((await retrying.chat.completions.create({ model: 'm', messages: messages('!500 times=1') })).choices[0].message.content);

await control('PUT', '/openai/settings', { context_tokens: 20, api_key: 'sk-right' });
await rejects(chat('hello'), OpenAI.AuthenticationError, error => error.code === 'invalid_api_key');
const right = new OpenAI({ baseURL: simulator + '/v1', apiKey: 'sk-right', maxRetries: 0 });
await rejects(right.chat.completions.create({ model: 'm', messages: messages('word '.repeat(50)) }), OpenAI.BadRequestError, error => error.code === 'context_length_exceeded');
await control('PUT', '/openai/settings', { context_tokens: 0, api_key: '' });
console.log('openai ok');
