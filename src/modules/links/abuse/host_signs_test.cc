#include "modules/links/abuse/host_signs.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace ashlar::links::abuse {
namespace {

std::string signs_of(const HostSigns& signs, std::string_view host,
                     const std::vector<std::string>& more = {}) {
  std::string out;
  for (const HostSign sign : signs.of(host, more)) {
    out += (out.empty() ? "" : " ") + std::string(name_of(sign));
  }
  return out;
}

TEST(HostSignsTest, AreTheseOfThese) {
  const HostSigns signs({"paypal.com", "microsoft.com", "google.com", "sho.rt", "127.0.0.1",
                         "localhost", "xn--mnchen-3ya.de"});
  const std::vector<std::pair<std::string, std::string>> table{
      // What is protected, and what lies below it.
      {"paypal.com", ""},
      {"www.paypal.com", ""},
      {"a.b.sho.rt", ""},
      {"notpaypal.com", ""},
      {"paypal.org", ""},
      {"example.com", ""},
      // Cyrillic а; the same below another name; all of аррӏе is Cyrillic.
      {"xn--pypal-4ve.com", "look_alike mixed_scripts"},
      {"www.xn--pypal-4ve.com", "look_alike mixed_scripts"},
      {"xn--80ak6aa92e.com", "mixed_scripts"},
      // Within one script.
      {"paypa1.com", "look_alike"},
      {"rnicrosoft.com", "look_alike"},
      {"g00gle.com", "look_alike"},
      {"xn--gogle-jua.com", ""},  // goögle: the dots are seen
      // A protected name that is not the end.
      {"paypal.com.evil.example", "name_inside"},
      {"login.paypal.com.evil.example", "name_inside"},
      {"xpaypal.com.evil.example", ""},
      // Names of other scripts are what they are.
      {"xn--mnchen-3ya.de", ""},
      {"www.xn--fsqu00a.xn--0zwm56d", ""},
      {"xn--80aswg.xn--p1ai", ""},
      {"xn--e1afmkfd.com", ""},  // пример: not all of it looks Latin
      {"xn--r8jz45g.jp", ""},    // 例え: Han with Hiragana, as Japanese is written
      {"xn--zckzah.jp", ""},     // テスト
      // æ, ø, œ, ß, ı and þ are Latin letters: what looks like others is told by its skeleton.
      {"xn--lge-yla.dk", ""},   // læge
      {"xn--br-1ia.no", ""},    // bær
      {"xn--uvre-f4a.fr", ""},  // œuvre
      {"xn--strae-oqa.de", ""},
      {"xn--diyarbakr-2pb.com.tr", ""},  // diyarbakır
      // What is no name has none.
      {"127.0.0.1", ""},
      {"[2001:db8::1]", ""},
      {"localhost", ""},
      {"1oca1host", ""}};
  for (const auto& [host, expected] : table) EXPECT_EQ(signs_of(signs, host), expected) << host;
}

TEST(HostSignsTest, ATenantsOwnNamesAreProtectedToo) {
  const HostSigns signs({"sho.rt"});
  EXPECT_EQ(signs_of(signs, "1inks.example"), "");
  EXPECT_EQ(signs_of(signs, "1inks.example", {"links.example"}), "look_alike");
  EXPECT_EQ(signs_of(signs, "links.example", {"links.example"}), "");
  EXPECT_EQ(signs_of(signs, "sho.rt.links.example", {"links.example"}), "");
}

}  // namespace
}  // namespace ashlar::links::abuse
