// grammY with long polling: commands, text, formatting, buttons, edits, errors.
import assert from 'node:assert/strict';
import { Bot, GrammyError, InlineKeyboard, InputFile, InputMediaBuilder } from 'grammy';
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
const seen = [];
bot.on('message:photo', async ctx => {
  const file = await ctx.getFile();
  const bytes = Buffer.from(await (await fetch(`${simulator}/file/bot${bot.token}/${file.file_path}`)).arrayBuffer());
  await ctx.replyWithPhoto(new InputFile(bytes, 'same.png'), { caption: '<i>same</i>', parse_mode: 'HTML' });
  // Behind the answer, or this could be taken for the answer to what is said next.
  seen.push({ album: ctx.message.media_group_id, caption: ctx.message.caption });
});
bot.on('message:voice', ctx => ctx.replyWithVoice(ctx.message.voice.file_id));
bot.on('message:location', ctx => ctx.replyWithLocation(ctx.message.location.latitude, ctx.message.location.longitude));
bot.on('message:contact', ctx => ctx.reply('contact: ' + ctx.message.contact.phone_number));
bot.reaction('🔥', ctx => ctx.reply('thanks for the ' + ctx.messageReaction.new_reaction[0].emoji));
bot.on('message:text', async ctx => {
  await ctx.replyWithChatAction('typing');
  await ctx.reply('echo: ' + ctx.message.text, { reply_parameters: { message_id: ctx.message.message_id } });
});
await bot.api.setMyCommands([{ command: 'start', description: 'Begin' }]);
const running = bot.start({ timeout: 5, allowed_updates: ['message', 'edited_message', 'callback_query', 'message_reaction'] });
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

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const say = async body => {
  const sent = await control('POST', '/telegram/messages', { bot_id: botId, user_id: 501, ...body });
  return until('an answer to ' + JSON.stringify(body).slice(0, 80), async () =>
    (await control('GET', `/telegram/messages?botId=${botId}&chatId=501&after=${sent.message_id}`)).find(message => message.from.is_bot));
};
const photo = await say({ text: 'look', media: [{ type: 'photo', content: png }] });
assert.equal(photo.caption, 'same');
assert.equal(photo.caption_entities[0].type, 'italic');
assert.equal(photo.photo.at(-1).width, 1);
await say({ text: 'two', media: [{ type: 'photo', content: png }, { type: 'photo', content: png }] });
await until('the album came', () => seen.length === 3);
assert.equal(seen[1].album, seen[2].album);
assert.deepEqual(seen.map(s => s.caption), ['look', 'two', undefined]);
assert.ok((await say({ media: [{ type: 'voice', content: 'T2dnUw==' }] })).voice.duration);
assert.equal((await say({ location: { latitude: 51.5, longitude: -0.1 } })).location.latitude, 51.5);
assert.equal((await say({ contact: { phone_number: '+4912', first_name: 'Grace' } })).text, 'contact: +4912');
const group = await bot.api.sendMediaGroup(501, [InputMediaBuilder.photo(new InputFile(Buffer.from(png, 'base64'), 'a.png')), InputMediaBuilder.photo(photo.photo[0].file_id)]);
assert.equal(group[0].media_group_id, group[1].media_group_id);
await control('POST', '/telegram/reactions', { bot_id: botId, user_id: 501, message_id: photo.message_id, emoji: '🔥' });
await until('the reaction is answered', async () =>
  (await control('GET', `/telegram/messages?botId=${botId}&chatId=501`)).some(message => message.text === 'thanks for the 🔥'));
await bot.api.setMessageReaction(501, photo.message_id, [{ type: 'emoji', emoji: '👀' }]);

const refused = (promise, code, pattern) => assert.rejects(promise, error => {
  assert.ok(error instanceof GrammyError);
  assert.equal(error.error_code, code);
  assert.match(error.description, pattern);
  return true;
});
await refused(bot.api.sendMessage(999999, 'x'), 400, /chat not found/);
await refused(bot.api.sendMessage(501, 'a.b', { parse_mode: 'MarkdownV2' }), 400, /can't parse entities: Character '\.' is reserved/);
await refused(bot.api.sendMessage(501, 'x'.repeat(4097)), 400, /message is too long/);
await refused(bot.api.sendPhoto(501, 'http://127.0.0.1:9/none.png'), 400, /failed to get HTTP URL content/);
await refused(bot.api.sendPhoto(501, photo.photo[0].file_id, { caption: 'x'.repeat(1025) }), 400, /message caption is too long/);
await control('POST', '/telegram/faults', { kind: 'rate_limit', retry_after: 7, bot_id: botId });
await assert.rejects(bot.api.sendMessage(501, 'x'), error => error.error_code === 429 && error.parameters.retry_after === 7);
await control('POST', '/telegram/blocks', { bot_id: botId, user_id: 501 });
await refused(bot.api.sendMessage(501, 'x'), 403, /bot was blocked by the user/);

await bot.stop();
await running;
console.log('grammy ok');
