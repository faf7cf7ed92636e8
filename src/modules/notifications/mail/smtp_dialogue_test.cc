#include "modules/notifications/mail/smtp_dialogue.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ashlar::notifications {
namespace {

using Event = SmtpDialogue::Event;

const SmtpOptions kPlain{.hello_name = "us.example", .username = {}, .password = {}};

SmtpMail mail(std::string data = "Subject: x\r\n\r\nhello\r\n") {
  return {
      .id = "id-1", .from = "shop@example.com", .to = "anna@example.org", .data = std::move(data)};
}

// Plays a server: each step is what the client is expected to have said since the last one (all of
// it), and what it is answered then.
class Conversation {
 public:
  explicit Conversation(SmtpOptions options = kPlain) : dialogue(std::move(options)) {}

  std::string said() {
    std::string text = std::move(dialogue.output());
    dialogue.output().clear();
    dialogue.on_written(text.size());
    return text;
  }
  Event answer(std::string_view text) {
    const Event event = dialogue.on_input(text);
    if (event != Event::kLost && event != Event::kMailEnded) {
      EXPECT_TRUE(text.empty()) << text;
    }
    return event;
  }
  void greet(std::string_view extensions) {
    EXPECT_EQ(said(), "");
    EXPECT_EQ(answer("220 mail.example\r\n"), Event::kNone);
    EXPECT_EQ(said(), "EHLO us.example\r\n");
    EXPECT_EQ(answer(extensions), Event::kReady);
  }
  void begin(SmtpMail m = mail()) { EXPECT_EQ(dialogue.begin(std::move(m)), Event::kNone); }
  [[nodiscard]] Verdict verdict() const { return dialogue.result().verdict; }

