// Bottender's client of the Messenger Platform: text, templates, profiles, actions, errors.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import messaging from 'messaging-api-messenger';
import { control, simulator, until } from './control.mjs';
import { listen } from './webhook.mjs';

const [appSecret, accessToken, person] = ['bottender-app-secret', 'bottender-token', '6254119217964421'];
const client = new messaging.MessengerClient({ accessToken, appSecret, version: '25.0', origin: simulator });
const page = await client.getPageInfo();
const hook = await listen('bottender-verify', (raw, given) => given === 'sha256=' + createHmac('sha256', appSecret).update(raw).digest('hex'));
await control('PUT', `/meta/messenger/accounts/${page.id}`, { name: 'A page', app_secret: appSecret, webhook_url: hook.url, verify_token: 'bottender-verify' });
const act = (what, more) => control('POST', '/meta/messenger/' + what, { account: page.id, person, name: 'Ada Lovelace', ...more });
const events = () => hook.bodies.flatMap(body => body.entry).flatMap(entry => entry.messaging);

await assert.rejects(client.sendText(person, 'too early'), /No matching user found/);
await act('messages', { text: 'Hello' });
await until('the message is heard', () => events().some(e => e.message?.text === 'Hello'));
assert.equal((await client.getUserProfile(person)).firstName, 'Ada');
await client.typingOn(person);
const { messageId } = await client.sendMessage(person, { text: 'Hi there', metadata: 'mine' });
await until('it is echoed', () => events().some(e => e.message?.is_echo && e.message.mid === messageId && e.message.metadata === 'mine'));
await until('it is delivered', () => events().some(e => e.delivery?.mids.includes(messageId)));

const menu = await client.sendButtonTemplate(person, 'Pick', [{ type: 'postback', title: 'Yes', payload: 'YES' }, { type: 'web_url', title: 'Open', url: 'https://example.com' }]);
await act('presses', { message_id: menu.messageId, button_id: 'YES' });
await until('the press is heard', () => events().some(e => e.postback?.payload === 'YES'));
const quick = await client.sendText(person, 'Colour?', { quickReplies: [{ contentType: 'text', title: 'Red', payload: 'RED' }] });
await act('presses', { message_id: quick.messageId, button_id: 'RED' });
await until('the reply is heard', () => events().some(e => e.message?.quick_reply?.payload === 'RED'));
await client.sendImage(person, 'https://example.com/a.png');

await assert.rejects(client.sendText(person, 'x'.repeat(2001)), /2000/);
await act('silences', { hours: 25 });
await assert.rejects(client.sendText(person, 'too late'), /outside of allowed window/);
await client.sendText(person, 'from a human', { messagingType: 'MESSAGE_TAG', tag: 'HUMAN_AGENT' });

hook.close();
console.log('messenger ok');
