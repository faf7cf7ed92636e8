#include "modules/notifications/mail/mail_reports.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "modules/notifications/mail/mime_reader.h"

namespace ashlar::notifications {
namespace {

const MailCorrelation kOurs{.sender_domain = "example.com",
                            .return_path_domain = "bounces.example"};

struct Dsn {
  std::string to = "b+n42@bounces.example";
  std::string per_mail = "Reporting-MTA: dns; mx.example.org\r\n";
  std::string per_recipient =
      "Final-Recipient: rfc822; anna@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n"
      "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n";
  std::string enclosed = "Return-Path: <x@y.z>\r\nSubject: Your order\r\n";
};

std::string text_of(const Dsn& dsn) {
  return "Return-Path: <>\r\nFrom: MAILER-DAEMON@example.org\r\nTo: " + dsn.to +
         "\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n"
         "\tboundary=\"=_b;1\"\r\nAuto-Submitted: auto-replied\r\n\r\n"
         "This is MIME.\r\n--=_b;1\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--=_b;1\r\n"
         "Content-Type: message/delivery-status\r\n\r\n" +
         dsn.per_mail + "\r\n" + dsn.per_recipient +
         "\r\n--=_b;1\r\nContent-Type: text/rfc822-headers\r\n\r\n" + dsn.enclosed +
         "\r\n--=_b;1--\r\n";
}

using Kind = Report::Kind;

TEST(MailReports, ABounceByItsReturnPath) {
  const auto reports = read_mail_reports(text_of({}), kOurs);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].kind, Kind::kHardBounce);
  EXPECT_EQ(reports[0].message_id, "n42");
  EXPECT_EQ(reports[0].address, "anna@example.org");
  EXPECT_EQ(reports[0].detail, "5.1.1 smtp; 550 5.1.1 no such user");
  EXPECT_FALSE(reports[0].dedupe.empty());
  EXPECT_EQ(reports[0].dedupe, read_mail_reports(text_of({}), kOurs)[0].dedupe);
}

TEST(MailReports, ABounceByEnvelopeIdOrByTheMailThatItEncloses) {
  Dsn dsn;
  dsn.to = "shop@example.com";
  EXPECT_TRUE(read_mail_reports(text_of(dsn), kOurs).empty());
  dsn.enclosed += "Message-ID:\r\n <n43@Example.com>\r\n";
  EXPECT_EQ(read_mail_reports(text_of(dsn), kOurs).at(0).message_id, "n43");
  dsn.per_mail += "Original-Envelope-Id: n44\r\n";
  EXPECT_EQ(read_mail_reports(text_of(dsn), kOurs).at(0).message_id, "n44");
  dsn.to = "\"MAILER\" <B+N45@BOUNCES.EXAMPLE>";
  EXPECT_EQ(read_mail_reports(text_of(dsn), kOurs).at(0).message_id, "n45");
  Dsn other;
  other.to = "shop@example.com";
  other.enclosed = "Message-ID: <n43@elsewhere.example>\r\n";
  EXPECT_TRUE(read_mail_reports(text_of(other), kOurs).empty());
}

TEST(MailReports, WhatEachStatusMeans) {
  struct Case {
    const char* action;
    const char* status;
    std::vector<Kind> kinds;
  };
  const Case cases[] = {
      {"failed", "5.1.1", {Kind::kHardBounce}},
      {"failed", "5.1.10", {Kind::kHardBounce}},
      {"Failed", "5.2.1", {Kind::kHardBounce}},
      {"failed", "5.2.2", {Kind::kFailed}},
      {"failed", "5.7.1", {Kind::kFailed}},
      {"failed", "5.1.8", {Kind::kFailed}},
      {"failed", "4.4.7", {Kind::kFailed}},
      {"failed", "4.1.1", {Kind::kFailed}},
      {"failed", "5.0.0", {Kind::kFailed}},
      {"failed", "nonsense", {Kind::kFailed}},
      {"failed (x)", "5.1.1 (y)", {Kind::kHardBounce}},
      {"delivered", "2.0.0", {Kind::kDelivered}},
      {"delayed", "4.4.1", {}},
      {"relayed", "2.0.0", {}},
      {"expanded", "2.0.0", {}},
      {"", "5.1.1", {}},
  };
  for (const Case& c : cases) {
    Dsn dsn;
    dsn.per_recipient = std::string("Final-Recipient: rfc822;anna@example.org\nAction: ") +
                        c.action + "\nStatus: " + c.status + "\n";
    std::vector<Kind> kinds;
    for (const Report& report : read_mail_reports(text_of(dsn), kOurs))
      kinds.push_back(report.kind);
    EXPECT_EQ(kinds, c.kinds) << c.action << " " << c.status;
  }
}

