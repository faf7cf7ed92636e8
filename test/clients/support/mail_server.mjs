// A mail server for tests: npm smtp-server as it is, with answers by script, and every mail kept as it came.
//
// script: {mail, rcpt, end}: functions of the address (mail, rcpt) or of {to, raw, mails} (end), whose answer "550 5.1.1 nobody" is said
// in place of the usual one; "close" breaks the connection instead; nothing: all is well.
import { SMTPServer } from "smtp-server";

const answerOf = (text) => Object.assign(new Error(text.slice(4)), { responseCode: Number(text.slice(0, 3)) });

export class MailServer {
  constructor(script = {}, options = {}) {
    this.script = script;
    this.mails = [];  // {from, to, raw: Buffer, args, secure, user}, those that were refused at their end among them
    this.connections = 0;
    this.smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ["AUTH", "STARTTLS"],
      hideENHANCEDSTATUSCODES: true,  // they come with the script's text
      hideDSN: false,
      disableReverseLookup: true,
      logger: false,
      onConnect: (session, next) => {
        this.connections += 1;
        this.reply(this.script.connect?.(this.connections), session, next);
      },
      onMailFrom: (address, session, next) => this.reply(this.script.mail?.(address.address), session, next),
      onRcptTo: (address, session, next) => this.reply(this.script.rcpt?.(address.address), session, next),
      onData: (stream, session, next) => {
        const chunks = [];
        stream.on("data", (chunk) => chunks.push(chunk));
        stream.on("end", () => {
          const { mailFrom, rcptTo } = session.envelope;
          const mail = { from: mailFrom.address, to: rcptTo[0].address, raw: Buffer.concat(chunks), args: mailFrom.args,
            secure: session.secure, user: session.user };
          this.mails.push(mail);
          this.reply(this.script.end?.({ ...mail, mails: this.mails.filter((m) => m.to === mail.to).length }), session, next);
        });
      },
      ...options,
    });
    this.smtp.on("error", () => {});  // connections that we break
  }
  reply(answer, session, next) {
    if (!answer) return next();
    if (answer !== "close") return next(answerOf(answer));
    for (const connection of this.smtp.connections) if (connection.session === session) connection._socket.destroy();
  }
  async listen() {
    await new Promise((done) => this.smtp.listen(0, "127.0.0.1", done));
    this.port = this.smtp.server.address().port;
    return this;
  }
  to(address) {
    return this.mails.filter((mail) => mail.to === address);
  }
  close() {
    return new Promise((done) => this.smtp.close(done));
  }
}
