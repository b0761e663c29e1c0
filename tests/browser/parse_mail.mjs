// What npm's mailparser reads in a message: node parse_mail.mjs FILE
import { readFileSync } from "node:fs";
import { simpleParser } from "mailparser";

const mail = await simpleParser(readFileSync(process.argv[2]), { skipTextToHtml: true, skipTextLinks: true });
console.log(
  JSON.stringify({
    subject: mail.subject,
    from: mail.from.value,
    to: mail.to.value,
    replyTo: mail.replyTo.value,
    messageId: mail.messageId,
    date: mail.date.toISOString(),
    list: mail.headers.get("list"),
    names: mail.headerLines.map((line) => line.key),
    text: mail.text,
    html: mail.html,
    attachments: mail.attachments.length,
  }),
);
