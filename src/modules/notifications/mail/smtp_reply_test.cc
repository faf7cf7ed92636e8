#include "modules/notifications/mail/smtp_reply.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"

namespace ashlar::notifications {
namespace {

using Step = SmtpReplyReader::Step;

// All replies of a text that comes in pieces of `step` bytes; a last "wrong" where it is none.
std::vector<std::string> replies(const std::string& text, std::size_t step) {
  SmtpReplyReader reader;
  std::vector<std::string> found;
  for (std::size_t at = 0; at < text.size(); at += step) {
    std::string_view input = std::string_view(text).substr(at, step);
    while (true) {
      const Step said = reader.read(input);
      if (said == Step::kMore) break;
      if (said == Step::kWrong) {
        found.emplace_back("wrong");
        return found;
      }
      found.push_back(reader.reply().text() + "|" + reader.reply().enhanced);
    }
  }
  return found;
}

TEST(SmtpReply, AreReadInAnyPieces) {
  const std::string text =
      "220 mail.example ESMTP\r\n250-mail.example\r\n250-PIPELINING\r\n250 SIZE 100\r\n354\r\n"
      "550-5.1.1 no such\r\n550 5.1.1 user\r\n250 2.1.5 Ok\n421 5.1.1 other class\r\n"
      "550 5.1.12345 x\r\n550 5.1.1x\r\n250 \r\n";
  const std::vector<std::string> expected = {"220 mail.example ESMTP|",
                                             "250 mail.example PIPELINING SIZE 100|",
                                             "354|",
                                             "550 5.1.1 no such 5.1.1 user|5.1.1",
                                             "250 2.1.5 Ok|2.1.5",
                                             "421 5.1.1 other class|",
                                             "550 5.1.12345 x|",
                                             "550 5.1.1x|",
                                             "250|"};
  for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, text.size()}) {
    EXPECT_EQ(replies(text, step), expected) << step;
  }
}

TEST(SmtpReply, WhatIsNoReplyIsRefusedAtOnce) {
  for (const std::string text :
       {"HTTP/1.1 400 Bad Request\r\n", "\r\n", "25\r\n", "150 x\r\n", "650 x\r\n", "2x0 x\r\n",
        "250x\r\n", "250-a\r\n251 b\r\n", "\x16\x03\x01\n"}) {
    EXPECT_EQ(replies(text, 3).back(), "wrong") << text;
  }
}

TEST(SmtpReply, IsBounded) {
  const std::string endless(1'000'000, '2');
  EXPECT_EQ(replies(endless, 100), std::vector<std::string>{"wrong"});
  std::string many;
  for (std::size_t i = 0; i <= kMaxReplyLines; ++i) many += "250-more\r\n";
  EXPECT_EQ(replies(many, 100), std::vector<std::string>{"wrong"});
  // Wrong for ever.
  SmtpReplyReader reader;
  std::string_view input = "garbage\r\n";
  EXPECT_EQ(reader.read(input), Step::kWrong);
  input = "250 ok\r\n";
  EXPECT_EQ(reader.read(input), Step::kWrong);
}

TEST(SmtpReply, TextIsFitToBeShown) {
  SmtpReplyReader reader;
  std::string text = "550 \x1b[31m\xff\x01 " + std::string(1'500, 'x') + "\r\n";
  std::string_view input = text;
  ASSERT_EQ(reader.read(input), Step::kReply);
  EXPECT_TRUE(reader.reply().text().starts_with("550 ?[31m?? xxx"));
  EXPECT_LE(reader.reply().text().size(), 512U);
  text = "550 ";
  for (int i = 0; i < 400; ++i) text += "\xe2\x82\xac";
  text += "\r\n";
  input = text;
  ASSERT_EQ(reader.read(input), Step::kReply);
  EXPECT_LE(reader.reply().text().size(), 512U);
  EXPECT_TRUE(base::is_utf8(reader.reply().text()));
}

}  // namespace
}  // namespace ashlar::notifications
