// A mail server that writes every mail into a folder: node server.mjs FOLDER MODE
// MODE: open (no login needed), login (user etl, password right), plain (offers no STARTTLS), refuse (takes no mail).
import fs from 'node:fs';
import path from 'node:path';
import { SMTPServer } from 'smtp-server';

const [folder, mode] = process.argv.slice(2);
let count = 0;

const server = new SMTPServer({
  authOptional: mode !== 'login',
  hideSTARTTLS: mode === 'plain',
  onAuth: (auth, session, done) =>
    auth.username === 'etl' && auth.password === 'right' ? done(null, { user: auth.username }) : done(new Error('No such user or password')),
  onRcptTo: (address, session, done) =>
    mode === 'refuse' ? done(Object.assign(new Error('Nobody of that name here'), { responseCode: 550 })) : done(),
  onData: (stream, session, done) => {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => {
      const mail = {
        from: session.envelope.mailFrom.address,
        to: session.envelope.rcptTo.map((r) => r.address),
        secure: session.secure,
        user: session.user ?? null,
        text: Buffer.concat(chunks).toString('latin1'),
      };
      const file = path.join(folder, `mail-${count++}.json`);
      fs.writeFileSync(`${file}.tmp`, JSON.stringify(mail));
      fs.renameSync(`${file}.tmp`, file);
      done();
    });
  },
});
server.on('error', () => {});
server.listen(0, '127.0.0.1', () => console.log(`mail at port ${server.server.address().port}`));
