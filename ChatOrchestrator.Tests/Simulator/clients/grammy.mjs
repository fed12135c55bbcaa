// grammY with long polling: commands, text, formatting, buttons, edits, errors.
import assert from 'node:assert/strict';
import { Bot, GrammyError, InlineKeyboard } from 'grammy';
import { ask, control, simulator, until } from './control.mjs';

const botId = 1001;
const bot = new Bot(`${botId}:grammy-token`, { client: { apiRoot: simulator } });
bot.command('start', ctx => ctx.reply('Welcome, *' + ctx.from.first_name + '*\\!', { parse_mode: 'MarkdownV2' }));
bot.command('menu', ctx => ctx.reply('Pick', { reply_markup: new InlineKeyboard().text('Yes', 'yes').text('No', 'no') }));
bot.callbackQuery('yes', async ctx => {
  await ctx.answerCallbackQuery({ text: 'Noted' });
  await ctx.editMessageText('You picked yes');
});
bot.on('edited_message:text', ctx => ctx.reply('edited: ' + ctx.editedMessage.text));
bot.on('message:text', async ctx => {
  await ctx.replyWithChatAction('typing');
  await ctx.reply('echo: ' + ctx.message.text, { reply_parameters: { message_id: ctx.message.message_id } });
});
await bot.api.setMyCommands([{ command: 'start', description: 'Begin' }]);
const running = bot.start({ timeout: 5 });
await until('the bot polls', async () => (await control('GET', '/telegram/bots')).some(state => state.bot.id === botId && state.mode === 'polling'));
assert.equal(bot.botInfo.id, botId);
assert.deepEqual(await bot.api.getMyCommands(), [{ command: 'start', description: 'Begin' }]);

await control('POST', '/telegram/users', { user_id: 501, first_name: 'Ada' });
const welcome = await ask(botId, 501, '/start');
assert.equal(welcome.text, 'Welcome, Ada!');
assert.deepEqual(welcome.entities, [{ type: 'bold', offset: 9, length: 3 }]);
const echo = await ask(botId, 501, 'hello 👋');
assert.equal(echo.text, 'echo: hello 👋');
assert.equal(echo.reply_to_message.text, 'hello 👋');

const menu = await ask(botId, 501, '/menu');
const press = await control('POST', '/telegram/callbacks', { bot_id: botId, user_id: 501, message_id: menu.message_id, data: 'yes' });
await until('the button is answered', async () => (await control('GET', '/telegram/callbacks/' + press.callback_query_id))?.text === 'Noted');
await until('the message is edited', async () => {
  const messages = await control('GET', `/telegram/messages?botId=${botId}&chatId=501`);
  return messages.find(message => message.message_id === menu.message_id).text === 'You picked yes';
});

const mine = await control('POST', '/telegram/messages', { bot_id: botId, user_id: 501, text: 'tpyo' });
await control('POST', '/telegram/edits', { bot_id: botId, user_id: 501, message_id: mine.message_id, text: 'typo' });
await until('the edit is answered', async () =>
  (await control('GET', `/telegram/messages?botId=${botId}&chatId=501`)).some(message => message.text === 'edited: typo'));

const refused = (promise, code, pattern) => assert.rejects(promise, error => {
  assert.ok(error instanceof GrammyError);
  assert.equal(error.error_code, code);
  assert.match(error.description, pattern);
  return true;
});
await refused(bot.api.sendMessage(999999, 'x'), 400, /chat not found/);
await refused(bot.api.sendMessage(501, 'a.b', { parse_mode: 'MarkdownV2' }), 400, /can't parse entities: Character '\.' is reserved/);
await refused(bot.api.sendMessage(501, 'x'.repeat(4097)), 400, /message is too long/);
await control('POST', '/telegram/faults', { kind: 'rate_limit', retry_after: 7, bot_id: botId });
await assert.rejects(bot.api.sendMessage(501, 'x'), error => error.error_code === 429 && error.parameters.retry_after === 7);
await control('POST', '/telegram/blocks', { bot_id: botId, user_id: 501 });
await refused(bot.api.sendMessage(501, 'x'), 403, /bot was blocked by the user/);

await bot.stop();
await running;
console.log('grammy ok');
