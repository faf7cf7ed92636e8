#include "modules/notifications/mail/mail_address.h"

#include <gtest/gtest.h>

#include <string>

namespace ashlar::notifications {
namespace {

TEST(MailAddress, TakesWhatEveryServerReadsTheSameWay) {
  for (const char* text : {"a@b", "user@example.com", "first.last+tag@sub.example.co.uk",
                           "!#$%&'*+-/=?^_`{|}~@x.org", "1@2.3", "a@xn--mnchen-3ya.de"}) {
    const auto address = parse_mail_address(text);
    ASSERT_TRUE(address.ok()) << text << ": " << address.error().detail;
    EXPECT_EQ(address->text, text);
    EXPECT_EQ(std::string(address->local()) + "@" + std::string(address->domain()), text);
  }
  EXPECT_EQ(parse_mail_address("Anna@Example.COM")->text, "Anna@example.com");
  const std::string longest_local(64, 'l');
  EXPECT_TRUE(parse_mail_address(longest_local + "@example.com").ok());
}

TEST(MailAddress, RefusesTheRestAndRepeatsNothingOfIt) {
  const std::string long_label(64, 'x');
  const std::string long_domain = std::string(60, 'a') + "." + std::string(60, 'b') + "." +
                                  std::string(60, 'c') + "." + std::string(60, 'd') + ".example";
  const std::string cases[] = {"",
                               "a",
                               "@",
                               "a@",
                               "@b",
                               "a b@c",
                               "a@b c",
                               "a@b\r\nBcc: x@y",
                               "a\n@b",
                               std::string("a\0@b", 4),
                               ".a@b",
                               "a.@b",
                               "a..b@c",
                               "a@.b",
                               "a@b.",
                               "a@b..c",
                               "a@-b",
                               "a@b-",
                               "a@b_c",
                               "a@[127.0.0.1]",
                               "\"quoted\"@example.com",
                               "<a@b>",
                               "Name <a@b>",
                               "a@b,c@d",
                               "a@b@c",
                               "a(comment)@b",
                               "us\xc3\xa9r@example.com",
                               "user@m\xc3\xbcnchen.de",
                               "user@" + long_label,
                               "user@" + long_domain,
                               std::string(65, 'l') + "@example.com",
                               "a@b\x7f"};
  for (const std::string& text : cases) {
    const auto address = parse_mail_address(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_STREQ(address.error().reason, "mail_address");
    EXPECT_EQ(address.error().detail.find("Bcc"), std::string::npos);
  }
  EXPECT_NE(parse_mail_address("u@m\xc3\xbcnchen.de").error().detail.find("xn--"),
            std::string::npos);
}

}  // namespace
}  // namespace ashlar::notifications