TEST(MailReports, SeveralRecipientsAndTheAddressThatWeKnow) {
  Dsn dsn;
  dsn.per_recipient =
      "Final-Recipient: rfc822; a@example.org\r\nAction: failed\r\nStatus: 5.7.1\r\n\r\n"
      "Original-Recipient: rfc822;b@example.org\r\nFinal-Recipient: rfc822; c@example.org\r\n"
      "Action: failed\r\nStatus: 5.1.1\r\n";
  const auto reports = read_mail_reports(text_of(dsn), kOurs);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].address, "a@example.org");
  EXPECT_EQ(reports[1].address, "b@example.org");
  EXPECT_NE(reports[0].dedupe, reports[1].dedupe);
}

std::string feedback(const std::string& type, const std::string& fields,
                     const std::string& enclosed = "Message-ID: <n7@example.com>\n") {
  return "From: fbl@isp.example\nTo: abuse@example.com\nContent-Type: multipart/report; "
         "boundary=xyz; report-type=feedback-report\n\n--xyz\nContent-Type: text/plain\n\nabuse\n"
         "--xyz\nContent-Type: message/feedback-report\n\nFeedback-Type: " +
         type + "\nVersion: 1\nUser-Agent: x/1\n" + fields +
         "\n--xyz\nContent-Type: message/rfc822\n\n" + enclosed + "\nbody\n--xyz--\n";
}

TEST(MailReports, AComplaint) {
  const auto reports =
      read_mail_reports(feedback("Abuse", "Original-Rcpt-To: <anna@example.org>\n"), kOurs);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].kind, Kind::kComplaint);
  EXPECT_EQ(reports[0].message_id, "n7");
  EXPECT_EQ(reports[0].address, "anna@example.org");
  EXPECT_EQ(
      read_mail_reports(feedback("abuse", "Original-Mail-From: <b+n8@bounces.example>\n"), kOurs)
          .at(0)
          .message_id,
      "n8");
  EXPECT_TRUE(read_mail_reports(feedback("not-spam", ""), kOurs).empty());
  EXPECT_TRUE(read_mail_reports(feedback("other", ""), kOurs).empty());
  EXPECT_TRUE(read_mail_reports(feedback("abuse", "", "Subject: x\n"), kOurs).empty());
}

TEST(MailReports, OtherMailsTellNothing) {
  for (const std::string mail :
       {"", "\r\n",
        "Subject: Out of office\r\nTo: b+n42@bounces.example\r\n\r\nBack on Monday.\r\n",
        "Content-Type: multipart/report; boundary=\"\"\r\n\r\n--\r\n",
        "Content-Type: multipart/report\r\n\r\n", "garbage", "\0\0\0"}) {
    EXPECT_TRUE(read_mail_reports(mail, kOurs).empty()) << mail;
  }
}

TEST(MimeReader, HeadersAreUnfoldedAndBounded) {
  const auto entity = read_entity("A: 1\r\n 2\n\t3\nno colon\n continued\nB:x\r\n\r\nbody");
  EXPECT_EQ(entity.header("a"), "1 2 3");
  EXPECT_EQ(entity.header("b"), "x");
  EXPECT_EQ(entity.headers.size(), 2U);
  EXPECT_EQ(entity.body, "body");
  std::string many;
  for (int i = 0; i < 1'000; ++i) many += "H" + std::to_string(i) + ": x\n";
  many += "Long: " + std::string(100'000, 'x') + "\n";
  EXPECT_EQ(read_entity(many).headers.size(), kMaxHeaders);
  EXPECT_EQ(read_entity("Long: " + std::string(100'000, 'x')).header("long").size(),
            kMaxHeaderBytes);
}

TEST(MimeReader, MediaTypesAndParts) {
  const auto media = read_media_type("Multipart/Report ; Boundary=\"a\\\"b;c\"; x = y;junk;");
  EXPECT_EQ(media.type, "multipart/report");
  EXPECT_EQ(media.parameter("boundary"), "a\"b;c");
  EXPECT_EQ(media.parameter("x"), "y");
  EXPECT_EQ(read_media_type("plain").type, "");
  const auto parts = read_parts("pre\n--b\n\none\r\n--b \r\nH: v\r\n\r\ntwo\n\n--b--\nafter", "b");
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].body, "one");
  EXPECT_EQ(parts[1].header("h"), "v");
  EXPECT_EQ(parts[1].body, "two\n");
  EXPECT_EQ(read_parts("--b\n\ncut off", "b").at(0).body, "cut off");
  EXPECT_TRUE(read_parts("--\n\nx", "").empty());
  std::string many;
  for (int i = 0; i < 1'000; ++i) many += "--b\n\nx\n";
  EXPECT_EQ(read_parts(many, "b").size(), kMaxParts);
  EXPECT_EQ(bare_address("Anna <a@b>"), "a@b");
  EXPECT_EQ(bare_address(" a@b "), "a@b");
  EXPECT_EQ(bare_address("<>"), "");
}

}  // namespace
}  // namespace ashlar::notifications
