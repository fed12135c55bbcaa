// Reads one JSON document: a webhook that the Standard Webhooks library verifies, and a push message that http_ece decrypts.
import { createECDH } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import ece from 'http_ece';

const { webhook, push } = JSON.parse(readFileSync(process.argv[2]));
if (webhook) {
  new Webhook(webhook.secret).verify(webhook.body, webhook.headers);
  let refused = false;
  try {
    new Webhook(webhook.secret).verify(webhook.body + ' ', webhook.headers);
  } catch {
    refused = true;
  }
  if (!refused) throw new Error('a changed body was verified');
}
if (push) {
  const key = createECDH('prime256v1');
  key.setPrivateKey(Buffer.from(push.privateKey, 'base64url'));
  console.log(ece.decrypt(Buffer.from(push.body, 'base64'), { version: 'aes128gcm', privateKey: key, authSecret: push.auth }).toString());
}
console.log('verified');
