// Telegraf with a webhook, its secret token and its answers inside the webhook response.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { Telegraf, TelegramError } from 'telegraf';
import { ask, control, simulator, until } from './control.mjs';

const botId = 1002;
const secret = 'telegraf-secret_1';
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const bot = new Telegraf(`${botId}:telegraf-token`, { telegram: { apiRoot: simulator } });
bot.start(ctx => ctx.replyWithHTML(`Hello <b>${ctx.from.first_name}</b> &amp; co`));
bot.action('more', async ctx => {
  await ctx.answerCbQuery('One more');
  await ctx.replyWithPhoto({ source: Buffer.from(png, 'base64') }, { caption: 'uploaded' });
});
bot.hears('menu', ctx => ctx.reply('Pick', { reply_markup: { inline_keyboard: [[{ text: 'More', callback_data: 'more' }]] } }));
bot.on('document', async ctx => ctx.reply('file: ' + (await ctx.telegram.getFileLink(ctx.message.document.file_id)).pathname.split('/').at(-1)));
bot.on('text', ctx => ctx.reply('echo: ' + ctx.message.text));

bot.botInfo = await bot.telegram.getMe();
assert.equal(bot.botInfo.id, botId);
let refusals = 0;
const handle = bot.webhookCallback('/hook', { secretToken: secret });
const server = createServer((request, response) => {
  assert.equal(request.headers['x-telegram-bot-api-secret-token'], secret);
  if (refusals > 0) {
    refusals--;
    response.writeHead(503).end();
    return;
  }
  handle(request, response);
});
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}/hook`;
await bot.telegram.setWebhook(url, { secret_token: secret, max_connections: 5 });
const info = await bot.telegram.getWebhookInfo();
assert.equal(info.url, url);
assert.equal(info.max_connections, 5);

const hello = await ask(botId, 502, '/start');
assert.equal(hello.text, 'Hello User 502 & co');
assert.deepEqual(hello.entities, [{ type: 'bold', offset: 6, length: 8 }]);
assert.equal((await ask(botId, 502, 'hi')).text, 'echo: hi');

const menu = await ask(botId, 502, 'menu');
const press = await control('POST', '/telegram/callbacks', { bot_id: botId, user_id: 502, message_id: menu.message_id, data: 'more' });
await until('the press is answered', async () => (await control('GET', '/telegram/callbacks/' + press.callback_query_id))?.text === 'One more');
await until('the photo arrives', async () =>
  (await control('GET', `/telegram/messages?botId=${botId}&chatId=502`)).some(message => message.photo && message.caption === 'uploaded'));
await control('POST', '/telegram/messages', { bot_id: botId, user_id: 502, media: [{ type: 'document', content: 'JVBERi0=', file_name: 'a.pdf' }] });
await until('the document is answered', async () =>
  (await control('GET', `/telegram/messages?botId=${botId}&chatId=502`)).some(message => /^file: file_\d+\.pdf$/.test(message.text)));

refusals = 2;
assert.equal((await ask(botId, 502, 'again')).text, 'echo: again');
const failed = await bot.telegram.getWebhookInfo();
assert.match(failed.last_error_message, /^Wrong response from the webhook: 503/);
await until('nothing is pending', async () => (await bot.telegram.getWebhookInfo()).pending_update_count === 0);

await assert.rejects(bot.telegram.callApi('getUpdates', { timeout: 0 }), error =>
  error instanceof TelegramError && error.code === 409 && /webhook is active/.test(error.description));
await bot.telegram.deleteWebhook();
assert.equal((await bot.telegram.getWebhookInfo()).url, '');
server.closeAllConnections();
server.close();
console.log('telegraf ok');
