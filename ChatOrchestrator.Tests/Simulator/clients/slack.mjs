// @slack/web-api and @slack/bolt: messages, buttons, files, slash commands, over signed HTTP and over Socket Mode.
import assert from 'node:assert/strict';
import bolt from '@slack/bolt';
import { ErrorCode, WebClient } from '@slack/web-api';
import { control, simulator, until } from './control.mjs';

const slackApiUrl = simulator + '/api/';
const messages = query => control('GET', '/slack/messages?' + query);

/** Waits until a message of the channel or direct message fits. */
const expect = (query, what, fits) => until(what, async () => (await messages(query)).find(fits));

// The client alone.
const client = new WebClient('xoxb-web-token', { slackApiUrl, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true });
const me = await client.auth.test();
assert.ok(me.ok && me.user_id && me.bot_id && me.team_id);
await control('POST', '/slack/users', { user_id: 'U501', name: 'Ada Lovelace' });
assert.equal((await client.users.info({ user: 'U501' })).user.real_name, 'Ada Lovelace');
const im = (await client.conversations.open({ users: 'U501', return_im: true })).channel;
assert.equal(im.user, 'U501');
const posted = await client.chat.postMessage({
  channel: im.id,
  text: 'Hello *there*',
  blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'Hello *there*' } }],
  metadata: { event_type: 'greeting', event_payload: { id: 7 } },
});
assert.equal(posted.message.text, 'Hello *there*');
const history = await client.conversations.history({ channel: im.id, include_all_metadata: true });
assert.deepEqual(history.messages[0].metadata, { event_type: 'greeting', event_payload: { id: 7 } });
await client.chat.update({ channel: im.id, ts: posted.ts, text: 'Changed' });
await client.reactions.add({ channel: im.id, timestamp: posted.ts, name: 'wave' });
const reply = await client.chat.postMessage({ channel: im.id, thread_ts: posted.ts, text: 'in the thread' });
const replies = (await client.conversations.replies({ channel: im.id, ts: posted.ts })).messages;
assert.deepEqual(replies.map(message => message.text), ['Changed', 'in the thread']);
assert.equal(replies[0].reactions[0].name, 'wave');
await client.chat.delete({ channel: im.id, ts: reply.ts });
const uploaded = await client.filesUploadV2({ channel_id: im.id, filename: 'note.txt', content: 'some text', initial_comment: 'Here' });
assert.ok(uploaded.ok);
const file = (await expect(`app=web&user=U501`, 'the file is in the chat', message => message.files)).files[0];
const bytes = await fetch(file.url_private_download, { headers: { Authorization: 'Bearer xoxb-web-token' } });
assert.equal(await bytes.text(), 'some text');
const refused = (promise, error) => assert.rejects(promise, e => {
  assert.equal(e.code, ErrorCode.PlatformError);
  assert.equal(e.data.error, error);
  return true;
});
await refused(client.chat.postMessage({ channel: 'C404', text: 'x' }), 'channel_not_found');
await refused(client.chat.postMessage({ channel: im.id, blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3001) } }], text: 'x' }), 'invalid_blocks');
await refused(new WebClient('nonsense', { slackApiUrl }).auth.test(), 'invalid_auth');
await control('POST', '/slack/faults', { kind: 'rate_limit', retry_after: 7 });
await assert.rejects(client.chat.postMessage({ channel: im.id, text: 'x' }), e => e.code === ErrorCode.RateLimitedError && e.retryAfter === 7);

/** What both kinds of Bolt app do. */
function behave(bot) {
  bot.error(async error => console.error(error));
  bot.message('hello', async ({ message, say }) => say({ text: `Hey <@${message.user}>`, blocks: [
    { type: 'section', text: { type: 'mrkdwn', text: 'Pick one' } },
    { type: 'actions', elements: [{ type: 'button', action_id: 'yes', value: 'y', text: { type: 'plain_text', text: 'Yes' } }] },
  ] }));
  bot.event('app_mention', async ({ event, say }) => say({ text: 'mentioned', thread_ts: event.ts }));
  bot.action('yes', async ({ ack, respond, body }) => {
    await ack();
    await respond({ text: `picked by ${body.user.id}`, replace_original: false });
  });
  bot.command('/ask', async ({ ack, command, respond }) => {
    await ack('one moment');
    await respond(`you asked ${command.text}`);
  });
}

async function converse(key, user) {
  const dm = `app=${key}&user=${user}`;
  await control('POST', '/slack/messages', { app: key, user_id: user, name: 'Robin', text: 'hello' });
  const menu = await expect(dm, `${key} answers`, message => message.blocks?.[1]?.type === 'actions');
  await control('POST', '/slack/presses', { app: key, user_id: user, ts: menu.ts, action_id: 'yes' });
  await expect(dm, `${key} hears the button`, message => message.text === `picked by ${user}`);
  await control('POST', '/slack/commands', { app: key, user_id: user, command: '/ask', text: 'why & how' });
  await expect(dm, `${key} acknowledges the command`, message => message.text === 'one moment' && message.only_for === user);
  await expect(dm, `${key} answers the command`, message => message.text === 'you asked why & how' && message.only_for === user);
  const channel = await control('POST', '/slack/channels', { name: `room-${key}`, apps: [key], users: [user] });
  const state = (await control('GET', '/slack/apps')).find(one => one.key === key);
  const question = await control('POST', '/slack/messages', { channel: channel.id, user_id: user, text: `<@${state.bot_user_id}> look` });
  await expect(`channel=${channel.id}`, `${key} hears the mention`, message => message.text === 'mentioned' && message.thread_ts === question.ts);
}

// Bolt over HTTP: the app's server verifies every signature.
const signingSecret = 'a-secret-of-the-test';
const http = new bolt.App({ token: 'xoxb-http-token', signingSecret, clientOptions: { slackApiUrl }, logLevel: bolt.LogLevel.ERROR });
behave(http);
const server = await http.start(0);
const events = `http://127.0.0.1:${server.address().port}/slack/events`;
await control('PUT', '/slack/apps/http', { signing_secret: signingSecret, request_url: events });
await converse('http', 'U601');
await http.stop();

// Bolt in Socket Mode, with a connection that Slack renews.
const socket = new bolt.App({ token: 'xoxb-sock-token', appToken: 'xapp-1-sock-token', socketMode: true, clientOptions: { slackApiUrl }, logLevel: bolt.LogLevel.ERROR });
behave(socket);
await socket.start();
await until('the socket is open', async () => (await control('GET', '/slack/apps')).some(one => one.key === 'sock' && one.mode === 'socket'));
await converse('sock', 'U602');
await socket.stop();
console.log('slack ok');
process.exit(0);
