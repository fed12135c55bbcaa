// A real SMTP server that says what it takes, one JSON line for each message.
// RCPT later@ is put off once (451), nobody@ is refused (550).
import { SMTPServer } from 'smtp-server';

const seen = new Set();
const server = new SMTPServer({
  allowInsecureAuth: true,
  hideSTARTTLS: true,
  onAuth: ({ username, password }, session, done) =>
    username === 'chat' && password === 'correct horse' ? done(null, { user: username }) : done(new Error('wrong')),
  onRcptTo: ({ address }, session, done) => {
    if (address.startsWith('nobody@')) {
      return done(Object.assign(new Error('no such mailbox'), { responseCode: 550 }));
    }
    if (address.startsWith('later@') && !seen.has(address)) {
      seen.add(address);
      return done(Object.assign(new Error('busy'), { responseCode: 451 }));
    }
    done();
  },
  onData: (stream, session, done) => {
    const chunks = [];
    stream.on('data', chunk => chunks.push(chunk));
    stream.on('end', () => {
      const to = session.envelope.rcptTo.map(r => r.address);
      console.log(JSON.stringify({ from: session.envelope.mailFrom.address, to, user: session.user, mail: Buffer.concat(chunks).toString() }));
      done();
    });
  },
});
server.on('error', error => console.error(error.message));
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'));
