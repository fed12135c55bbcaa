// Kapso's client of the WhatsApp Cloud API: text, buttons, media, signatures, errors.
import assert from 'node:assert/strict';
import { WhatsAppClient } from '@kapso/whatsapp-cloud-api';
import { normalizeWebhook, verifySignature } from '@kapso/whatsapp-cloud-api/server';
import { control, simulator, until } from './control.mjs';
import { listen } from './webhook.mjs';

const [appSecret, accessToken, phoneNumberId, person] = ['kapso-app-secret', 'kapso-token', '106540352242922', '16315551234'];
const hook = await listen('kapso-verify', (rawBody, signatureHeader) => verifySignature({ appSecret, rawBody, signatureHeader }));
await assert.rejects(control('PUT', `/meta/whatsapp/accounts/${phoneNumberId}`, { webhook_url: hook.url, verify_token: 'wrong' }), /couldn't be validated/);
await control('PUT', `/meta/whatsapp/accounts/${phoneNumberId}`, { app_secret: appSecret, access_token: accessToken, webhook_url: hook.url, verify_token: 'kapso-verify' });
const act = (what, more) => control('POST', '/meta/whatsapp/' + what, { account: phoneNumberId, person, name: 'Ada', ...more });
const events = () => hook.bodies.map(normalizeWebhook);

const client = new WhatsAppClient({ accessToken, baseUrl: simulator });
await act('messages', { text: 'Hello' });
const inbound = await until('the message is heard', () => events().flatMap(e => e.messages)[0]);
assert.equal(inbound.text.body, 'Hello');
await client.messages.markRead({ phoneNumberId, messageId: inbound.id });

const sent = await client.messages.sendText({ phoneNumberId, to: person, body: 'Hi *there*' });
assert.match(sent.messages[0].id, /^wamid\./);
await until('it is delivered', () => events().flatMap(e => e.statuses).some(s => s.id === sent.messages[0].id && s.status === 'delivered'));

const menu = await client.messages.sendInteractiveButtons({ phoneNumberId, to: person, bodyText: 'Pick', buttons: [{ id: 'yes', title: 'Yes' }, { id: 'no', title: 'No' }] });
await act('presses', { message_id: menu.messages[0].id, button_id: 'yes' });
await until('the press is heard', () => events().flatMap(e => e.messages).some(m => m.type === 'interactive' && JSON.stringify(m.interactive).includes('"yes"')));

const { id: mediaId } = await client.media.upload({ phoneNumberId, type: 'image/png', file: new Blob([new Uint8Array([1, 2, 3])], { type: 'image/png' }), fileName: 'dot.png' });
await client.messages.sendImage({ phoneNumberId, to: person, image: { id: mediaId, caption: 'A dot' } });
assert.equal((await client.media.get({ mediaId, phoneNumberId })).mimeType, 'image/png');
assert.deepEqual([...new Uint8Array(await client.media.download({ mediaId, phoneNumberId }))], [1, 2, 3]);

await control('POST', '/meta/faults', { kind: 'error', account: phoneNumberId, status: 429, code: 131056 });
await assert.rejects(client.messages.sendText({ phoneNumberId, to: person, body: 'x' }), error => error.code === 131056);
await act('silences', { hours: 25 });
const late = await client.messages.sendText({ phoneNumberId, to: person, body: 'too late' });
await until('it failed', () => events().flatMap(e => e.statuses).some(s => s.id === late.messages[0].id && s.status === 'failed' && s.errors[0].code === 131047));

hook.close();
console.log('whatsapp ok');
