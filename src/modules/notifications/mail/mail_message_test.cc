#include "modules/notifications/mail/mail_message.h"

#include <gtest/gtest.h>

#include <string>

#include "modules/notifications/mail/mime_text.h"

namespace ashlar::notifications {
namespace {

MailIdentity identity() {
  return {.from = *parse_mail_address("shop@example.com"), .from_name = "The Shop"};
}

Outgoing outgoing() {
  Outgoing message;
  message.id = "01JDQ-abc_9";
  message.target = {.address = "anna@example.org", .name = "Anna", .extra = {}, .device = {}};
  message.content = {
      .subject = "Your order", .text = "Shipped.\n", .html = {}, .url = {}, .data = {}};
  message.created_at = base::from_micros(1'763'805'600'000'000);
  return message;
}

std::string whole(const ComposedMail& mail) {
  std::string text;
  for (const std::string& header : mail.headers) text += header;
  return text + "\r\n" + mail.body;
}

std::string composed(const Outgoing& message, const MailIdentity& from = identity()) {
  const auto mail = compose_mail(message, from);
  EXPECT_TRUE(mail.ok()) << (mail.ok() ? "" : mail.error().detail);
  return mail.ok() ? whole(*mail) : "";
}

void expect_lines(std::string_view text, std::size_t longest) {
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n");
    ASSERT_NE(end, std::string_view::npos) << "the last line has no end";
    ASSERT_LE(end, longest) << text.substr(0, end);
    for (const char c : text.substr(0, end)) ASSERT_TRUE(c == '\t' || (c >= 0x20 && c < 0x7f));
    text.remove_prefix(end + 2);
  }
}

TEST(MailMessage, APlainOneIsWholeAndStable) {
  EXPECT_EQ(composed(outgoing()),
            "Date: Sat, 22 Nov 2025 10:00:00 +0000\r\n"
            "From: The Shop <shop@example.com>\r\n"
            "To: Anna <anna@example.org>\r\n"
            "Subject: Your order\r\n"
            "Message-ID: <01JDQ-abc_9@example.com>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "Shipped.\r\n");
}

TEST(MailMessage, TextAndHtmlAreAlternativesWithTheBestLast) {
  Outgoing message = outgoing();
  message.content.text =
      "Gr\xc3\xbc\xc3\x9f"
      "e\nFrom here\n.\n";
  message.content.html =
      "<p>Gr\xc3\xbc\xc3\x9f"
      "e =_01JDQ-abc_9</p>";
  const std::string mail = composed(message);
  EXPECT_EQ(mail, composed(message));
  expect_lines(mail, kMaxMailLineBytes);
  EXPECT_NE(mail.find("Content-Type: multipart/alternative;\r\n boundary=\"=_01JDQ-abc_9\"\r\n"),
            std::string::npos);
  const std::size_t text =
      mail.find("--=_01JDQ-abc_9\r\nContent-Type: text/plain; charset=utf-8\r\n");
  const std::size_t html =
      mail.find("--=_01JDQ-abc_9\r\nContent-Type: text/html; charset=utf-8\r\n");
  ASSERT_NE(text, std::string::npos);
  ASSERT_NE(html, std::string::npos);
  EXPECT_LT(text, html);
  EXPECT_TRUE(mail.ends_with("</p>\r\n--=_01JDQ-abc_9--\r\n"));
  EXPECT_NE(mail.find("Gr=C3=BC=C3=9Fe\r\nFrom here\r\n.\r\n"), std::string::npos);
  // What looks like a boundary in the content is none: its "=" is encoded.
  EXPECT_NE(mail.find("=3D_01JDQ-abc_9</p>"), std::string::npos);
}

TEST(MailMessage, WhatIsNotAsciiIsBase64WhereThatIsShorter) {
  Outgoing message = outgoing();
  for (int i = 0; i < 100; ++i) message.content.text += "\xd0\x96\xd0\xb8\xd0\xb7\xd0\xbd\xd1\x8c";
  const std::string mail = composed(message);
  EXPECT_NE(mail.find("Content-Transfer-Encoding: base64\r\n"), std::string::npos);
  expect_lines(mail, kMaxMailLineBytes);
}

TEST(MailMessage, OneClickUnsubscribeUrgencyAndFeedback) {
  Outgoing message = outgoing();
  message.unsubscribe_url = "https://ashlar.example/u/" + std::string(200, 't');
  message.urgent = true;
  message.category = "order: updates";
  MailIdentity from = identity();
  from.reply_to = *parse_mail_address("help@example.com");
  from.feedback_id = "shop12345";
  from.return_path_domain = "bounces.example.com";
  const auto mail = compose_mail(message, from);
  ASSERT_TRUE(mail.ok());
  EXPECT_EQ(mail->envelope_from, "b+01=j=d=q-abc_9@bounces.example.com");
  EXPECT_EQ(mail->envelope_to, "anna@example.org");
  const std::string text = whole(*mail);
  for (const std::string header :
       {"Reply-To: help@example.com\r\n", "Importance: high\r\n", "X-Priority: 1\r\n",
        "Feedback-ID: order__updates:::shop12345\r\n",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"}) {
    EXPECT_NE(text.find("\r\n" + header), std::string::npos) << header;
  }
  EXPECT_NE(text.find("\r\nList-Unsubscribe: <" + message.unsubscribe_url + ">\r\n"),
            std::string::npos);
  expect_lines(text, 998);
  // A transactional one has none of it.
  EXPECT_EQ(composed(outgoing()).find("List-"), std::string::npos);
}

TEST(MailMessage, TooLongForAReturnPathStillHasAnEnvelope) {
  Outgoing message = outgoing();
  message.id = std::string(64, 'A');
  MailIdentity from = identity();
  from.return_path_domain = "bounces.example.com";
  EXPECT_EQ(compose_mail(message, from)->envelope_from, "shop@example.com");
}

TEST(MailMessage, NamesAreQuotedEncodedAndFolded) {
  Outgoing message = outgoing();
  message.target.name = "Smith, Anna <evil@example.net>";
  EXPECT_NE(composed(message).find("To: \"Smith, Anna <evil@example.net>\" <anna@example.org>\r\n"),
            std::string::npos);
  message.target.name = "J\xc3\xb6rg M\xc3\xbcller";
  EXPECT_NE(composed(message).find("To: =?UTF-8?"), std::string::npos);
  message.target.name = std::string(250, 'n');
  message.content.subject = std::string(1'000, 's') + " \xe2\x82\xac";
  expect_lines(composed(message), kMaxMailLineBytes);
}

TEST(MailMessage, NoFieldCanAddAHeader) {
  struct Case {
    const char* what;
    void (*spoil)(Outgoing& message, const std::string& with);
    const char* reason;
  };
  const Case cases[] = {
      {"subject", [](Outgoing& m, const std::string& with) { m.content.subject += with; },
       "mail_header"},
      {"name", [](Outgoing& m, const std::string& with) { m.target.name += with; }, "mail_header"},
      {"address", [](Outgoing& m, const std::string& with) { m.target.address += with; },
       "mail_address"},
      {"category", [](Outgoing& m, const std::string& with) { m.category += with; }, "mail_header"},
      {"id", [](Outgoing& m, const std::string& with) { m.id += with; }, "mail_header"},
      {"unsubscribe_url",
       [](Outgoing& m, const std::string& with) {
         m.unsubscribe_url = "https://x.example/" + with;
       },
       "mail_header"},
  };
  for (const Case& c : cases) {
    for (const std::string with : {"\r\nBcc: evil@example.net", "\nBcc: evil@example.net",
                                   "\rBcc: evil@example.net", "\r\n\r\nbody", "\x0b", "\x7f"}) {
      Outgoing message = outgoing();
      c.spoil(message, with);
      const auto mail = compose_mail(message, identity());
      ASSERT_FALSE(mail.ok()) << c.what;
      EXPECT_STREQ(mail.error().reason, c.reason) << c.what;
      EXPECT_EQ(mail.error().detail.find("evil"), std::string::npos);
    }
  }
  Outgoing message = outgoing();
  for (const char* url : {"https://x.example/>,<https://evil.example", "javascript:alert(1)",
                          "https://x.example/a b", "mailto:x@example.org"}) {
    message.unsubscribe_url = url;
    EXPECT_FALSE(compose_mail(message, identity()).ok()) << url;
  }
}

TEST(MailMessage, ControlCharactersInBodiesAreEncoded) {
  Outgoing message = outgoing();
  message.content.text =
      "a\x01"
      "b\x1b[31m\x7f\rnext \n";
  const std::string mail = composed(message);
  EXPECT_NE(mail.find("a=01b=1B[31m=7F\r\nnext=20\r\n"), std::string::npos);
  expect_lines(mail, kMaxMailLineBytes);
}

TEST(MailMessage, TooMuchIsRefused) {
  Outgoing message = outgoing();
  message.content.text = std::string(kMaxMailContentBytes, 'x');
  EXPECT_TRUE(compose_mail(message, identity()).ok());
  message.content.html = "x";
  EXPECT_STREQ(compose_mail(message, identity()).error().reason, "mail_too_large");
  message = outgoing();
  message.content.subject = std::string(kMaxSubjectBytes + 1, 's');
  EXPECT_STREQ(compose_mail(message, identity()).error().reason, "mail_header");
}

}  // namespace
}  // namespace ashlar::notifications
