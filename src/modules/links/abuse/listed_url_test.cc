#include "modules/links/abuse/listed_url.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace ashlar::links::abuse {
namespace {

using Texts = std::vector<std::string>;

std::string canonical(std::string_view url) {
  const auto listed = listed_url(url);
  return listed ? listed->text() : "none";
}

// The table that the protocol's documentation gives to those who implement it.
TEST(ListedUrlTest, IsTheDocumentedCanonicalForm) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"http://host/%25%32%35", "http://host/%25"},
      {"http://host/%25%32%35%25%32%35", "http://host/%25%25"},
      {"http://host/%2525252525252525", "http://host/%25"},
      {"http://host/asdf%25%32%35asd", "http://host/asdf%25asd"},
      {"http://host/%%%25%32%35asd%%", "http://host/%25%25%25asd%25%25"},
      {"http://www.google.com/", "http://www.google.com/"},
      {"http://%31%36%38%2e%31%38%38%2e%39%39%2e%32%36/%2E%73%65%63%75%72%65/"
       "%77%77%77%2E%65%62%61%79%2E%63%6F%6D/",
       "http://168.188.99.26/.secure/www.ebay.com/"},
      {"http://195.127.0.11/uploads/%20%20%20%20/.verify/"
       ".eBaysecure=updateuserdataxplimnbqmn-xplmvalidateinfoswqpcmlx=hgplmcx/",
       "http://195.127.0.11/uploads/%20%20%20%20/.verify/"
       ".eBaysecure=updateuserdataxplimnbqmn-xplmvalidateinfoswqpcmlx=hgplmcx/"},
      {"http://host%23.com/%257Ea%2521b%2540c%2523d%2524e%25f%255E00%252611%252A22%252833%252944_55"
       "%252B",
       "http://host%23.com/~a!b@c%23d$e%25f^00&11*22(33)44_55+"},
      {"http://3279880203/blah", "http://195.127.0.11/blah"},
      {"http://www.google.com/blah/..", "http://www.google.com/"},
      {"www.google.com/", "http://www.google.com/"},
      {"www.google.com", "http://www.google.com/"},
      {"http://www.evil.com/blah#frag", "http://www.evil.com/blah"},
      {"http://www.GOOgle.com/", "http://www.google.com/"},
      {"http://www.google.com.../", "http://www.google.com/"},
      {"http://www.google.com/foo\tbar\rbaz\n2", "http://www.google.com/foobarbaz2"},
      {"http://www.google.com/q?", "http://www.google.com/q?"},
      {"http://www.google.com/q?r?", "http://www.google.com/q?r?"},
      {"http://www.google.com/q?r?s", "http://www.google.com/q?r?s"},
      {"http://evil.com/foo#bar#baz", "http://evil.com/foo"},
      {"http://evil.com/foo;", "http://evil.com/foo;"},
      {"http://evil.com/foo?bar;", "http://evil.com/foo?bar;"},
      {"http://\x01\x80.com/", "http://%01%80.com/"},
      {"http://notrailingslash.com", "http://notrailingslash.com/"},
      {"http://www.gotaport.com:1234/", "http://www.gotaport.com:1234/"},
      {"  http://www.google.com/  ", "http://www.google.com/"},
      {"http:// leadingspace.com/", "http://%20leadingspace.com/"},
      {"http://%20leadingspace.com/", "http://%20leadingspace.com/"},
      {"%20leadingspace.com/", "http://%20leadingspace.com/"},
      {"https://www.securesite.com/", "https://www.securesite.com/"},
      {"http://host.com/ab%23cd", "http://host.com/ab%23cd"},
      {"http://host.com//twoslashes?more//slashes", "http://host.com/twoslashes?more//slashes"}};
  for (const auto& [given, expected] : table) EXPECT_EQ(canonical(given), expected) << given;
}

