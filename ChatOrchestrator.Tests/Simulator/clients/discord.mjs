// discord.js: login, direct messages, a guild with a thread, replies, edits, reactions, buttons, slash commands, errors, resume.
import assert from 'node:assert/strict';
import { ActionRowBuilder, ButtonBuilder, ButtonStyle, Client, DiscordAPIError, Events, GatewayIntentBits, Partials } from 'discord.js';
import { control, simulator, until } from './control.mjs';

const botId = '110000000000001003';
const token = `${Buffer.from(botId).toString('base64url')}.GfAkEd.discord-js-token-0123456789`;
const ada = '220000000000000501';
const guildId = '330000000000000001';
const channelId = '330000000000000002';
const threadId = '330000000000000003';
const secondsAreEnough = { heartbeat_interval_ms: 1000, messages_per_five_seconds: 5, calls_per_second: 50, session_starts: 1000, interaction_lifetime: '00:15:00' };

await control('PUT', '/discord/settings', secondsAreEnough);
await control('PUT', `/discord/bots/${botId}`, { username: 'parrot' });
await control('POST', '/discord/guilds', {
  id: guildId, name: 'Testers', bots: [botId], channels: [{ id: channelId, name: 'general' }, { id: threadId, name: 'a thread', parent_id: channelId }],
});

const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages, GatewayIntentBits.MessageContent,
    GatewayIntentBits.GuildMessageReactions, GatewayIntentBits.DirectMessageReactions],
  partials: [Partials.Channel, Partials.Message, Partials.Reaction, Partials.User],
  rest: { api: `${simulator}/api`, retries: 0 },
});
const seen = [];
client.on(Events.Error, error => { throw error; });
client.on(Events.MessageCreate, async message => {
  seen.push(message);
  if (message.author.id === client.user.id) {
    return;
  }
  if (message.content === 'menu') {
    const row = new ActionRowBuilder().addComponents(
      new ButtonBuilder().setCustomId('yes').setLabel('Yes').setStyle(ButtonStyle.Primary),
      new ButtonBuilder().setLabel('Docs').setURL('https://example.org').setStyle(ButtonStyle.Link));
    await message.channel.send({ content: 'Pick', components: [row] });
  } else if (message.attachments.size > 0) {
    const file = message.attachments.first();
    await message.reply({ content: `${file.name} ${file.contentType} ${(await (await fetch(file.url)).text())}`, files: [{ attachment: Buffer.from('pong'), name: 'pong.txt' }] });
  } else if (!message.guild || message.mentions.has(client.user)) {
    await message.channel.sendTyping();
    await message.reply('echo: ' + message.content);
  }
});
client.on(Events.MessageUpdate, async (before, after) => {
  if (after.author.id !== client.user.id && after.editedAt) {
    await after.channel.send('edited: ' + after.content);
  }
});
client.on(Events.MessageReactionAdd, async (reaction, user) => {
  if (user.id !== client.user.id) {
    await reaction.message.react(reaction.emoji.name);
  }
});
client.on(Events.InteractionCreate, async interaction => {
  if (interaction.isChatInputCommand()) {
    await interaction.deferReply();
    await interaction.editReply('you asked: ' + interaction.options.getString('question'));
    await interaction.followUp('and more');
  } else if (interaction.isButton()) {
    await interaction.update({ content: 'You picked ' + interaction.customId, components: [] });
  }
});

const ready = new Promise(resolve => client.once(Events.ClientReady, resolve));
await client.login(token);
await ready;
assert.equal(client.user.id, botId);
assert.equal(client.user.username, 'parrot');
await client.application.commands.set([{ name: 'ask', description: 'Ask', options: [{ name: 'question', description: 'What', type: 3, required: true }] }]);

const say = (text, more) => control('POST', '/discord/messages', { bot_id: botId, user_id: ada, name: 'Ada', text, ...more });
const messages = async (channel) => control('GET', channel ? `/discord/messages?channelId=${channel}` : `/discord/messages?botId=${botId}&userId=${ada}`);
const answer = async (text, channel) => {
  let found;
  await until(`the answer "${text}"`, async () => (found = (await messages(channel)).find(message => message.content === text)) !== undefined);
  return found;
};

const hello = await say('hello 👋');
const echo = await answer('echo: hello 👋');
assert.equal(echo.referenced_message.id, hello.id);
await say(`<@${botId}> you there?`, { channel_id: channelId });
await answer(`echo: <@${botId}> you there?`, channelId);
await say(`<@${botId}> and here?`, { channel_id: threadId });
await answer(`echo: <@${botId}> and here?`, threadId);
assert.ok(client.channels.cache.get(threadId).isThread());
await say('', { files: [{ name: 'ping.txt', content_type: 'text/plain', base64: Buffer.from('ping').toString('base64') }] });
assert.equal((await answer('ping.txt text/plain ping')).attachments[0].filename, 'pong.txt');

await control('POST', '/discord/edits', { channel_id: hello.channel_id, message_id: hello.id, text: 'hello again' });
await answer('edited: hello again');
await control('POST', '/discord/reactions', { channel_id: hello.channel_id, message_id: hello.id, user_id: ada, emoji: '🔥' });
await until('the reaction is returned', async () => (await messages()).find(message => message.id === hello.id).reactions?.[0].count === 2);

await say('menu');
const menu = await answer('Pick');
await control('POST', '/discord/presses', { bot_id: botId, user_id: ada, message_id: menu.id, custom_id: 'yes' });
await answer('You picked yes');
await control('POST', '/discord/commands', { bot_id: botId, user_id: ada, name: 'ask', options: { question: 'why?' } });
await answer('you asked: why?');
await answer('and more');

const refused = (promise, code) => assert.rejects(promise, error => error instanceof DiscordAPIError && error.code === code);
const channel = await client.channels.fetch(hello.channel_id);
await refused(channel.send('x'.repeat(2001)), 50035);
await refused(channel.send({ content: '', embeds: [] }), 50006);
await refused(client.channels.fetch('999'), 10003);
const once = { content: 'only once', nonce: 'a-nonce', enforceNonce: true };
assert.equal((await channel.send(once)).id, (await channel.send(once)).id);
// Faster than the bucket allows: the client waits as it is told.
await Promise.all(Array.from({ length: 7 }, (_, i) => channel.send('burst ' + i)));
assert.equal((await messages()).filter(message => message.content.startsWith('burst ')).length, 7);

for (const action of ['reconnect', 'drop', 'withhold_acks']) {
  const before = seen.length;
  await control('POST', `/discord/bots/${botId}/gateway`, { action: 'hold_back' });
  await control('POST', '/discord/messages', { bot_id: botId, user_id: ada, text: `during ${action}`, channel_id: channelId });
  await control('POST', `/discord/bots/${botId}/gateway`, { action });
  await until(`the session is resumed after ${action}`, async () => seen.slice(before).some(message => message.content === `during ${action}`));
}
assert.equal((await control('GET', '/discord/bots')).find(bot => bot.id === botId).identifies, 1);

await client.destroy();
console.log('discord.js ok');