  SmtpDialogue dialogue;
};

TEST(SmtpDialogue, StepByStepWhereNothingIsOffered) {
  Conversation c;
  c.greet("250 mail.example\r\n");
  c.begin(mail("Subject: dots\r\n\r\n.\r\n..a\r\nb.\r\n"));
  EXPECT_EQ(c.said(), "MAIL FROM:<shop@example.com>\r\n");
  EXPECT_EQ(c.answer("250 ok\r\n"), Event::kNone);
  EXPECT_EQ(c.said(), "RCPT TO:<anna@example.org>\r\n");
  EXPECT_EQ(c.answer("250 ok\r\n"), Event::kNone);
  EXPECT_EQ(c.said(), "DATA\r\n");
  EXPECT_EQ(c.answer("354 go\r\n"), Event::kNone);
  EXPECT_EQ(c.said(), "Subject: dots\r\n\r\n..\r\n...a\r\nb.\r\n.\r\n");
  EXPECT_EQ(c.answer("250 2.0.0 queued as 7\r\n"), Event::kMailEnded);
  EXPECT_EQ(c.verdict(), Verdict::kAccepted);
  EXPECT_EQ(c.dialogue.result().status, 250);
  EXPECT_EQ(c.dialogue.result().code, "2.0.0");
  EXPECT_NE(c.dialogue.result().detail.find("queued as 7"), std::string::npos);
  ASSERT_TRUE(c.dialogue.ready());

  c.begin();
  EXPECT_EQ(c.said(), "RSET\r\n");
  EXPECT_EQ(c.answer("250 ok\r\n"), Event::kNone);
  EXPECT_EQ(c.said(), "MAIL FROM:<shop@example.com>\r\n");
  EXPECT_EQ(c.answer("250 ok\r\n"), Event::kNone);
  c.said();
  EXPECT_EQ(c.answer("550 5.1.1 nobody\r\n"), Event::kMailEnded);
  EXPECT_EQ(c.said(), "");  // no DATA
  EXPECT_EQ(c.verdict(), Verdict::kSuppress);
  ASSERT_TRUE(c.dialogue.ready());
  c.dialogue.quit();
  EXPECT_EQ(c.said(), "QUIT\r\n");
}

TEST(SmtpDialogue, AllAtOnceWithPipelining) {
  Conversation c;
  c.greet("250-mail.example\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250 DSN\r\n");
  for (int round = 0; round < 3; ++round) {
    c.begin();
    EXPECT_EQ(c.said(), std::string(round > 0 ? "RSET\r\n" : "") +
                            "MAIL FROM:<shop@example.com> SIZE=21 RET=HDRS ENVID=id-1\r\n"
                            "RCPT TO:<anna@example.org> NOTIFY=FAILURE,DELAY\r\nDATA\r\n");
    if (round > 0) {
      EXPECT_EQ(c.answer("250 reset\r\n"), Event::kNone);
    }
    EXPECT_EQ(c.answer("250 ok\r\n250 ok\r\n354 go\r\n"), Event::kNone);
    EXPECT_EQ(c.said(), "Subject: x\r\n\r\nhello\r\n.\r\n");
    EXPECT_EQ(c.answer("250 ok\r\n"), Event::kMailEnded);
    EXPECT_EQ(c.verdict(), Verdict::kAccepted);
  }
  EXPECT_EQ(c.dialogue.begin(mail(std::string(1'001, 'x'))), Event::kMailEnded);
  EXPECT_EQ(c.verdict(), Verdict::kOurBug);
  EXPECT_EQ(c.said(), "");
  EXPECT_TRUE(c.dialogue.ready());
}

TEST(SmtpDialogue, ARefusedRecipientInAPipelineGetsNoMail) {
  for (const bool wants_data : {false, true}) {
    Conversation c;
    c.greet("250-mail.example\r\n250 PIPELINING\r\n");
    c.begin();
    c.said();
    EXPECT_EQ(c.answer("250 ok\r\n550 5.1.1 nobody\r\n"), Event::kNone);
    if (wants_data) {
      EXPECT_EQ(c.answer("354 go\r\n"), Event::kNone);
      EXPECT_EQ(c.said(), ".\r\n");
      EXPECT_EQ(c.answer("554 no recipients\r\n"), Event::kMailEnded);
    } else {
      EXPECT_EQ(c.answer("554 no recipients\r\n"), Event::kMailEnded);
      EXPECT_EQ(c.said(), "");
    }
    EXPECT_EQ(c.verdict(), Verdict::kSuppress);
    EXPECT_EQ(c.dialogue.result().status, 550);
    EXPECT_TRUE(c.dialogue.ready());
  }
}

TEST(SmtpDialogue, WhetherItMayBeDoneTurnsWithTheFinalDot) {
  const auto up_to_body = [](Conversation& c) {
    c.greet("250 mail.example\r\n");
    c.begin();
    for (const char* answer : {"250 ok\r\n", "250 ok\r\n", "354 go\r\n"}) {
      c.said();
      EXPECT_EQ(c.answer(answer), Event::kNone);
    }
  };
  for (const std::size_t missing : {std::size_t{0}, std::size_t{1}, std::size_t{5}}) {
    Conversation c;
    up_to_body(c);
    const std::size_t all = c.dialogue.output().size();
    c.dialogue.output().clear();
    c.dialogue.on_written(all - missing);
    c.dialogue.lose("it has closed the connection");
    EXPECT_EQ(c.verdict(), missing == 0 ? Verdict::kAmbiguous : Verdict::kRetry);
    EXPECT_NE(c.dialogue.result().detail.find("end of data"), std::string::npos);
    EXPECT_TRUE(c.dialogue.lost());
    EXPECT_FALSE(c.dialogue.stale());
  }
  // An answer that is none, after the dot.
  Conversation c;
  up_to_body(c);
  c.said();
  EXPECT_EQ(c.answer("354 again\r\n"), Event::kMailEnded);
  EXPECT_EQ(c.verdict(), Verdict::kAmbiguous);
  EXPECT_TRUE(c.dialogue.lost());
  Conversation d;
  up_to_body(d);
  d.said();
  EXPECT_EQ(d.answer("garbage\r\n"), Event::kLost);
  EXPECT_EQ(d.verdict(), Verdict::kAmbiguous);
  // A refusal after the dot is certain.
  Conversation e;
  up_to_body(e);
  e.said();
  EXPECT_EQ(e.answer("421 4.7.0 too fast\r\n"), Event::kMailEnded);
  EXPECT_EQ(e.verdict(), Verdict::kThrottled);
  EXPECT_TRUE(e.dialogue.lost());
}

TEST(SmtpDialogue, AConnectionClosedWhileIdleIsStale) {
  for (const bool says_421 : {false, true}) {
    Conversation c;
    c.greet("250-mail.example\r\n250 PIPELINING\r\n");
    c.begin();
    c.said();
    EXPECT_EQ(c.answer("250 ok\r\n"), Event::kNone);
    EXPECT_EQ(c.answer("550 5.1.1 nobody\r\n"), Event::kNone);
    EXPECT_EQ(c.answer("503 no\r\n"), Event::kMailEnded);
    EXPECT_FALSE(c.dialogue.stale());
    c.begin();
    c.said();
    if (says_421) {
      EXPECT_EQ(c.answer("421 idle\r\n"), Event::kMailEnded);
    } else {
      c.dialogue.lose("it has closed the connection");
    }
    EXPECT_TRUE(c.dialogue.stale());
    EXPECT_TRUE(c.dialogue.lost());
    EXPECT_TRUE(is_certain_failure(c.verdict()));
  }
  Conversation first;
  first.greet("250 mail.example\r\n");
  first.begin();
  first.said();
  first.dialogue.lose("closed");
  EXPECT_FALSE(first.dialogue.stale());
}

TEST(SmtpDialogue, BadSequenceEndsTheConnection) {
  Conversation c;
  c.greet("250 mail.example\r\n");
  c.begin();
  c.said();
  EXPECT_EQ(c.answer("503 5.5.1 sender already specified\r\n"), Event::kMailEnded);
  EXPECT_EQ(c.verdict(), Verdict::kRetry);
  EXPECT_TRUE(c.dialogue.lost());
}

TEST(SmtpDialogue, TlsIsDemanded) {
  const SmtpOptions options{
      .hello_name = "us.example", .starttls = true, .username = "u", .password = "p"};
  Conversation none(options);
  EXPECT_EQ(none.answer("220 hi\r\n"), Event::kNone);
  EXPECT_EQ(none.answer("250-mail.example\r\n250 AUTH PLAIN\r\n"), Event::kLost);
  EXPECT_EQ(none.verdict(), Verdict::kCredential);
  EXPECT_EQ(none.said(), "EHLO us.example\r\n");  // and no password

  Conversation c(options);
  EXPECT_EQ(c.answer("220 hi\r\n"), Event::kNone);
  EXPECT_EQ(c.answer("250-mail.example\r\n250-PIPELINING\r\n250 STARTTLS\r\n"), Event::kNone);
  EXPECT_EQ(c.said(), "EHLO us.example\r\nSTARTTLS\r\n");
  EXPECT_EQ(c.answer("220 go\r\n"), Event::kWantsTls);
  c.dialogue.on_tls();
  EXPECT_EQ(c.said(), "EHLO us.example\r\n");
  EXPECT_EQ(c.answer("250-mail.example\r\n250 AUTH LOGIN PLAIN\r\n"), Event::kNone);
  EXPECT_EQ(c.said(), "AUTH PLAIN AHUAcA==\r\n");
  EXPECT_EQ(c.answer("235 2.7.0 welcome\r\n"), Event::kReady);
  c.begin();
  EXPECT_EQ(c.said(), "MAIL FROM:<shop@example.com>\r\n");  // PIPELINING was said before TLS

  // Commands that somebody on the way put behind the consent (response injection).
  Conversation injected(options);
  EXPECT_EQ(injected.answer("220 hi\r\n"), Event::kNone);
  EXPECT_EQ(injected.answer("250-mail.example\r\n250 STARTTLS\r\n"), Event::kNone);
  EXPECT_EQ(injected.answer("220 go\r\n250 evil\r\n"), Event::kLost);
  EXPECT_EQ(injected.verdict(), Verdict::kRetry);
}

TEST(SmtpDialogue, LoginAndItsRefusals) {
  const SmtpOptions options{.hello_name = "us.example", .username = "user", .password = "secret"};
  Conversation c(options);
  EXPECT_EQ(c.answer("220 hi\r\n"), Event::kNone);
  EXPECT_EQ(c.answer("250-mail.example\r\n250 AUTH=LOGIN\r\n"), Event::kNone);
  EXPECT_EQ(c.said(), "EHLO us.example\r\nAUTH LOGIN\r\n");
  EXPECT_EQ(c.answer("334 VXNlcm5hbWU6\r\n"), Event::kNone);
  EXPECT_EQ(c.said(), "dXNlcg==\r\n");
  EXPECT_EQ(c.answer("334 UGFzc3dvcmQ6\r\n"), Event::kNone);
  EXPECT_EQ(c.said(), "c2VjcmV0\r\n");
  EXPECT_EQ(c.answer("535 5.7.8 your password secret is wrong\r\n"), Event::kLost);
  EXPECT_EQ(c.verdict(), Verdict::kCredential);
  EXPECT_EQ(c.dialogue.result().status, 535);
  EXPECT_EQ(c.dialogue.result().detail.find("secret"), std::string::npos);

  Conversation none(options);
  EXPECT_EQ(none.answer("220 hi\r\n"), Event::kNone);
  EXPECT_EQ(none.answer("250-mail.example\r\n250 AUTH CRAM-MD5\r\n"), Event::kLost);
  EXPECT_EQ(none.verdict(), Verdict::kCredential);

  Conversation later(options);
  EXPECT_EQ(later.answer("220 hi\r\n"), Event::kNone);
  EXPECT_EQ(later.answer("250-mail.example\r\n250 AUTH PLAIN\r\n"), Event::kNone);
  EXPECT_EQ(later.answer("454 4.7.0 not now\r\n"), Event::kLost);
  EXPECT_EQ(later.verdict(), Verdict::kRetry);
}

TEST(SmtpDialogue, WhatWasNotAskedForEndsIt) {
  Conversation idle;
  idle.greet("250 mail.example\r\n");
  EXPECT_EQ(idle.answer("421 4.4.2 idle for too long\r\n"), Event::kLost);
  Conversation greeting;
  EXPECT_EQ(greeting.answer("554 5.7.1 not you\r\n"), Event::kLost);
  EXPECT_EQ(greeting.verdict(), Verdict::kCredential);
  Conversation http;
  EXPECT_EQ(http.answer("HTTP/1.1 400 Bad Request\r\n"), Event::kLost);
  EXPECT_EQ(http.verdict(), Verdict::kRetry);
  // Data that a server takes without having agreed to it: it is not given.
  Conversation c;
  c.greet("250 mail.example\r\n");
  c.begin();
  for (const char* answer : {"250 ok\r\n", "250 ok\r\n"}) EXPECT_EQ(c.answer(answer), Event::kNone);
  EXPECT_EQ(c.answer("250 what?\r\n"), Event::kMailEnded);
  EXPECT_EQ(c.verdict(), Verdict::kRetry);
  EXPECT_TRUE(c.dialogue.lost());
  EXPECT_EQ(c.said().find("hello"), std::string::npos);
}

}  // namespace
}  // namespace ashlar::notifications