TEST(ListedUrlTest, AddressesAndPathsInEverySpelling) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"http://0xc3.0x7f.0.0xb/", "http://195.127.0.11/"},
      {"http://0303.0177.013/", "http://195.127.0.11/"},
      {"http://[2001:0db8:0000::1]/", "http://[2001:db8::1]/"},
      {"http://[::ffff:1.2.3.4]/", "http://1.2.3.4/"},
      {"http://[64:ff9b::1.2.3.4]:8080/", "http://1.2.3.4:8080/"},
      {"http://user:secret@evil.example@host.example/", "http://host.example/"},
      {"http://..a...b../", "http://a.b/"},
      {"http://a.b/1/./2/../3", "http://a.b/1/3"},
      {"http://a.b/../../x/.", "http://a.b/x/"},
      {"http://a.b?q", "http://a.b/?q"},
      {"HTTPS://A.B/C?D", "https://a.b/C?D"},
      {"a.b/http://c.d/", "http://a.b/http:/c.d/"},
      // Where the host ends is decided before escapes are undone, as browsers do.
      {"http://g.example%2F@evil.example/", "http://evil.example/"},
      {"http://evil.example%2Fx/y", "http://evil.example/x/y"},
      {"http%3A%2F%2Fevil.example%2Fx", "http://evil.example/x"},
      // Letters beyond ASCII are looked up as xn--…; what is no name stays as it is.
      {"http://p\xd0\xb0ypal.com/", "http://xn--pypal-4ve.com/"},
      {"http://P%D0%B0YPAL.com/", "http://xn--pypal-4ve.com/"},
      {"http://\xef\xbc\x91.2.3.4/", "http://1.2.3.4/"},
      {"http://a\xe3\x80\x82\x62/", "http://a.b/"}};
  for (const auto& [given, expected] : table) EXPECT_EQ(canonical(given), expected) << given;
  for (const char* none : {"", "   ", "http://", "http:///path", "http://.../", "#x"}) {
    EXPECT_FALSE(listed_url(none).has_value()) << none;
  }
}

TEST(ListedUrlTest, ExpressionsAreTheDocumentedOnes) {
  const std::vector<std::pair<std::string, Texts>> table{
      {"http://a.b.c/1/2.html?param=1",
       {"a.b.c/1/2.html?param=1", "a.b.c/1/2.html", "a.b.c/", "a.b.c/1/", "b.c/1/2.html?param=1",
        "b.c/1/2.html", "b.c/", "b.c/1/"}},
      {"http://a.b.c.d.e.f.g/1.html",
       {"a.b.c.d.e.f.g/1.html", "a.b.c.d.e.f.g/", "c.d.e.f.g/1.html", "c.d.e.f.g/",
        "d.e.f.g/1.html", "d.e.f.g/", "e.f.g/1.html", "e.f.g/", "f.g/1.html", "f.g/"}},
      {"http://1.2.3.4/1/", {"1.2.3.4/1/", "1.2.3.4/"}},
      {"http://[2001:db8::1]/x", {"[2001:db8::1]/x", "[2001:db8::1]/"}},
      {"http://host/", {"host/"}},
      {"http://x.com/a/b/c/d/e/f.html?q=1",
       {"x.com/a/b/c/d/e/f.html?q=1", "x.com/a/b/c/d/e/f.html", "x.com/", "x.com/a/", "x.com/a/b/",
        "x.com/a/b/c/"}},
      {"http://user@x.com:81/?", {"x.com/?", "x.com/"}}};
  for (const auto& [given, expected] : table) {
    EXPECT_EQ(listed_url(given)->expressions(), expected) << given;
  }
}

TEST(ListedUrlTest, ThereAreThirtyAtMost) {
  const auto url = listed_url("http://a.b.c.d.e.f.g.h/1/2/3/4/5/6/7/8.html?x=y");
  EXPECT_EQ(url->expressions().size(), kMaxExpressions);
}

}  // namespace
}  // namespace ashlar::links::abuse
